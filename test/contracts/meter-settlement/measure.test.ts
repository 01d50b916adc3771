import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { activeMeter } from "../../helpers/meter-registry-fixture.ts";
import {
  callOf,
  meteredOf,
  meteredSessions,
  type MeterSettlementFixture,
  RECORDED,
  recordOf,
  recordPair,
  type SignedRecord,
  tagIn,
} from "../../helpers/meter-settlement-fixture.ts";
import { beginReading, createTestKey, endReading } from "../../helpers/ocmf.ts";
import { packMetering, type LiveTerms } from "../../helpers/session-terms.ts";
import { DAY } from "../../helpers/settlement-fixture.ts";

describe("MeterSettlement.measure", () => {
  let fixture: MeterSettlementFixture;
  let terms: LiveTerms;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(meteredSessions);
    terms = fixture.terms;
  });

  async function measure(session: LiveTerms, records: readonly SignedRecord[], toppedUpMicro = 0n): Promise<bigint> {
    const now = await networkHelpers.time.latest();
    return await fixture.meterSettlement.measure(session, session.opening, toppedUpMicro, now, [...records]);
  }

  it("refuses what could not settle, in the order of settleWithMeter", async () => {
    const { meterSettlement, registryFixture, scanner, operator, startedAt } = fixture;
    const expected = tagIn(fixture, terms);
    const elsewhere = { ...terms, evse: 2n };
    await expect(measure(elsewhere, []))
      .to.be.revertedWithCustomError(meterSettlement, "MeterMismatch")
      .withArgs(1n, 1n, operator.address);
    const key = createTestKey("secp256r1");
    const later = await activeMeter(registryFixture, { evse: 2n, key, validFrom: startedAt + DAY });
    await expect(measure({ ...terms, evse: 2n, meter: later }, []))
      .to.be.revertedWithCustomError(meterSettlement, "MeterNotValid")
      .withArgs(later);
    await expect(measure(terms, [])).to.be.revertedWithCustomError(meterSettlement, "RecordCountWrong").withArgs(0n);
    await expect(measure(terms, [recordOf(fixture, terms, { key })]))
      .to.be.revertedWithCustomError(meterSettlement, "RecordSignatureInvalid")
      .withArgs(0n);
    const flagged = recordOf(fixture, terms, { readings: [beginReading, { ...endReading, EF: '"E"' }] });
    await expect(measure(terms, [flagged])).to.be.revertedWithCustomError(scanner, "RecordRefused");
    await expect(measure(terms, [recordOf(fixture, terms, { header: { ID: '"X"' } })]))
      .to.be.revertedWithCustomError(meterSettlement, "IdTagMissing")
      .withArgs(0n, expected);
    const [begin, end] = recordPair(fixture, terms);
    await expect(measure(terms, [begin])).to.be.revertedWithCustomError(meterSettlement, "ReadingsIncomplete");
    await expect(measure(terms, [end, begin])).to.be.revertedWithCustomError(meterSettlement, "ReadingsIncomplete");
  });

  it("gives energy and charging time of one record or two, beside the amount of the top-ups", async () => {
    expect(await measure(terms, [recordOf(fixture, terms)])).to.equal(packMetering(RECORDED, 0n, terms.opening));
    expect(await measure(terms, recordPair(fixture, terms), 2n ** 64n - 1n)).to.equal(
      packMetering(RECORDED, 2n ** 64n - 1n, terms.opening),
    );
  });

  it("changes nothing: what it measured can settle, and be measured again", async () => {
    const { meterSettlement } = fixture;
    const session = meteredOf(terms, recordOf(fixture, terms));
    await measure(terms, session.records);

    await meterSettlement.settleWithMeter(callOf(session));

    expect(await measure(terms, session.records)).to.equal(packMetering(RECORDED, 0n, terms.opening));
  });

  it("takes a key that was revoked since the session can have opened, and no other", async () => {
    const { meterRegistry, operator, startedAt } = fixture;
    const record = recordOf(fixture, terms);
    const revokedAt = startedAt + DAY;
    await networkHelpers.time.setNextBlockTimestamp(revokedAt);
    await meterRegistry.connect(operator).revokeMeter(1);

    expect(await measure(terms, [record])).to.equal(packMetering(RECORDED, 0n, terms.opening));
    const later = { ...terms, opening: { ...terms.opening, openedAt: revokedAt } };
    await expect(measure(later, [recordOf(fixture, later)]))
      .to.be.revertedWithCustomError(fixture.meterSettlement, "MeterNotValid")
      .withArgs(1n);
  });

  it("takes the meter that was exchanged meanwhile", async () => {
    const { registryFixture } = fixture;
    await activeMeter(registryFixture, { evse: 1n, key: createTestKey("secp256r1") });

    expect(await measure(terms, [recordOf(fixture, terms)])).to.equal(packMetering(RECORDED, 0n, terms.opening));
  });
});
