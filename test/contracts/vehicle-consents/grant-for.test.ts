import { expect } from "chai";
import { keccak256, TypedDataEncoder } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  CONSENT_TYPES,
  consentIdOf,
  consentOf,
  ConsentStatus,
  plainConsent,
  REVOCATION_TYPES,
  signConsent,
  signRevocation,
} from "../../helpers/consents-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { deployedWaysIn, type WaysInFixture } from "../../helpers/ways-in-fixture.ts";

describe("VehicleConsents.grantFor", () => {
  let fixture: WaysInFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedWaysIn);
  });

  it("refuses a signature of anybody else, of anything else, or of no length", async () => {
    const { consents, consentDomain, driver, vehicle, relayer } = fixture;
    const consent = consentOf(fixture);

    for (const wrong of [
      await signConsent(fixture, vehicle, consent),
      await signConsent(fixture, driver, { ...consent, sessionCapMicro: consent.sessionCapMicro + 1n }),
      await signConsent(fixture, driver, { ...consent, operators: consent.operators.toReversed() }),
      await signRevocation(fixture, driver, consent),
      await driver.signTypedData({ ...consentDomain, chainId: 1n }, CONSENT_TYPES, consent),
      await driver.signTypedData({ ...consentDomain, verifyingContract: driver.address }, CONSENT_TYPES, consent),
      "0x",
    ]) {
      await expect(consents.connect(relayer).grantFor(consent, wrong))
        .to.be.revertedWithCustomError(consents, "SignatureInvalid")
        .withArgs(driver.address);
    }
  });

  it("refuses limits that `grant` refuses", async () => {
    const { consents, driver, relayer } = fixture;
    const consent = consentOf(fixture, { periodSeconds: 0n });

    await expect(
      consents.connect(relayer).grantFor(consent, await signConsent(fixture, driver, consent)),
    ).to.be.revertedWithCustomError(consents, "PeriodZero");
  });

  it("refuses to grant twice by one signature, also after the driver has revoked", async () => {
    const { consents, driver, relayer } = fixture;
    const consent = consentOf(fixture);
    const signature = await signConsent(fixture, driver, consent);
    await consents.connect(relayer).grantFor(consent, signature);

    await expect(consents.connect(relayer).grantFor(consent, signature))
      .to.be.revertedWithCustomError(consents, "ConsentNotNew")
      .withArgs(consentIdOf(consent), ConsentStatus.Granted);
    await consents.connect(driver).revoke(consent);
    await expect(consents.connect(relayer).grantFor(consent, signature))
      .to.be.revertedWithCustomError(consents, "ConsentNotNew")
      .withArgs(consentIdOf(consent), ConsentStatus.Revoked);
  });

  it("takes the driver's signature from anybody", async () => {
    const { consents, consentDomain, driver, relayer } = fixture;
    const consent = consentOf(fixture);
    expect([
      await consents.consentDigestOf(consent),
      await consents.revocationDigestOf(consentIdOf(consent)),
    ]).to.deep.equal([
      TypedDataEncoder.hash(consentDomain, CONSENT_TYPES, consent),
      TypedDataEncoder.hash(consentDomain, REVOCATION_TYPES, { consentId: consentIdOf(consent) }),
    ]);

    const receipt = await (
      await consents.connect(relayer).grantFor(consent, await signConsent(fixture, driver, consent))
    ).wait();

    expect(eventsOf(receipt, consents)).to.deep.equal([
      ["ConsentGranted", consentIdOf(consent), driver.address, keccak256(consent.vehicleKey), plainConsent(consent)],
    ]);
    expect(await consents.statusOf(consentIdOf(consent))).to.equal(ConsentStatus.Granted);
  });

  it("takes the signature that a contract wallet accepts, and no other", async () => {
    const { consents, driver, otherDriver, relayer, wallet } = fixture;
    const consent = consentOf(fixture, { driver: await wallet.getAddress() });

    await expect(consents.connect(relayer).grantFor(consent, await signConsent(fixture, otherDriver, consent)))
      .to.be.revertedWithCustomError(consents, "SignatureInvalid")
      .withArgs(consent.driver);
    await consents.connect(relayer).grantFor(consent, await signConsent(fixture, driver, consent));

    expect(await consents.statusOf(consentIdOf(consent))).to.equal(ConsentStatus.Granted);
  });
});
