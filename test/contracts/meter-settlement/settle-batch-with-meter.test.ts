import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  callOf,
  meteredOf,
  meteredSessions,
  type Metered,
  type MeterSettlementFixture,
  provenAt,
  provenOutcomeOf,
  RECORDED,
  RECORDED_END,
  RECORDED_PRICE,
  recordOf,
} from "../../helpers/meter-settlement-fixture.ts";
import { beginReading, endReading } from "../../helpers/ocmf.ts";
import { sessionIn, SettlementRefusal } from "../../helpers/settlement-fixture.ts";

const USUAL_PROOF = { pagination: 7n, registerMicroWh: RECORDED_END };

describe("MeterSettlement.settleBatchWithMeter", () => {
  let fixture: MeterSettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(meteredSessions);
  });

  function settle(...sessions: readonly Metered[]) {
    const { meterSettlement, relayer } = fixture;
    return provenOutcomeOf(fixture, () => meterSettlement.connect(relayer).settleBatchWithMeter(sessions.map(callOf)));
  }

  it("does nothing for an empty batch", async () => {
    expect(await settle()).to.deep.equal({ events: [], changes: {}, proofs: [] });
  });

  it("settles every session of a batch", async () => {
    const { terms, otherTerms } = fixture;
    const outcome = await settle(
      meteredOf(terms, recordOf(fixture, terms)),
      meteredOf(otherTerms, recordOf(fixture, otherTerms)),
    );
    const first = provenAt(fixture, terms, RECORDED_PRICE, RECORDED, USUAL_PROOF);
    const second = provenAt(fixture, otherTerms, RECORDED_PRICE, RECORDED, USUAL_PROOF);

    expect(outcome).to.deep.equal({
      events: [...first.events, ...second.events],
      changes: {
        ...first.changes,
        ...second.changes,
        "operator final": 2n * RECORDED_PRICE,
      },
      proofs: [...first.proofs, ...second.proofs],
    });
  });

  it("invariant 13: skips what cannot be settled, with its reason, and settles the others", async () => {
    const { terms, otherTerms, meterSettlement, settlement, scanner } = fixture;
    const id = sessionIn(fixture, terms);
    const never = { ...terms, nonce: 3n };
    const unreadable = recordOf(fixture, terms, { readings: [beginReading, { ...endReading, RU: '"kW"' }] });
    const outcome = await settle(
      meteredOf(terms),
      meteredOf(never, recordOf(fixture, never)),
      meteredOf(terms, unreadable),
      meteredOf(otherTerms, recordOf(fixture, otherTerms)),
      meteredOf(otherTerms, recordOf(fixture, otherTerms)),
    );
    const settled = provenAt(fixture, otherTerms, RECORDED_PRICE, RECORDED, USUAL_PROOF);
    const scanned = String(outcome.proofs[2]?.[2]);

    expect(outcome.events).to.deep.equal(settled.events);
    expect(outcome.changes).to.deep.equal(settled.changes);
    expect(scanner.interface.parseError(scanned)?.name).to.equal("RecordRefused");
    expect(outcome.proofs).to.deep.equal([
      ["ProofSkipped", id, meterSettlement.interface.encodeErrorResult("RecordCountWrong", [0])],
      [
        "ProofSkipped",
        sessionIn(fixture, never),
        settlement.interface.encodeErrorResult("SettlementRefused", [
          sessionIn(fixture, never),
          SettlementRefusal.TermsMismatch,
        ]),
      ],
      ["ProofSkipped", id, scanned],
      ...settled.proofs,
      [
        "ProofSkipped",
        sessionIn(fixture, otherTerms),
        meterSettlement.interface.encodeErrorResult("RecordConsumed", [7, 7]),
      ],
    ]);
  });

  it("consumes nothing for a session that it skips", async () => {
    const { terms, meterSettlement } = fixture;
    const never = { ...terms, nonce: 3n };
    await settle(meteredOf(never, recordOf(fixture, never)));

    expect([...(await meterSettlement.lastRecordOf(1))]).to.deep.equal([0n, 0n]);
    expect((await settle(meteredOf(terms, recordOf(fixture, terms)))).events).to.have.length(2);
  });
});
