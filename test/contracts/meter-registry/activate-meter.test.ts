import { expect } from "chai";

import { refusalReasons } from "../../../scripts/verify/contract-answers.ts";
import { ethers, networkHelpers } from "../../helpers/chain.ts";
import {
  activeMeter,
  deployedRegistry,
  eventsAt,
  keyIdOfTestKey,
  MeterStatus,
  Possession,
  possessionRecord,
  registerMeter,
  type RegistryFixture,
} from "../../helpers/meter-registry-fixture.ts";
import { signedQuery } from "../../helpers/ocmf-chain.ts";
import { bytesOf, createTestKey, payloadText, testKey } from "../../helpers/ocmf.ts";
import { DAY } from "../../helpers/settlement-fixture.ts";

const key = testKey("secp256r1");
const keyId = keyIdOfTestKey(key);
const secp256r1Order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

describe("MeterRegistry.activateMeter", () => {
  let fixture: RegistryFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedRegistry);
  });

  it("refuses a meter that does not exist", async () => {
    const { registry, operator } = fixture;
    const { payload, r, s } = signedQuery(key, bytesOf(payloadText()));

    await expect(registry.connect(operator).activateMeter(1, payload, r, s))
      .to.be.revertedWithCustomError(registry, "MeterUnknown")
      .withArgs(1);
  });

  it("refuses a meter that is active, retired or revoked", async () => {
    const { registry, operator } = fixture;
    const meter = await activeMeter(fixture);
    const { payload, r, s } = await possessionRecord(fixture, meter);
    const expectRefusal = (status: bigint): Promise<void> =>
      expect(registry.connect(operator).activateMeter(meter, payload, r, s))
        .to.be.revertedWithCustomError(registry, "MeterNotPending")
        .withArgs(meter, status);

    await expectRefusal(MeterStatus.Active);
    await registry.connect(operator).retireMeter(meter);
    await expectRefusal(MeterStatus.Retired);
    await registry.connect(operator).revokeMeter(meter);
    await expectRefusal(MeterStatus.Revoked);
  });

  it("refuses that somebody else than the operator replaces the active meter", async () => {
    const { registry, operator, stranger } = fixture;
    await activeMeter(fixture);
    const successorKey = createTestKey("secp256r1");
    const successor = await registerMeter(fixture, { key: successorKey });
    const { payload, r, s } = await possessionRecord(fixture, successor, successorKey);

    await expect(registry.connect(stranger).activateMeter(successor, payload, r, s))
      .to.be.revertedWithCustomError(registry, "NotOperator")
      .withArgs(stranger.address, operator.address);
  });

  it("refuses a key that was revoked after it was registered", async () => {
    const { registry, operator } = fixture;
    const meter = await activeMeter(fixture);
    const again = await registerMeter(fixture, { evse: 2n });
    await registry.connect(operator).revokeMeter(meter);
    const { payload, r, s } = await possessionRecord(fixture, again);

    await expect(registry.connect(operator).activateMeter(again, payload, r, s))
      .to.be.revertedWithCustomError(registry, "KeyRevoked")
      .withArgs(keyId);
  });

  it("refuses a key that is active at another operator's EVSE, and to let anybody else move it", async () => {
    const { registry, operator, otherOperator, stranger } = fixture;
    const meter = await activeMeter(fixture);

    for (const [evse, by, callers] of [
      [2n, operator, [stranger, otherOperator]],
      [3n, otherOperator, [stranger, otherOperator, operator]],
    ] as const) {
      const again = await registerMeter(fixture, { evse, by });
      const { payload, r, s } = await possessionRecord(fixture, again);
      for (const caller of callers) {
        await expect(registry.connect(caller).activateMeter(again, payload, r, s))
          .to.be.revertedWithCustomError(registry, "KeyAlreadyActive")
          .withArgs(meter);
      }
    }
  });

  it("moves a meter between EVSEs of one operator in one step", async () => {
    const { registry, operator, startedAt } = fixture;
    let meter = await activeMeter(fixture);
    for (const [index, [from, evse]] of (
      [
        [1n, 2n],
        [2n, 2n],
        [2n, 1n],
      ] as const
    ).entries()) {
      const moved = await registerMeter(fixture, { evse, validFrom: 0n });
      const { payload, r, s } = await possessionRecord(fixture, moved);
      const now = startedAt + DAY + 1_000n * BigInt(index);

      const events = await eventsAt(fixture, now, () => registry.connect(operator).activateMeter(moved, payload, r, s));

      expect(events).to.deep.equal([
        ["MeterRetired", meter, from, keyId, now],
        ["MeterActivated", moved, evse, keyId, Possession.ProvenOnChain, now],
      ]);
      expect((await registry.evseOf(from)).activeMeter).to.equal(from === evse ? moved : 0n);
      expect((await registry.evseOf(evse)).activeMeter).to.equal(moved);
      expect(await registry.activeMeterOf(keyId)).to.equal(moved);
      expect([await registry.isValidAt(meter, now - 1n), await registry.isValidAt(meter, now)]).to.deep.equal([
        true,
        false,
      ]);
      expect([await registry.isValidAt(moved, now - 1n), await registry.isValidAt(moved, now)]).to.deep.equal([
        false,
        true,
      ]);
      meter = moved;
    }
  });

  it("refuses a meter whose interval or calibration is over, from the very second on", async () => {
    const { registry, operator, startedAt } = fixture;
    const end = startedAt + DAY;
    const interval = await registerMeter(fixture, { validUntil: end });
    const calibration = await registerMeter(fixture, { calibrationExpiresAt: end, evse: 2n });
    const first = await possessionRecord(fixture, interval);
    const second = await possessionRecord(fixture, calibration);

    await networkHelpers.time.setNextBlockTimestamp(end);
    await expect(registry.connect(operator).activateMeter(interval, first.payload, first.r, first.s))
      .to.be.revertedWithCustomError(registry, "ValidityEmpty")
      .withArgs(end, end);
    await networkHelpers.time.setNextBlockTimestamp(end + 1n);
    await expect(registry.connect(operator).activateMeter(calibration, second.payload, second.r, second.s))
      .to.be.revertedWithCustomError(registry, "CalibrationExpired")
      .withArgs(end, end + 1n);
  });

  it("refuses curves that it cannot verify", async () => {
    const { registry, operator } = fixture;

    for (const [curve, number] of [
      ["secp192r1", 3n],
      ["secp192k1", 4n],
      ["brainpoolP256r1", 5n],
      ["secp384r1", 6n],
      ["brainpoolP384r1", 7n],
      ["secp224k1", 8n],
    ] as const) {
      const meter = await registerMeter(fixture, { key: testKey(curve) });
      const { payload, r, s } = await possessionRecord(fixture, meter);
      await expect(registry.connect(operator).activateMeter(meter, payload, r, s))
        .to.be.revertedWithCustomError(registry, "CurveNotVerifiable")
        .withArgs(number);
    }
  });

  it("refuses a record of another key, a changed one, and signatures out of range", async () => {
    const { registry, operator } = fixture;
    const meter = await registerMeter(fixture);
    const record = await possessionRecord(fixture, meter);
    const foreign = await possessionRecord(fixture, meter, createTestKey("secp256r1"));
    const changed = Uint8Array.from(record.payload);
    changed[changed.length - 1] = 0x20;
    const hex = (value: bigint): string => `0x${value.toString(16).padStart(64, "0")}`;

    for (const [payload, r, s] of [
      [foreign.payload, foreign.r, foreign.s],
      [changed, record.r, record.s],
      [record.payload, record.s, record.r],
      [record.payload, hex(0n), record.s],
      [record.payload, record.r, hex(0n)],
      [record.payload, record.r, hex(secp256r1Order)],
      [record.payload, hex(secp256r1Order), record.s],
    ] as const) {
      await expect(registry.connect(operator).activateMeter(meter, payload, r, s)).to.be.revertedWithCustomError(
        registry,
        "RecordSignatureInvalid",
      );
    }
  });

  it("refuses a record that may not be billed, with the scanner's reason and position", async () => {
    const { registry, operator } = fixture;
    const scanner = await ethers.getContractAt("OcmfScanner", await registry.ocmfScanner());
    const meter = await registerMeter(fixture);
    const payload = payloadText({ ID: `"${await registry.possessionTagOf(meter)}"`, PG: '"F1"' });
    const { r, s } = signedQuery(key, bytesOf(payload));

    await expect(registry.connect(operator).activateMeter(meter, bytesOf(payload), r, s))
      .to.be.revertedWithCustomError(scanner, "RecordRefused")
      .withArgs(
        refusalReasons.findIndex(([name]) => name === "PaginationFiscal"),
        payload.indexOf('"F1"'),
      );
  });

  it("refuses a record without the tag, also one with the tag of another EVSE, operator or key", async () => {
    const { registry, operator, otherOperator } = fixture;
    const meter = await registerMeter(fixture);
    const tag = await registry.possessionTagOf(meter);
    const elsewhere = await registerMeter(fixture, { evse: 2n });
    const abroad = await registerMeter(fixture, { evse: 3n, by: otherOperator });
    const otherKey = await registerMeter(fixture, { key: createTestKey("secp256r1") });

    for (const identification of [
      "",
      "AABBCCDD",
      tag.slice(1),
      `${tag}A`,
      ` ${tag.slice(1)}`,
      `${tag.slice(0, 19)}0`,
      await registry.possessionTagOf(elsewhere),
      await registry.possessionTagOf(abroad),
      await registry.possessionTagOf(otherKey),
    ]) {
      const { payload, r, s } = await possessionRecord(fixture, meter, key, identification);
      await expect(registry.connect(operator).activateMeter(meter, payload, r, s))
        .to.be.revertedWithCustomError(registry, "PossessionTagMissing")
        .withArgs(tag);
    }
  });

  it("activates a meter of either curve at the word of anybody who has the record, in whatever case the tag is", async () => {
    const { registry, stranger, startedAt } = fixture;

    for (const [index, curve] of (["secp256r1", "secp256k1"] as const).entries()) {
      const meterKey = testKey(curve);
      const evse = BigInt(index + 1);
      const meter = await registerMeter(fixture, { key: meterKey, evse });
      const tag = (await registry.possessionTagOf(meter)).toLowerCase();
      const { payload, r, s } = await possessionRecord(fixture, meter, meterKey, tag);

      const events = await eventsAt(fixture, startedAt + 1_000n * evse, () =>
        registry.connect(stranger).activateMeter(meter, payload, r, s),
      );

      expect(events).to.deep.equal([
        ["MeterActivated", meter, evse, keyIdOfTestKey(meterKey), Possession.ProvenOnChain, startedAt],
      ]);
      expect((await registry.meterOf(meter)).status).to.equal(MeterStatus.Active);
      expect((await registry.meterOf(meter)).possession).to.equal(Possession.ProvenOnChain);
      expect((await registry.evseOf(evse)).activeMeter).to.equal(meter);
      expect(await registry.activeMeterOf(keyIdOfTestKey(meterKey))).to.equal(meter);
    }
  });

  it("takes both twins of a signature", async () => {
    const { registry, operator } = fixture;
    const first = await registerMeter(fixture);
    const record = await possessionRecord(fixture, first);
    const twin = `0x${(secp256r1Order - BigInt(record.s)).toString(16).padStart(64, "0")}`;

    await registry.connect(operator).activateMeter.staticCall(first, record.payload, record.r, record.s);
    await registry.connect(operator).activateMeter.staticCall(first, record.payload, record.r, twin);
  });

  it("retires the meter that it replaces, whose records count until then", async () => {
    const { registry, operator, startedAt } = fixture;
    const meter = await activeMeter(fixture);
    const successorKey = createTestKey("secp256k1");
    const successor = await registerMeter(fixture, { key: successorKey });
    const { payload, r, s } = await possessionRecord(fixture, successor, successorKey);
    const now = startedAt + DAY;

    const events = await eventsAt(fixture, now, () =>
      registry.connect(operator).activateMeter(successor, payload, r, s),
    );

    expect(events).to.deep.equal([
      ["MeterRetired", meter, 1n, keyId, now],
      ["MeterActivated", successor, 1n, keyIdOfTestKey(successorKey), Possession.ProvenOnChain, startedAt],
    ]);
    expect((await registry.meterOf(meter)).status).to.equal(MeterStatus.Retired);
    expect((await registry.evseOf(1)).activeMeter).to.equal(successor);
    expect(await registry.activeMeterOf(keyId)).to.equal(0n);
    expect([await registry.isValidAt(meter, now - 1n), await registry.isValidAt(meter, now)]).to.deep.equal([
      true,
      false,
    ]);
  });

  it("lets a retired meter's key live again, and its records count for one number at a time", async () => {
    const { registry, operator, otherOperator, startedAt } = fixture;
    const meter = await activeMeter(fixture);
    const retiredAt = startedAt + DAY;
    await eventsAt(fixture, retiredAt, () => registry.connect(operator).retireMeter(meter));
    const bought = await registerMeter(fixture, { evse: 3n, by: otherOperator, validFrom: 0n });
    const { payload, r, s } = await possessionRecord(fixture, bought);

    const events = await eventsAt(fixture, retiredAt + 100n, () =>
      registry.connect(otherOperator).activateMeter(bought, payload, r, s),
    );

    expect(events).to.deep.equal([["MeterActivated", bought, 3n, keyId, Possession.ProvenOnChain, retiredAt]]);
    for (const timestamp of [startedAt, retiredAt - 1n]) {
      expect([await registry.isValidAt(meter, timestamp), await registry.isValidAt(bought, timestamp)]).to.deep.equal([
        true,
        false,
      ]);
    }
    expect([await registry.isValidAt(meter, retiredAt), await registry.isValidAt(bought, retiredAt)]).to.deep.equal([
      false,
      true,
    ]);
  });
});
