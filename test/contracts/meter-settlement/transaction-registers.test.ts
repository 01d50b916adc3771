import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { activeMeter, possessionRecord, registerMeter } from "../../helpers/meter-registry-fixture.ts";
import {
  callOf,
  expectRefusal,
  meteredOf,
  meteredSessions,
  type MeterSettlementFixture,
  recordOf,
} from "../../helpers/meter-settlement-fixture.ts";
import { beginReading, createTestKey, endReading, type RawMembers } from "../../helpers/ocmf.ts";
import type { Terms } from "../../helpers/session-terms.ts";
import { DAY, termsOf, isLive, openedAs, HOUR } from "../../helpers/settlement-fixture.ts";
import { type LiveTerms } from "../../helpers/session-terms.ts";

/** Registers that start over with each transaction, in the spellings of the field. */
const ofTransaction = [
  "01-00:B3.08.00*FF",
  "01-00:B2.08.00*FF",
  "1-0:b2.8.0",
  "01-00:98.08.00.FF",
  "1-0:98.8.0*255",
  "1-0:1.8.0*198",
  "1-b:1.8.0.198",
  "01-00:B0.08.00*198",
  "01-00:B1.08.00*198",
  "1-0:9E.8.0*198",
];
/** Registers that only grow. */
const total = [
  "1-b:1.8.0",
  "1-0:1.8.0",
  "1-0:1.8.0*255",
  "1-0:1.8.0*200",
  "1-0:1.8.1",
  "1-0:1.8.198",
  "1-b:1.8.e",
  "01-00:B0.08.00*FF",
  "01-00:B1.08.00*FF",
  "01-00:9E.08.00*FF",
];

describe("MeterSettlement and registers", () => {
  let fixture: MeterSettlementFixture;
  let pagination: bigint;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(meteredSessions);
    pagination = 0n;
  });

  function readingsOf(register: string, begin: string, end: string): RawMembers[] {
    const RI = `"${register}"`;
    return [
      { ...beginReading, RI, RV: begin },
      { ...endReading, RI, RV: end },
    ];
  }

  async function openedAgain(changes: Partial<Terms> = {}): Promise<LiveTerms> {
    const { settlement, driver } = fixture;
    const { nonce } = await settlement.accountOf(driver.address, 0);
    const expiresAt = BigInt(await networkHelpers.time.latest()) + DAY;
    const terms = termsOf(fixture, { evse: 1n, meter: 1n, nonce, expiresAt, ...changes });
    const opened = await openedAs(fixture, driver, terms);
    await networkHelpers.time.increase(2n * HOUR);
    return opened;
  }

  function sessionOf(terms: Terms, register: string, begin: string, end: string) {
    pagination += 1n;
    const header = { PG: `"T${pagination}"` };
    return meteredOf(terms, recordOf(fixture, terms, { header, readings: readingsOf(register, begin, end) }));
  }

  /** Settles the driver's next session. */
  async function settle(terms: Terms, register: string, begin: string, end: string): Promise<void> {
    await fixture.meterSettlement
      .connect(fixture.relayer)
      .settleWithMeter(callOf(sessionOf(terms, register, begin, end)));
    expect(await isLive(fixture, terms)).to.equal(false);
  }

  for (const register of ofTransaction) {
    it(`settles session after session by ${register}, each from 0, and each record once`, async () => {
      await settle(fixture.terms, register, "0.000", "12.345");
      await settle(await openedAgain(), register, "0.000", "8.000");
      await settle(await openedAgain(), register, "0.000", "0.001");
      const again = await openedAgain();
      const session = sessionOf(again, register, "0.000", "5.000");
      await fixture.meterSettlement.settleWithMeter(callOf(session));
      await expectRefusal(fixture, session, "RecordConsumed", [4n, 4n]);
      const last = await openedAgain();
      pagination = 3n;
      await expectRefusal(fixture, sessionOf(last, register, "0.000", "5.000"), "RecordConsumed", [4n, 4n]);
    });
  }

  for (const register of total) {
    it(`takes ${register} from its last end on, and not from a unit below`, async () => {
      await settle(fixture.terms, register, "100.000", "112.345");
      const next = await openedAgain();

      const below = sessionOf(next, register, "112.344999999", "120.000");
      await expectRefusal(fixture, below, "RegisterReused", [112_344_999_999n, 112_345_000_000n]);
      await settle(next, register, "112.345", "120.000");
    });
  }

  it("goes on by a register that stands lower, where a meter bills by another one than before", async () => {
    await settle(fixture.terms, "1-b:1.8.0", "900.000", "912.345");
    await settle(await openedAgain(), "01-00:B0.08.00*FF", "3.000", "4.000");
    await settle(await openedAgain(), "01-00:B3.08.00*FF", "0.000", "4.000");
    await settle(await openedAgain(), "01-00:B1.08.00*FF", "2.000", "3.000");
  });

  it("keeps in mind where a total stood while transactions are billed by their own register", async () => {
    await settle(fixture.terms, "1-b:1.8.0", "100.000", "112.345");
    await settle(await openedAgain(), "1-0:1.8.0*198", "0.000", "40.000");
    const next = await openedAgain();

    const below = sessionOf(next, "1-b:1.8.0", "112.344", "120.000");
    await expectRefusal(fixture, below, "RegisterReused", [112_344_000_000n, 112_345_000_000n]);
    expect([...(await fixture.meterSettlement.lastRecordOf(1))]).to.deep.equal([2n, 112_345_000_000n]);
    await settle(next, "1-b:1.8.0", "152.345", "160.000");
  });

  it("takes a pair of records of a transaction's register", async () => {
    for (const round of [0, 1]) {
      const terms = round === 0 ? fixture.terms : await openedAgain();
      const records = readingsOf("01-00:B3.08.00*FF", "0.000", "9.000").map((reading) => {
        pagination += 1n;
        return recordOf(fixture, terms, { header: { PG: `"T${pagination}"` }, readings: [reading] });
      });
      await fixture.meterSettlement.connect(fixture.relayer).settleWithMeter(callOf(meteredOf(terms, ...records)));

      expect(await isLive(fixture, terms)).to.equal(false);
    }
  });

  it("counts a key's records and register on under every meter number that the key gets", async () => {
    const { meterSettlement, meterRegistry, operator, registryFixture } = fixture;
    await settle(fixture.terms, "1-b:1.8.0", "100.000", "112.345");
    const moved = await registerMeter(registryFixture, { evse: 1n });
    const proof = await possessionRecord(registryFixture, moved);
    await meterRegistry.connect(operator).activateMeter(moved, proof.payload, proof.r, proof.s);
    const next = await openedAgain({ meter: moved });

    const older = meteredOf(
      next,
      recordOf(fixture, next, { header: { PG: '"T1"' }, readings: readingsOf("1-b:1.8.0", "112.345", "120") }),
    );
    await expectRefusal(fixture, older, "RecordConsumed", [1n, 1n]);
    const overlapping = sessionOf(next, "1-b:1.8.0", "50.000", "60.000");
    await expectRefusal(fixture, overlapping, "RegisterReused", [50_000_000_000n, 112_345_000_000n]);
    await settle(next, "1-b:1.8.0", "112.345", "120.000");
    for (const number of [1n, moved]) {
      expect([...(await meterSettlement.lastRecordOf(number))]).to.deep.equal([3n, 120_000_000_000n]);
    }
  });

  it("lets another key begin anew at the same EVSE", async () => {
    const { registryFixture } = fixture;
    await settle(fixture.terms, "1-b:1.8.0", "100.000", "112.345");
    const meter = await activeMeter(registryFixture, { evse: 1n, key: createTestKey("secp256r1") });

    expect([...(await fixture.meterSettlement.lastRecordOf(meter))]).to.deep.equal([0n, 0n]);
  });
});
