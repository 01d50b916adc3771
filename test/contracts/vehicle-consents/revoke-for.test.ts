import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  consentIdOf,
  consentOf,
  ConsentStatus,
  grantedConsent,
  signConsent,
  signRevocation,
} from "../../helpers/consents-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import type { WaysInFixture } from "../../helpers/ways-in-fixture.ts";

describe("VehicleConsents.revokeFor", () => {
  let fixture: WaysInFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(grantedConsent);
  });

  it("refuses a signature of anybody else, of anything else, or of no length", async () => {
    const { consents, driver, vehicle, relayer } = fixture;
    const consent = consentOf(fixture);

    for (const wrong of [
      await signRevocation(fixture, vehicle, consent),
      await signRevocation(fixture, driver, consentOf(fixture, { lane: 1n })),
      await signConsent(fixture, driver, consent),
      "0x",
    ]) {
      await expect(consents.connect(relayer).revokeFor(consent, wrong))
        .to.be.revertedWithCustomError(consents, "SignatureInvalid")
        .withArgs(driver.address);
    }
  });

  it("refuses a consent that was revoked, also by the same signature", async () => {
    const { consents, driver, relayer } = fixture;
    const consent = consentOf(fixture);
    const signature = await signRevocation(fixture, driver, consent);
    await consents.connect(relayer).revokeFor(consent, signature);

    await expect(consents.connect(relayer).revokeFor(consent, signature))
      .to.be.revertedWithCustomError(consents, "ConsentAlreadyRevoked")
      .withArgs(consentIdOf(consent));
  });

  it("takes the driver's signature from anybody", async () => {
    const { consents, driver, relayer } = fixture;
    const consent = consentOf(fixture);

    const receipt = await (
      await consents.connect(relayer).revokeFor(consent, await signRevocation(fixture, driver, consent))
    ).wait();

    expect(eventsOf(receipt, consents)).to.deep.equal([["ConsentRevoked", consentIdOf(consent), driver.address]]);
    expect(await consents.statusOf(consentIdOf(consent))).to.equal(ConsentStatus.Revoked);
  });

  it("takes the signature that a contract wallet accepts", async () => {
    const { consents, driver, relayer, wallet } = fixture;
    const consent = consentOf(fixture, { driver: await wallet.getAddress() });

    await consents.connect(relayer).revokeFor(consent, await signRevocation(fixture, driver, consent));

    expect(await consents.statusOf(consentIdOf(consent))).to.equal(ConsentStatus.Revoked);
  });
});
