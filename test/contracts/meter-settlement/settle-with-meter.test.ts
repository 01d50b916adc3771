import { expect } from "chai";
import { toBeHex } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import { activeMaker, committeeOwner, vouchedMeter } from "../../helpers/meter-makers.ts";
import { activeMeter, attestationsOf, registerMeter } from "../../helpers/meter-registry-fixture.ts";
import {
  callOf,
  expectRefusal,
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
  recordPair,
  type SignedRecord,
  tagIn,
} from "../../helpers/meter-settlement-fixture.ts";
import { beginReading, createTestKey, endReading, testKey } from "../../helpers/ocmf.ts";
import { packMetering, packTerms, type Terms, type LiveTerms } from "../../helpers/session-terms.ts";
import {
  DAY,
  EPOCH_SECONDS,
  HOLD,
  sessionIn,
  settleBatch,
  settlementGroup,
  SettlementRefusal,
  TARIFF,
  tariffWith,
  termsOf,
  USUAL,
  isLive,
  openingIn,
  commitmentIn,
  openedAs,
  HOUR,
} from "../../helpers/settlement-fixture.ts";

const USUAL_PROOF = { pagination: 7n, registerMicroWh: RECORDED_END };
/** n of the two curves: SEC 2 version 2.0. */
const ORDER = {
  1: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  2: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
};

function twinOf(record: SignedRecord, order: bigint): SignedRecord {
  return { ...record, s: toBeHex(order - BigInt(record.s), 32) };
}

describe("MeterSettlement.settleWithMeter", () => {
  let fixture: MeterSettlementFixture;
  let terms: LiveTerms;
  let sessionId: string;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(meteredSessions);
    terms = fixture.terms;
    sessionId = sessionIn(fixture, terms);
  });

  function settle(session: Metered) {
    const { meterSettlement, relayer } = fixture;
    return provenOutcomeOf(fixture, () => meterSettlement.connect(relayer).settleWithMeter(callOf(session)));
  }

  /** Opens another session of the driver on the lane that the usual one has left. */
  async function openedAgain(changes: Partial<Terms> = {}): Promise<LiveTerms> {
    const { settlement, driver } = fixture;
    const { nonce } = await settlement.accountOf(driver.address, 0);
    const again = termsOf(fixture, { evse: 1n, meter: 1n, nonce, ...changes });
    const opened = await openedAs(fixture, driver, again);
    await networkHelpers.time.increase(2n * HOUR);
    return opened;
  }

  describe("before it settles", () => {
    it("refuses a meter that is not the EVSE's, and one that does not exist", async () => {
      const { operator } = fixture;
      const elsewhere = { ...terms, evse: 2n };
      await expectRefusal(fixture, meteredOf(elsewhere, recordOf(fixture, elsewhere)), "MeterMismatch", [
        1n,
        1n,
        operator.address,
      ]);

      const nowhere = { ...terms, meter: 9n };
      await expectRefusal(fixture, meteredOf(nowhere, recordOf(fixture, nowhere)), "MeterMismatch", [
        9n,
        0n,
        "0x0000000000000000000000000000000000000000",
      ]);
    });

    it("refuses an EVSE that is not the operator's of the terms, whoever would be paid", async () => {
      const { otherOperator, operator } = fixture;
      const foreign = { ...terms, operator: otherOperator.address };

      await expectRefusal(fixture, meteredOf(foreign, recordOf(fixture, foreign)), "MeterMismatch", [
        1n,
        1n,
        operator.address,
      ]);
    });

    it("refuses a meter whose possession oracles attested, and one that is not active yet", async () => {
      const { registryFixture, meterRegistry } = fixture;
      const key = createTestKey("secp192r1");
      const meter = await registerMeter(registryFixture, { evse: 2n, key });
      const pending = { ...terms, evse: 2n, meter };
      await expectRefusal(fixture, meteredOf(pending, recordOf(fixture, pending)), "PossessionNotProven", [meter]);

      await meterRegistry
        .connect(fixture.operator)
        .activateAttestedMeter(meter, await attestationsOf(registryFixture, meter));
      await expectRefusal(fixture, meteredOf(pending, recordOf(fixture, pending)), "PossessionNotProven", [meter]);
    });

    it("refuses a meter that was revoked before the session can have opened, to the second", async () => {
      const { meterRegistry, meterSettlement, operator, startedAt } = fixture;
      const revokedAt = startedAt + DAY;
      await networkHelpers.time.setNextBlockTimestamp(revokedAt);
      await meterRegistry.connect(operator).revokeMeter(1);
      await networkHelpers.time.increaseTo(revokedAt + DAY);

      const after = { ...terms, opening: { ...terms.opening, openedAt: revokedAt } };
      await expectRefusal(fixture, meteredOf(after, recordOf(fixture, after)), "MeterNotValid", [1n]);
      const before = { ...terms, opening: { ...terms.opening, openedAt: revokedAt - 1n } };
      await meterSettlement.measure(before, before.opening, 0, revokedAt + DAY, [recordOf(fixture, before)]);
    });

    it("refuses a meter whose records count from a second after this one on", async () => {
      const { registryFixture, meterSettlement, startedAt } = fixture;
      const key = createTestKey("secp256r1");
      const validFrom = startedAt + DAY;
      const meter = await activeMeter(registryFixture, { evse: 2n, key, validFrom });
      const session = meteredOf(
        { ...terms, evse: 2n, meter },
        recordOf(fixture, { ...terms, evse: 2n, meter }, { key }),
      );
      // The driver opened a session with other terms, and so only what is checked later refuses it.
      for (const [timestamp, error] of [
        [validFrom - 1n, "MeterNotValid"],
        [validFrom, "SettlementRefused"],
      ] as const) {
        await networkHelpers.time.setNextBlockTimestamp(timestamp);
        await expect(
          meterSettlement.connect(fixture.relayer).settleWithMeter({ ...callOf(session) }),
        ).to.be.revertedWithCustomError(error === "MeterNotValid" ? meterSettlement : fixture.settlement, error);
      }
    });

    it("refuses a meter whose validity begins later, and one whose validity was over before the session could begin", async () => {
      const { registryFixture, startedAt, meterRegistry, operator } = fixture;
      const later = createTestKey("secp256r1");
      const meter = await activeMeter(registryFixture, { evse: 2n, key: later, validFrom: startedAt + DAY });
      const early = { ...terms, evse: 2n, meter };
      await expectRefusal(fixture, meteredOf(early, recordOf(fixture, early, { key: later })), "MeterNotValid", [
        meter,
      ]);

      const retiredAt = startedAt + DAY;
      await networkHelpers.time.setNextBlockTimestamp(retiredAt);
      await meterRegistry.connect(operator).retireMeter(1);
      const after = { ...terms, opening: { ...terms.opening, openedAt: retiredAt } };
      await networkHelpers.time.increaseTo(retiredAt + DAY);
      await expectRefusal(fixture, meteredOf(after, recordOf(fixture, after)), "MeterNotValid", [1n]);
    });

    it("refuses a meter whose validity was retired away before it began", async () => {
      const { registryFixture, startedAt, meterRegistry, operator } = fixture;
      const key = createTestKey("secp256r1");
      const meter = await activeMeter(registryFixture, { evse: 2n, key, validFrom: startedAt + DAY });
      await meterRegistry.connect(operator).retireMeter(meter);
      await networkHelpers.time.increaseTo(startedAt + 2n * DAY);
      const never = { ...terms, evse: 2n, meter };

      await expectRefusal(fixture, meteredOf(never, recordOf(fixture, never, { key })), "MeterNotValid", [meter]);
    });

    it("refuses a meter whose calibration had run out", async () => {
      const { startedAt } = fixture;
      const expiresAt = startedAt + 92n * DAY;
      const late = { ...terms, opening: { ...terms.opening, openedAt: expiresAt - 2n * DAY } };
      await networkHelpers.time.increaseTo(expiresAt - DAY);

      await expectRefusal(fixture, meteredOf(late, recordOf(fixture, late)), "MeterNotValid", [1n]);
    });

    it("refuses no record and more than two", async () => {
      const record = recordOf(fixture, terms);

      await expectRefusal(fixture, meteredOf(terms), "RecordCountWrong", [0n]);
      await expectRefusal(fixture, meteredOf(terms, record, record, record), "RecordCountWrong", [3n]);
    });

    it("refuses a record that was changed, one of another meter, and a signature out of range", async () => {
      const record = recordOf(fixture, terms);
      const changed = Uint8Array.from(record.payload);
      changed[changed.length - 1] = 0x20;
      for (const bad of [
        { ...record, payload: changed },
        recordOf(fixture, terms, { key: createTestKey("secp256r1") }),
        { ...record, s: toBeHex(0, 32) },
        { ...record, r: toBeHex(ORDER[1], 32) },
        { ...record, s: toBeHex(2n ** 256n - 1n, 32) },
      ]) {
        await expectRefusal(fixture, meteredOf(terms, bad), "RecordSignatureInvalid", [0n]);
      }
      const [begin] = recordPair(fixture, terms);
      await expectRefusal(fixture, meteredOf(terms, begin, { ...record, payload: changed }), "RecordSignatureInvalid", [
        1n,
      ]);
    });

    it("refuses what the scanner refuses, with the scanner's own words", async () => {
      const flagged = recordOf(fixture, terms, { readings: [beginReading, { ...endReading, EF: '"E"' }] });
      const { meterSettlement, relayer, scanner } = fixture;
      const call = meterSettlement.connect(relayer).settleWithMeter(callOf(meteredOf(terms, flagged)));

      await expect(call)
        .to.be.revertedWithCustomError(scanner, "RecordRefused")
        .withArgs(19n, (position: bigint) => position > 0n && position < BigInt(flagged.payload.length));
    });

    it("refuses a record of another session, of no session, and one whose tag is only nearly the session's", async () => {
      const expected = tagIn(fixture, terms);
      const nearly = `${expected.slice(0, 19)}${expected.endsWith("A") ? "B" : "A"}`;
      const foreign = tagIn(fixture, fixture.otherTerms);
      for (const ID of [`"${foreign}"`, '""', undefined, "null", `"${nearly}"`, `"${expected}A"`]) {
        await expectRefusal(fixture, meteredOf(terms, recordOf(fixture, terms, { header: { ID } })), "IdTagMissing", [
          0n,
          expected,
        ]);
      }
      const [begin, end] = recordPair(fixture, terms, {}, { header: { ID: `"${foreign}"` } });
      await expectRefusal(fixture, meteredOf(terms, begin, end), "IdTagMissing", [1n, expected]);
    });

    it("refuses records without begin or end, with one too many, and in the wrong order", async () => {
      const [begin, end] = recordPair(fixture, terms);
      const whole = recordOf(fixture, terms);
      for (const records of [[begin], [end], [end, begin], [begin, begin], [end, end], [whole, end], [begin, whole]]) {
        await expectRefusal(fixture, meteredOf(terms, ...records), "ReadingsIncomplete", []);
      }
    });

    it("refuses an end record that does not follow the begin record", async () => {
      for (const [PG, number] of [
        ['"T7"', 7n],
        ['"T9"', 9n],
        ['"T6"', 6n],
      ] as const) {
        const records = recordPair(fixture, terms, {}, { header: { PG } });
        await expectRefusal(fixture, meteredOf(terms, ...records), "PaginationGap", [7n, number]);
      }
    });

    it("refuses two records of different meters, gateways or registers", async () => {
      for (const end of [
        { header: { MS: '"M2"' } },
        { header: { GS: '"G2"' } },
        { header: { MS: undefined } },
        { readings: [{ ...endReading, RI: '"1-0:1.8.0"' }] },
      ]) {
        await expectRefusal(fixture, meteredOf(terms, ...recordPair(fixture, terms, {}, end)), "RecordsDiffer", []);
      }
    });

    it("refuses a register that ran backwards between two records", async () => {
      const records = recordPair(fixture, terms, {}, { readings: [{ ...endReading, RV: "99.999999999" }] });

      await expectRefusal(fixture, meteredOf(terms, ...records), "RegisterDecreased", [
        100_000_000_000n,
        99_999_999_999n,
      ]);
    });

    it("refuses a record that is not later than the last that settled a session, and a register below its end", async () => {
      await settle(meteredOf(terms, recordOf(fixture, terms)));
      const again = await openedAgain();
      const readings = [
        { ...beginReading, RV: "112.345" },
        { ...endReading, RV: "120" },
      ];
      for (const [PG, number] of [
        ['"T7"', 7n],
        ['"T6"', 6n],
      ] as const) {
        const record = recordOf(fixture, again, { header: { PG }, readings });
        await expectRefusal(fixture, meteredOf(again, record), "RecordConsumed", [number, 7n]);
      }
      const overlapping = recordOf(fixture, again, {
        header: { PG: '"T8"' },
        readings: [
          { ...beginReading, RV: "112.344999999" },
          { ...endReading, RV: "120" },
        ],
      });
      await expectRefusal(fixture, meteredOf(again, overlapping), "RegisterReused", [112_344_999_999n, RECORDED_END]);
    });

    it("refuses a session that was never opened, whose terms or tariff are not the driver's", async () => {
      const { settlement, driver } = fixture;
      for (const changed of [
        { ...terms, holdMicro: HOLD + 1n },
        { ...terms, nonce: 5n },
        { ...terms, expiresAt: terms.expiresAt + 1n },
        { ...terms, tariffId: toBeHex(1, 32) },
      ]) {
        await expectRefusal(
          fixture,
          meteredOf(changed, recordOf(fixture, changed)),
          "SettlementRefused",
          [sessionIn(fixture, changed), SettlementRefusal.TermsMismatch],
          settlement,
        );
      }
      const dearer = tariffWith({ priceNanoPerKwh: 900_000_000n });
      await expectRefusal(
        fixture,
        { ...meteredOf(terms, recordOf(fixture, terms)), tariff: dearer },
        "SettlementRefused",
        [sessionId, SettlementRefusal.TermsMismatch],
        settlement,
      );
      const never = { ...terms, driver: fixture.otherDriver.address };
      await expectRefusal(
        fixture,
        meteredOf(never, recordOf(fixture, never)),
        "SettlementRefused",
        [sessionIn(fixture, never), SettlementRefusal.NoLiveSession],
        settlement,
      );
      expect(await isLive(fixture, terms)).to.equal(true);
      expect((await settlement.accountOf(driver.address, 0)).freeMicro).to.equal(70_000_000n);
    });

    it("refuses a session that oracles settled before, and one that it settled itself", async () => {
      const { settlement, otherTerms } = fixture;
      await settleBatch(fixture, [settlementGroup(terms)]);
      await settle(meteredOf(otherTerms, recordOf(fixture, otherTerms)));

      await expectRefusal(
        fixture,
        meteredOf(terms, recordOf(fixture, terms)),
        "SettlementRefused",
        [sessionId, SettlementRefusal.NoLiveSession],
        settlement,
      );
      await expectRefusal(fixture, meteredOf(otherTerms, recordOf(fixture, otherTerms)), "RecordConsumed", [7n, 7n]);
      expect((await fixture.meterSettlement.lastRecordOf(1)).pagination).to.equal(0n);
    });

    it("refuses a session that has expired and was expired", async () => {
      const { settlement } = fixture;
      await networkHelpers.time.increaseTo(terms.expiresAt + 1n);
      await settlement.expire(terms, await openingIn(fixture, terms), 0);

      await expectRefusal(
        fixture,
        meteredOf(terms, recordOf(fixture, terms)),
        "SettlementRefused",
        [sessionId, SettlementRefusal.NoLiveSession],
        settlement,
      );
    });
  });

  it("leaves the core closed to everybody else, even to oracles", async () => {
    const { settlement } = fixture;
    const { driver, operator, agreement } = terms;
    const item = { driver, terms: packTerms(terms), metering: packMetering(USUAL) };
    for (const caller of [fixture.thief, ...fixture.oracles, fixture.operator, fixture.owner]) {
      await expect(settlement.connect(caller).settleProven(sessionId, operator, agreement, TARIFF, item, true))
        .to.be.revertedWithCustomError(settlement, "NotNeighbour")
        .withArgs(caller.address);
    }
  });

  it("settles from one record on secp256r1 and on secp256k1, whoever sends it", async () => {
    const { otherTerms, meterSettlement } = fixture;
    for (const [session, number] of [
      [terms, 1n],
      [otherTerms, 2n],
    ] as const) {
      const outcome = await settle(meteredOf(session, recordOf(fixture, session)));

      expect(outcome).to.deep.equal(provenAt(fixture, session, RECORDED_PRICE, RECORDED, USUAL_PROOF));
      expect([...(await meterSettlement.lastRecordOf(number))]).to.deep.equal([7n, RECORDED_END]);
    }
  });

  it("settles from a begin record and the end record that follows it", async () => {
    for (const session of [terms, fixture.otherTerms]) {
      const outcome = await settle(meteredOf(session, ...recordPair(fixture, session)));

      expect(outcome).to.deep.equal(
        provenAt(fixture, session, RECORDED_PRICE, RECORDED, { pagination: 8n, registerMicroWh: RECORDED_END }),
      );
    }
  });

  it("takes both twins of a signature", async () => {
    for (const [session, order] of [
      [terms, ORDER[1]],
      [fixture.otherTerms, ORDER[2]],
    ] as const) {
      const snapshot = await networkHelpers.takeSnapshot();
      const record = recordOf(fixture, session);
      for (const twin of [record, twinOf(record, order)]) {
        expect((await settle(meteredOf(session, twin))).events).to.have.length(2);
        await snapshot.restore();
      }
    }
  });

  it("takes an idTag that the charger turned into lower case", async () => {
    const ID = `"${tagIn(fixture, terms).toLowerCase()}"`;

    expect(await settle(meteredOf(terms, recordOf(fixture, terms, { header: { ID } })))).to.deep.equal(
      provenAt(fixture, terms, RECORDED_PRICE, RECORDED, USUAL_PROOF),
    );
  });

  it("credits for good only as long as a maker vouches for the meter", async () => {
    const { registryFixture, settlement, driver } = fixture;
    await settle(meteredOf(terms, recordOf(fixture, terms)));
    const maker = await activeMaker(registryFixture);
    await vouchedMeter(registryFixture, maker, { meter: 1n });
    const { nonce } = await settlement.accountOf(driver.address, 0);
    const expiresAt = BigInt(await networkHelpers.time.latest()) + DAY;
    const vouched = await openedAs(fixture, driver, termsOf(fixture, { evse: 1n, meter: 1n, nonce, expiresAt }));
    await networkHelpers.time.increase(2n * HOUR);
    const record = recordOf(fixture, vouched, {
      header: { PG: '"T9"' },
      readings: [
        { ...beginReading, RV: "112.345" },
        { ...endReading, RV: "124.690" },
      ],
    });
    const proof = { pagination: 9n, registerMicroWh: 124_690_000_000n };
    const snapshot = await networkHelpers.takeSnapshot();
    expect(await settle(meteredOf(vouched, record))).to.deep.equal(
      provenAt(fixture, vouched, RECORDED_PRICE, RECORDED, proof, true),
    );

    await snapshot.restore();
    await fixture.meterRegistry.connect(await committeeOwner()).revokeMaker(maker.maker);
    expect(await settle(meteredOf(vouched, record))).to.deep.equal(
      provenAt(fixture, vouched, RECORDED_PRICE, RECORDED, proof),
    );
  });

  it("charges nothing for a session without energy", async () => {
    const readings = [beginReading, { ...endReading, RV: "100.000" }];

    expect(await settle(meteredOf(terms, recordOf(fixture, terms, { readings })))).to.deep.equal(
      provenAt(
        fixture,
        terms,
        0n,
        { ...RECORDED, energyMicroWh: 0n },
        {
          pagination: 7n,
          registerMicroWh: 100_000_000_000n,
        },
      ),
    );
  });

  it("charges the hold where the price is above it", async () => {
    await settle(meteredOf(terms, recordOf(fixture, terms)));
    const small = await openedAgain({ holdMicro: 1_000_000n });
    const record = recordOf(fixture, small, {
      header: { PG: '"T9"' },
      readings: [
        { ...beginReading, RV: "112.345" },
        { ...endReading, RV: "124.690" },
      ],
    });

    expect(await settle(meteredOf(small, record))).to.deep.equal(
      provenAt(fixture, small, 1_000_000n, RECORDED, { pagination: 9n, registerMicroWh: 124_690_000_000n }),
    );
  });

  it("rounds the begin up and the end down", async () => {
    const readings = [
      { ...beginReading, RV: "100.0000000001" },
      { ...endReading, RV: "112.3450000019" },
    ];
    const { events } = await settle(meteredOf(terms, recordOf(fixture, terms, { readings })));

    expect(events[0]?.[2]).to.include({ energyMicroWh: 12_345_000_000n });
  });

  it("charges no time where a clock was not set, or its time is flagged", async () => {
    // 0.50 + 5.55525 = 6.05525 net, 8.1 % tax 0.490475.
    const withoutTime = { ...RECORDED, chargingSeconds: 0n, connectedSeconds: 0n };
    const untimed = [
      [{ ...beginReading, TM: '"2026-03-01T10:00:00,000+0100 U"' }, endReading],
      [beginReading, { ...endReading, TM: '"2026-03-01T11:30:00,000+0100 U"' }],
      [beginReading, { ...endReading, EF: '"t"' }],
    ];
    const snapshot = await networkHelpers.takeSnapshot();
    for (const readings of untimed) {
      expect(await settle(meteredOf(terms, recordOf(fixture, terms, { readings })))).to.deep.equal(
        provenAt(fixture, terms, 6_545_725n, withoutTime, USUAL_PROOF),
      );
      await snapshot.restore();
    }
  });

  it("settles a session whose meter was retired, or exchanged, meanwhile", async () => {
    const { meterRegistry, operator, registryFixture } = fixture;
    await meterRegistry.connect(operator).retireMeter(1);
    await activeMeter(registryFixture, { evse: 2n, key: createTestKey("secp256r1") });

    for (const session of [terms, fixture.otherTerms]) {
      expect(await settle(meteredOf(session, recordOf(fixture, session)))).to.deep.equal(
        provenAt(fixture, session, RECORDED_PRICE, RECORDED, USUAL_PROOF),
      );
    }
  });

  it("settles a session whose meter was valid only in the middle of the time in which it can have run", async () => {
    const { registryFixture, meterRegistry, operator, driver } = fixture;
    const key = createTestKey("secp256r1");
    const meter = await activeMeter(registryFixture, { evse: 2n, key });
    await settle(meteredOf(terms, recordOf(fixture, terms)));
    const between = await openedAs(fixture, driver, termsOf(fixture, { evse: 2n, meter, nonce: 1n }));
    await networkHelpers.time.increase(HOUR);
    await meterRegistry.connect(operator).retireMeter(meter);
    await networkHelpers.time.increase(HOUR);

    expect(await settle(meteredOf(between, recordOf(fixture, between, { key })))).to.deep.equal(
      provenAt(fixture, between, RECORDED_PRICE, RECORDED, USUAL_PROOF),
    );
  });

  it("settles a session that was topped up, by its whole hold, and only by the right amount", async () => {
    const { settlement, driver } = fixture;
    const raised = 5_000_000n;
    await settle(meteredOf(terms, recordOf(fixture, terms)));
    const small = await openedAgain({ holdMicro: 2_000_000n });
    await settlement.connect(driver).topUp(small, await openingIn(fixture, small), 0, raised - 1n);
    await settlement.connect(driver).topUp(small, await openingIn(fixture, small), raised - 1n, 1n);
    const record = recordOf(fixture, small, {
      header: { PG: '"T8"' },
      readings: [
        { ...beginReading, RV: "112.345" },
        { ...endReading, RV: "124.690" },
      ],
    });
    for (const toppedUpMicro of [0n, raised - 1n, raised + 1n]) {
      await expectRefusal(
        fixture,
        { ...meteredOf(small, record), toppedUpMicro },
        "SettlementRefused",
        [sessionIn(fixture, small), SettlementRefusal.TermsMismatch],
        settlement,
      );
    }

    const { events, changes } = await settle({ ...meteredOf(small, record), toppedUpMicro: raised });

    expect(events.slice(0, 1)).to.deep.equal([
      ["SessionSettled", sessionIn(fixture, small), { ...RECORDED, chargedMicro: 7_000_000n, returnedMicro: 0n }],
    ]);
    expect(changes).to.deep.equal({
      "driver/0 commitment": -(await commitmentIn(fixture, small, raised)),
      "operator provisional": 7_000_000n,
    });
  });

  it("credits under the terms' agreement, and goes by the power of the terms and not by the EVSE's", async () => {
    const { partnerAgreements, operator, otherOperator, meterRegistry } = fixture;
    await settle(meteredOf(terms, recordOf(fixture, terms)));
    const shares = [{ partner: otherOperator.address, shareBps: 2_500 }];
    await partnerAgreements.connect(operator).propose(shares);
    await partnerAgreements.connect(otherOperator).sign(1);
    await meterRegistry.connect(operator).changeMaximumPower(1, 1);
    const shared = await openedAgain({ agreement: 1n });
    const record = recordOf(fixture, shared, {
      header: { PG: '"T8"' },
      readings: [
        { ...beginReading, RV: "112.345" },
        { ...endReading, RV: "124.690" },
      ],
    });

    const { changes } = await settle(meteredOf(shared, record));

    expect(changes["operator shared provisional"]).to.equal(RECORDED_PRICE);
    expect(changes["operator provisional"]).to.equal(undefined);
    await networkHelpers.time.increase(2n * EPOCH_SECONDS);
    expect(await fixture.settlement.withdrawableOf(operator.address, 1, otherOperator.address)).to.equal(
      RECORDED_PRICE / 4n,
    );
  });

  it("settles after the expiry, until somebody expires the session", async () => {
    await networkHelpers.time.increaseTo(terms.expiresAt + 3n * DAY);

    expect(await settle(meteredOf(terms, recordOf(fixture, terms)))).to.deep.equal(
      provenAt(fixture, terms, RECORDED_PRICE, RECORDED, USUAL_PROOF),
    );
  });

  it("leaves nothing to oracles that come later", async () => {
    await settle(meteredOf(terms, recordOf(fixture, terms)));
    const { events, changes } = await provenOutcomeOf(fixture, () => settleBatch(fixture, [settlementGroup(terms)]));

    expect({ events, changes }).to.deep.equal({
      events: [["SettlementSkipped", sessionId, terms.driver, SettlementRefusal.NoLiveSession]],
      changes: {},
    });
  });

  it("invariant 22: consumes each record once and lets the register only rise, over sessions of one meter", async () => {
    let register = 100_000n;
    let pagination = 7n;
    let session = terms;
    for (const energyWh of [12_345n, 0n, 5_000n]) {
      const kwh = (wh: bigint): string => `${wh / 1000n}.${(wh % 1000n).toString().padStart(3, "0")}`;
      const readings = [
        { ...beginReading, RV: kwh(register) },
        { ...endReading, RV: kwh(register + energyWh) },
      ];
      const record = recordOf(fixture, session, { header: { PG: `"T${pagination}"` }, readings });
      await settle(meteredOf(session, record));
      register += energyWh;
      expect([...(await fixture.meterSettlement.lastRecordOf(1))]).to.deep.equal([pagination, register * 1_000_000n]);
      await expectRefusal(fixture, meteredOf(session, record), "RecordConsumed", [pagination, pagination]);
      pagination += 1n;
      session = await openedAgain();
    }
    // Another meter knows nothing of it.
    expect([...(await fixture.meterSettlement.lastRecordOf(2))]).to.deep.equal([0n, 0n]);
    expect(testKey("secp256k1").curve).to.equal("secp256k1");
  });
});
