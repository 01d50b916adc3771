import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { consentIdOf, consentOf, ConsentStatus, grantedConsent, signConsent } from "../../helpers/consents-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { signTerms, termsOf, type WaysInFixture } from "../../helpers/ways-in-fixture.ts";
import { isLive } from "../../helpers/settlement-fixture.ts";

describe("VehicleConsents.revoke", () => {
  let fixture: WaysInFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(grantedConsent);
  });

  it("refuses everybody but the driver, the vehicle too", async () => {
    const { consents, driver, vehicle, otherDriver } = fixture;

    for (const caller of [vehicle, otherDriver]) {
      await expect(consents.connect(caller).revoke(consentOf(fixture)))
        .to.be.revertedWithCustomError(consents, "NotDriver")
        .withArgs(caller.address, driver.address);
    }
  });

  it("refuses a consent that was revoked", async () => {
    const { consents, driver } = fixture;
    await consents.connect(driver).revoke(consentOf(fixture));

    await expect(consents.connect(driver).revoke(consentOf(fixture)))
      .to.be.revertedWithCustomError(consents, "ConsentAlreadyRevoked")
      .withArgs(consentIdOf(consentOf(fixture)));
  });

  it("ends a consent at once", async () => {
    const { consents, driver, vehicle, relayer } = fixture;
    const terms = termsOf(fixture);
    const signature = await signTerms(fixture, vehicle, terms);

    const receipt = await (await consents.connect(driver).revoke(consentOf(fixture))).wait();

    const consentId = consentIdOf(consentOf(fixture));
    expect(eventsOf(receipt, consents)).to.deep.equal([["ConsentRevoked", consentId, driver.address]]);
    expect(await consents.statusOf(consentId)).to.equal(ConsentStatus.Revoked);
    expect(await consents.remainingOf(consentOf(fixture))).to.equal(0n);
    await expect(consents.connect(relayer).openByVehicle(consentOf(fixture), terms, signature))
      .to.be.revertedWithCustomError(consents, "ConsentNotGranted")
      .withArgs(consentId, ConsentStatus.Revoked);
  });

  it("leaves a session open that the vehicle has opened", async () => {
    const { consents, driver, vehicle, relayer } = fixture;
    const terms = termsOf(fixture);
    await consents.connect(relayer).openByVehicle(consentOf(fixture), terms, await signTerms(fixture, vehicle, terms));

    await consents.connect(driver).revoke(consentOf(fixture));

    expect(await isLive(fixture, terms)).to.equal(true);
  });

  it("makes sure that a signed consent can never be granted", async () => {
    const { consents, driver, relayer } = fixture;
    const consent = consentOf(fixture, { lane: 1n });
    const signature = await signConsent(fixture, driver, consent);

    const receipt = await (await consents.connect(driver).revoke(consent)).wait();

    expect(eventsOf(receipt, consents)).to.deep.equal([["ConsentRevoked", consentIdOf(consent), driver.address]]);
    await expect(consents.connect(relayer).grantFor(consent, signature))
      .to.be.revertedWithCustomError(consents, "ConsentNotNew")
      .withArgs(consentIdOf(consent), ConsentStatus.Revoked);
  });
});
