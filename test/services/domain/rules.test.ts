import { expect } from "chai";
import { keccak256 } from "ethers";
import fc from "fast-check";

import { nextBatch, type BatchCandidate } from "../../../services/domain/batch.ts";
import { createCdr, evidenceOfRecords, withHold } from "../../../services/domain/cdr.ts";
import { isInOrder, measure, type MeterPoint } from "../../../services/domain/evidence.ts";
import { idTagOf, isSameIdTag, tagOf } from "../../../services/domain/id-tag.ts";
import { packTerms, unpackTerms, type SessionTerms } from "../../../services/domain/terms.ts";
import { bumpFees, nextStep, type AttemptView } from "../../../services/domain/chain-transaction.ts";
import { testTariff } from "../../helpers/test-tariff.ts";

const terms: SessionTerms = {
  driver: "0x1000000000000000000000000000000000000001",
  lane: 1,
  nonce: 2,
  operator: "0x2000000000000000000000000000000000000002",
  agreement: 5,
  evse: 3,
  meter: 4,
  maximumPowerW: 22_000,
  tariffId: `0x${"33".repeat(32)}`,
  holdMicro: 1_000_000n,
  expiresAt: 1_800_000_000,
};

describe("idTags", function () {
  it("are refused for what is no digest", function () {
    for (const text of ["", "0x", `0x${"0".repeat(63)}`, "0".repeat(64)])
      expect(() => tagOf(text)).to.throw(RangeError);
  });
  it("are the first 100 bits of a digest in base32", function () {
    expect(tagOf(`0x${"0".repeat(64)}`)).to.equal("A".repeat(20));
    expect(tagOf(`0x${"f".repeat(64)}`)).to.equal("7".repeat(20));
    // RFC 4648 §10: the base32 of "foobar" is MZXW6YTBOI.
    expect(tagOf(`0x${Buffer.from("foobar").toString("hex").padEnd(64, "0")}`)).to.equal("MZXW6YTBOIAAAAAAAAAA");
  });
  it("of sessions are of id, time and salt, each in a word of 32 bytes", function () {
    const sessionId = `0x${"a1".repeat(32)}`;
    const opening = { openedAt: 1_750_000_000, salt: 0x00beef };
    const words = [1_750_000_000, 0x00beef].map((value) => value.toString(16).padStart(64, "0"));
    expect(idTagOf(sessionId, opening)).to.equal(tagOf(keccak256(`${sessionId}${words.join("")}`)));
    for (const other of [
      { ...opening, openedAt: 1_750_000_001 },
      { ...opening, salt: 0x00beee },
    ]) {
      expect(idTagOf(sessionId, other)).not.to.equal(idTagOf(sessionId, opening));
    }
  });
  it("are the same in upper and lower case of ASCII alone", function () {
    expect(isSameIdTag("abcXYZ234", "ABCxyz234")).to.equal(true);
    expect(isSameIdTag("ı", "I")).to.equal(false);
    expect(isSameIdTag("ß", "SS")).to.equal(false);
  });
});

describe("Packed terms", function () {
  it("refuse a field beyond its width", function () {
    expect(() => packTerms({ ...terms, lane: 2 ** 32 })).to.throw(RangeError);
    expect(() => packTerms({ ...terms, maximumPowerW: 2 ** 24 })).to.throw(RangeError);
    expect(() => packTerms({ ...terms, holdMicro: 2n ** 64n })).to.throw(RangeError);
    expect(() => packTerms({ ...terms, expiresAt: -1 })).to.throw(RangeError);
  });
  it("come back as they were", function () {
    const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const varying = fc.record({
      lane: uint32,
      nonce: uint32,
      evse: uint32,
      meter: uint32,
      maximumPowerW: fc.integer({ min: 0, max: 2 ** 24 - 1 }),
      holdMicro: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      expiresAt: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
    });
    fc.assert(
      fc.property(varying, (fields) => {
        const all = { ...terms, ...fields };
        expect(unpackTerms(packTerms(all), terms)).to.deep.equal(all);
      }),
    );
  });
});

describe("Evidence", function () {
  const point = (microWh: bigint, epochMs: number, timeQuality: MeterPoint["timeQuality"]): MeterPoint => ({
    floorMicroWh: microWh,
    ceilingMicroWh: microWh,
    epochMs,
    timeQuality,
    hasTimeError: false,
  });

  it("is out of order when a register ends below its begin, begins below an earlier end or ends above a later begin", function () {
    const span = { register: "1", beginMicroWh: 5n, endMicroWh: 7n };
    const alone = { greatestBelowMicroWh: null, smallestAboveMicroWh: null };
    expect(isInOrder({ ...span, endMicroWh: 4n }, alone)).to.equal(false);
    expect(isInOrder(span, { ...alone, greatestBelowMicroWh: 6n })).to.equal(false);
    expect(isInOrder(span, { ...alone, smallestAboveMicroWh: 6n })).to.equal(false);
    expect(isInOrder(span, { greatestBelowMicroWh: 5n, smallestAboveMicroWh: 7n })).to.equal(true);
    expect(isInOrder(span, alone)).to.equal(true);
  });
  it("rounds begin up and end down, and never below zero", function () {
    const begin = { ...point(0n, 0, "S"), floorMicroWh: 4n, ceilingMicroWh: 5n };
    const end = { ...point(0n, 0, "S"), floorMicroWh: 9n, ceilingMicroWh: 10n };
    expect(measure(begin, end)?.energyMicroWh).to.equal(4n);
    expect(measure(begin, { ...begin, epochMs: 1 })?.energyMicroWh).to.equal(0n);
  });
  it("counts time only where the meter vouches for both times", function () {
    const qualities = ["U", "I", "S", "R", null] as const;
    for (const first of qualities) {
      for (const second of qualities) {
        const isProven = first !== null && second !== null && first !== "U" && second !== "U";
        const metered = measure(point(0n, 1_000, first), point(9n, 62_999, second));
        expect(metered?.chargingSeconds, `${String(first)}${String(second)}`).to.equal(isProven ? 61 : 0);
      }
    }
    expect(measure({ ...point(0n, 0, "S"), hasTimeError: true }, point(9n, 62_999, "S"))?.chargingSeconds).to.equal(0);
    expect(measure(point(0n, 5_000, "S"), point(9n, 0, "S"))?.chargingSeconds).to.equal(0);
  });
  it("is not measured beyond what the contract takes", function () {
    expect(measure(point(0n, 0, "S"), point(2n ** 64n, 0, "S"))).to.equal(null);
    expect(measure(point(0n, 0, "S"), point(1n, 2 ** 32 * 1_000, "S"))).to.equal(null);
    expect(measure(point(0n, 0, "S"), point(2n ** 64n - 1n, (2 ** 32 - 1) * 1_000, "S"))).to.not.equal(null);
  });
});

describe("CDRs", function () {
  const input = {
    sessionId: "0x01",
    terms,
    tariff: testTariff,
    meter: { number: 4, curve: "secp256r1", publicKey: "0x" },
    energyWh: "1000",
    metered: { energyMicroWh: 1_000_000_000n, chargingSeconds: 60, connectedSeconds: 60 as const },
    isBoundToSession: true,
    evidence: evidenceOfRecords(true),
    toppedUpMicro: 0n,
  };
  it("charge the price and return the rest", function () {
    // 0.35 flat + 0.49 for 1 kWh + 0.01 for one minute = 0.85; 8.1 % tax is 0.06885.
    const cdr = createCdr(input);
    expect([cdr.price.grossMicro, cdr.chargedMicro, cdr.returnedMicro]).to.deep.equal([918_850n, 918_850n, 81_150n]);
  });
  it("never charge more than the hold", function () {
    const cdr = createCdr({ ...input, terms: { ...terms, holdMicro: 900_000n } });
    expect([cdr.chargedMicro, cdr.returnedMicro]).to.deep.equal([900_000n, 0n]);
  });
  it("charge more of a hold that was raised, before or after they were written", function () {
    const small = { ...input, terms: { ...terms, holdMicro: 900_000n } };
    const raised = createCdr({ ...small, toppedUpMicro: 100_000n });
    expect([raised.chargedMicro, raised.returnedMicro]).to.deep.equal([918_850n, 81_150n]);
    expect(withHold(createCdr(small), 1_000_000n)).to.deep.equal(raised);
  });
});

describe("Batches", function () {
  const policy = { maxItems: 3, maxAgeMs: 1_000, maxValueMicro: 100n };
  const candidates = (...charges: readonly bigint[]): readonly BatchCandidate[] =>
    charges.map((chargedMicro, index) => ({ sessionId: String(index), completedAtMs: index, chargedMicro }));

  it("do not close while they are small, cheap and young", function () {
    expect(nextBatch([], policy, 10_000)).to.deep.equal([]);
    expect(nextBatch(candidates(1n, 1n), policy, 999)).to.deep.equal([]);
  });
  it("close by size, by value and by age", function () {
    expect(nextBatch(candidates(1n, 1n, 1n, 1n), policy, 0).length).to.equal(3);
    expect(nextBatch(candidates(60n, 40n, 1n), policy, 0).length).to.equal(2);
    expect(nextBatch(candidates(100n, 1n), policy, 0).length).to.equal(1);
    expect(nextBatch(candidates(1n, 1n), policy, 1_000).length).to.equal(2);
  });
});

describe("The next step of a transaction", function () {
  const view: AttemptView = {
    status: "sent",
    sentAtMs: 0,
    nonce: 7,
    isKnown: true,
    receipt: null,
    accountNonce: 7,
  };
  const success = { isSuccess: true, isConfirmed: false };
  const steps: readonly (readonly [string, Partial<AttemptView>, number, string])[] = [
    ["a pending transaction", {}, 999, "wait"],
    ["a stuck one", {}, 1_000, "replace"],
    ["a prepared one", { status: "prepared", sentAtMs: null, isKnown: false }, 9_999, "broadcast"],
    ["a dropped one", { isKnown: false }, 999, "broadcast"],
    ["one that is dropped for long", { isKnown: false }, 1_000, "replace"],
    ["one that succeeded", { receipt: success, accountNonce: 8 }, 9_999, "wait"],
    [
      "one that reverted in a young block",
      { receipt: { isSuccess: false, isConfirmed: false }, accountNonce: 8 },
      0,
      "wait",
    ],
    ["one that reverted for good", { receipt: { isSuccess: false, isConfirmed: true }, accountNonce: 8 }, 0, "fail"],
    ["one whose nonce went elsewhere", { accountNonce: 8 }, 0, "renumber"],
  ];
  for (const [name, change, nowMs, step] of steps) {
    it(`is ${step} for ${name}`, function () {
      expect(nextStep({ ...view, ...change }, 1_000, nowMs)).to.equal(step);
    });
  }
  it("offers at least an eighth more, and what the chain asks", function () {
    const old = { maxFeePerGas: 80n, maxPriorityFeePerGas: 8n };
    expect(bumpFees(old, old)).to.deep.equal({ maxFeePerGas: 91n, maxPriorityFeePerGas: 10n });
    expect(bumpFees(old, { maxFeePerGas: 200n, maxPriorityFeePerGas: 1n })).to.deep.equal({
      maxFeePerGas: 200n,
      maxPriorityFeePerGas: 10n,
    });
  });
});
