import { expect } from "chai";

import { curveNumbers } from "../../../scripts/verify/contract-answers.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import {
  activeMeter,
  deployedRegistry,
  keyIdOfTestKey,
  MeterStatus,
  Possession,
  registerMeter,
  registrationOf,
  type RegistryFixture,
} from "../../helpers/meter-registry-fixture.ts";
import { pointBytes } from "../../helpers/ocmf-chain.ts";
import { curves, testKey } from "../../helpers/ocmf.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { DAY } from "../../helpers/settlement-fixture.ts";

describe("MeterRegistry.registerMeter", () => {
  let fixture: RegistryFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedRegistry);
  });

  it("refuses an EVSE that does not exist", async () => {
    const { registry, operator } = fixture;

    for (const evse of [0n, 4n]) {
      await expect(registry.connect(operator).registerMeter(...registrationOf(fixture, { evse })))
        .to.be.revertedWithCustomError(registry, "EvseUnknown")
        .withArgs(evse);
    }
  });

  it("refuses another operator's EVSE", async () => {
    const { registry, operator, otherOperator } = fixture;

    await expect(registry.connect(otherOperator).registerMeter(...registrationOf(fixture)))
      .to.be.revertedWithCustomError(registry, "NotOperator")
      .withArgs(otherOperator.address, operator.address);
  });

  it("refuses a key without curve", async () => {
    const { registry, operator } = fixture;
    const [evse, , ...rest] = registrationOf(fixture);

    await expect(registry.connect(operator).registerMeter(evse, 0n, ...rest)).to.be.revertedWithCustomError(
      registry,
      "CurveMissing",
    );
  });

  it("refuses a key that is not twice as long as a coordinate of its curve", async () => {
    const { registry, operator } = fixture;
    const lengths = { secp192k1: 48, secp192r1: 48, secp384r1: 96, brainpoolP384r1: 96, secp224k1: 56 };

    for (const curve of [...curves, "secp224k1"] as const) {
      const [evse, number, publicKey, ...rest] = registrationOf(fixture, { key: testKey(curve) });
      const expected = curve in lengths ? lengths[curve as keyof typeof lengths] : 64;
      for (const wrong of [new Uint8Array(), publicKey.slice(1), Uint8Array.of(4, ...publicKey)]) {
        await expect(registry.connect(operator).registerMeter(evse, number, wrong, ...rest))
          .to.be.revertedWithCustomError(registry, "PublicKeyLengthWrong")
          .withArgs(wrong.length, expected);
      }
    }
  });

  it("refuses a point that is not on the curve, where the contract can compute on it", async () => {
    const { registry, operator } = fixture;

    for (const curve of [...curves.filter((name) => !name.includes("384")), "secp224k1"] as const) {
      const [evse, number, publicKey, ...rest] = registrationOf(fixture, { key: testKey(curve) });
      const flipped = Uint8Array.from(publicKey);
      flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
      for (const wrong of [flipped, new Uint8Array(publicKey.length), new Uint8Array(publicKey.length).fill(0xff)]) {
        await expect(
          registry.connect(operator).registerMeter(evse, number, wrong, ...rest),
        ).to.be.revertedWithCustomError(registry, "PublicKeyOffCurve");
      }
    }
    // A point of one curve is none of another.
    const [evse, , publicKey, ...rest] = registrationOf(fixture);
    await expect(
      registry.connect(operator).registerMeter(evse, curveNumbers.secp256k1, publicKey, ...rest),
    ).to.be.revertedWithCustomError(registry, "PublicKeyOffCurve");
  });

  it("refuses a key that was revoked", async () => {
    const { registry, operator, otherOperator } = fixture;
    await registry.connect(operator).revokeMeter(await activeMeter(fixture));

    await expect(registry.connect(otherOperator).registerMeter(...registrationOf(fixture, { evse: 3n })))
      .to.be.revertedWithCustomError(registry, "KeyRevoked")
      .withArgs(keyIdOfTestKey(testKey("secp256r1")));
  });

  it("refuses an interval in which no record could count", async () => {
    const { registry, operator, startedAt } = fixture;
    const now = startedAt + 1_000n;

    for (const [options, validFrom, validUntil] of [
      [{ validFrom: now + 5n, validUntil: now + 5n }, now + 5n, now + 5n],
      [{ validFrom: now + 5n, validUntil: now + 4n }, now + 5n, now + 4n],
      [{ validFrom: now + 5n, calibrationExpiresAt: now + 5n }, now + 5n, now + 5n],
      [{ validFrom: 0n, validUntil: now }, now, now],
    ] as const) {
      await networkHelpers.time.setNextBlockTimestamp(now);
      await expect(registry.connect(operator).registerMeter(...registrationOf(fixture, options)))
        .to.be.revertedWithCustomError(registry, "ValidityEmpty")
        .withArgs(validFrom, validUntil);
      fixture = await networkHelpers.loadFixture(deployedRegistry);
    }
  });

  it("refuses a meter whose calibration has run out", async () => {
    const { registry, operator, startedAt } = fixture;
    const now = startedAt + 1_000n;
    await networkHelpers.time.setNextBlockTimestamp(now);

    await expect(registry.connect(operator).registerMeter(...registrationOf(fixture, { calibrationExpiresAt: now })))
      .to.be.revertedWithCustomError(registry, "CalibrationExpired")
      .withArgs(now, now);
  });

  it("keeps a pending meter of each of the seven curves", async () => {
    const { registry, operator, startedAt } = fixture;

    for (const [index, curve] of curves.entries()) {
      const key = testKey(curve);
      const content = [
        1n,
        curveNumbers[curve],
        MeterStatus.Pending,
        Possession.None,
        startedAt,
        startedAt + 100n * DAY,
        startedAt + 90n * DAY,
        0n,
        `0x${Buffer.from(pointBytes(key.publicKey)).toString("hex")}`,
      ];

      const receipt = await (
        await registry.connect(operator).registerMeter(...registrationOf(fixture, { key }))
      ).wait();

      const meter = BigInt(index + 1);
      expect(eventsOf(receipt, registry)).to.deep.equal([["MeterRegistered", meter, 1n, keyIdOfTestKey(key), content]]);
      expect(await registry.meterOf(meter)).to.deep.equal(content);
      expect(await registry.isValidAt(meter, startedAt)).to.equal(false);
    }
    expect((await registry.evseOf(1)).activeMeter).to.equal(0n);
  });

  it("lets several operators claim a key, because a claim is no proof", async () => {
    const { otherOperator } = fixture;

    expect(await registerMeter(fixture)).to.equal(1n);
    expect(await registerMeter(fixture, { evse: 3n, by: otherOperator })).to.equal(2n);
  });
});
