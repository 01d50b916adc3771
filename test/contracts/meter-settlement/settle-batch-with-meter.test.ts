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
        "operator provisional": 2n * RECORDED_PRICE,
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

  describe("of which the calldata is written unusually", () => {
    /** Where the first session begins, and the words of the calldata of two sessions behind the selector. */
    const firstSession = 2;
    const recordsWord = 26;

    /** Sends the batch of both sessions after a change to its words. */
    function settleChanged(change: (words: bigint[]) => void) {
      const { meterSettlement, relayer, terms, otherTerms } = fixture;
      const data = meterSettlement.interface.encodeFunctionData("settleBatchWithMeter", [
        [meteredOf(terms, recordOf(fixture, terms)), meteredOf(otherTerms, recordOf(fixture, otherTerms))].map(callOf),
      ]);
      const words = (data.slice(10).match(/.{64}/g) ?? []).map((word) => BigInt(`0x${word}`));
      change(words);
      const changed = data.slice(0, 10) + words.map((word) => word.toString(16).padStart(64, "0")).join("");
      return provenOutcomeOf(fixture, async () =>
        relayer.sendTransaction({ to: await meterSettlement.getAddress(), data: changed }),
      );
    }

    it("settles sessions that stand in another order than they are listed", async () => {
      const { terms, otherTerms } = fixture;
      const { proofs } = await settleChanged((words) => {
        words.splice(firstSession, 2, words[firstSession + 1] ?? 0n, words[firstSession] ?? 0n);
      });

      expect(proofs).to.deep.equal([
        ...provenAt(fixture, otherTerms, RECORDED_PRICE, RECORDED, USUAL_PROOF).proofs,
        ...provenAt(fixture, terms, RECORDED_PRICE, RECORDED, USUAL_PROOF).proofs,
      ]);
    });

    it("skips a session whose records stand in another one", async () => {
      const { terms, otherTerms } = fixture;
      const { proofs } = await settleChanged((words) => {
        const [first = 0n, second = 0n] = words.slice(firstSession, firstSession + 2);
        const place = firstSession + Number(first / 32n) + recordsWord;
        words[place] = (words[place] ?? 0n) + second - first;
      });

      expect(proofs).to.deep.equal([
        ["ProofSkipped", sessionIn(fixture, terms), "0x"],
        ...provenAt(fixture, otherTerms, RECORDED_PRICE, RECORDED, USUAL_PROOF).proofs,
      ]);
    });
  });
});
