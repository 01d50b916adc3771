import { expect } from "chai";
import { keccak256, toBeHex, ZeroAddress } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  certificateKey,
  type Consent,
  consentIdOf,
  consentOf,
  ConsentStatus,
  PERIOD_CAP,
  plainConsent,
} from "../../helpers/consents-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { DAY } from "../../helpers/settlement-fixture.ts";
import { deployedWaysIn, type WaysInFixture } from "../../helpers/ways-in-fixture.ts";

describe("VehicleConsents.grant", () => {
  let fixture: WaysInFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedWaysIn);
  });

  async function expectRefusal(changes: Partial<Consent>, error: string, ...details: unknown[]): Promise<void> {
    const { consents, driver } = fixture;
    await expect(consents.connect(driver).grant(consentOf(fixture, changes)))
      .to.be.revertedWithCustomError(consents, error)
      .withArgs(...details);
  }

  it("refuses everybody but the driver, the vehicle too", async () => {
    const { consents, driver, vehicle, otherDriver } = fixture;

    for (const caller of [vehicle, otherDriver]) {
      await expect(consents.connect(caller).grant(consentOf(fixture)))
        .to.be.revertedWithCustomError(consents, "NotDriver")
        .withArgs(caller.address, driver.address);
    }
  });

  it("refuses a key that has the length of neither an address nor a point", async () => {
    for (const length of [0, 19, 21, 32, 33, 63, 65]) {
      await expectRefusal({ vehicleKey: `0x${"01".repeat(length)}` }, "VehicleKeyLengthWrong", length);
    }
  });

  it("refuses the zero address and what is no point of secp256r1", async () => {
    const { publicKey } = certificateKey;

    for (const vehicleKey of [
      ZeroAddress,
      toBeHex(0, 64),
      toBeHex(BigInt(publicKey) ^ 1n, 64),
      `0x${"ff".repeat(64)}`,
    ]) {
      await expectRefusal({ vehicleKey }, "VehicleKeyInvalid");
    }
  });

  it("refuses no operator and more than eight", async () => {
    for (const count of [0, 9]) {
      const operators = Array.from({ length: count }, (_, i) => toBeHex(i + 1, 20));
      await expectRefusal({ operators }, "OperatorCountOutOfRange", count, 1, 8);
    }
  });

  it("refuses the zero address as an operator", async () => {
    await expectRefusal({ operators: [fixture.operator.address, ZeroAddress] }, "OperatorZero");
  });

  it("refuses a cap of nothing", async () => {
    await expectRefusal({ sessionCapMicro: 0n }, "CapZero");
    await expectRefusal({ periodCapMicro: 0n }, "CapZero");
  });

  it("refuses a period of nothing", async () => {
    await expectRefusal({ periodSeconds: 0n }, "PeriodZero");
  });

  it("refuses a consent that has expired", async () => {
    const now = fixture.startedAt + DAY;
    await networkHelpers.time.setNextBlockTimestamp(now);

    await expectRefusal({ expiresAt: now }, "ConsentExpired", now, now);
  });

  it("refuses a consent that was granted", async () => {
    const { consents, driver } = fixture;
    await consents.connect(driver).grant(consentOf(fixture));

    await expectRefusal({}, "ConsentNotNew", consentIdOf(consentOf(fixture)), ConsentStatus.Granted);
  });

  it("refuses a consent that was revoked", async () => {
    const { consents, driver } = fixture;
    await consents.connect(driver).grant(consentOf(fixture));
    await consents.connect(driver).revoke(consentOf(fixture));

    await expectRefusal({}, "ConsentNotNew", consentIdOf(consentOf(fixture)), ConsentStatus.Revoked);
  });

  it("keeps a consent for a key of either curve, and two of one driver apart", async () => {
    const { consents, driver } = fixture;

    for (const consent of [
      consentOf(fixture),
      consentOf(fixture, { vehicleKey: certificateKey.publicKey }),
      consentOf(fixture, { lane: 1n }),
    ]) {
      const consentId = consentIdOf(consent);
      expect(await consents.statusOf(consentId)).to.equal(ConsentStatus.None);
      expect(await consents.remainingOf(consent)).to.equal(0n);
      expect(await consents.connect(driver).grant.staticCall(consent)).to.equal(consentId);

      const receipt = await (await consents.connect(driver).grant(consent)).wait();

      expect(eventsOf(receipt, consents)).to.deep.equal([
        ["ConsentGranted", consentId, driver.address, keccak256(consent.vehicleKey), plainConsent(consent)],
      ]);
      expect(await consents.consentIdOf(consent)).to.equal(consentId);
      expect(await consents.statusOf(consentId)).to.equal(ConsentStatus.Granted);
      expect(await consents.remainingOf(consent)).to.equal(PERIOD_CAP);
    }
  });
});
