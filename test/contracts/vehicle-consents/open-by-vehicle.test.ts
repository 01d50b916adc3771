import { expect } from "chai";
import { concat, keccak256, toBeHex } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  certificateKey,
  consentIdOf,
  consentOf,
  ConsentStatus,
  grantedConsent,
  openAndExpire,
  PERIOD_CAP,
  PERIOD_SECONDS,
  SESSION_CAP,
} from "../../helpers/consents-fixture.ts";
import { P256_ORDER, p256Key } from "../../../scripts/gas/p256-key.ts";
import { sessionIdOf, type Terms } from "../../helpers/session-terms.ts";
import { DAY, HOLD, OpeningRefusal, isLive, openingIn } from "../../helpers/settlement-fixture.ts";
import { outcomeOf, signTerms, termsOf, type WaysInFixture } from "../../helpers/ways-in-fixture.ts";

describe("VehicleConsents.openByVehicle", () => {
  let fixture: WaysInFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(grantedConsent);
  });

  /** The vehicle's signature of the terms, sent by a relayer under a consent. */
  async function open(terms: Terms, consent = consentOf(fixture)) {
    const { consents, relayer, vehicle } = fixture;
    return await consents.connect(relayer).openByVehicle(consent, terms, await signTerms(fixture, vehicle, terms));
  }

  it("refuses a consent that was not granted", async () => {
    const consent = consentOf(fixture, { sessionCapMicro: SESSION_CAP + 1n });

    await expect(open(termsOf(fixture), consent))
      .to.be.revertedWithCustomError(fixture.consents, "ConsentNotGranted")
      .withArgs(consentIdOf(consent), ConsentStatus.None);
  });

  it("refuses a consent that was revoked", async () => {
    const { consents, driver } = fixture;
    await consents.connect(driver).revoke(consentOf(fixture));

    await expect(open(termsOf(fixture)))
      .to.be.revertedWithCustomError(consents, "ConsentNotGranted")
      .withArgs(consentIdOf(consentOf(fixture)), ConsentStatus.Revoked);
  });

  it("refuses a consent that has expired", async () => {
    const { expiresAt } = consentOf(fixture);
    await networkHelpers.time.setNextBlockTimestamp(expiresAt);

    await expect(open(termsOf(fixture, { expiresAt: expiresAt + DAY })))
      .to.be.revertedWithCustomError(fixture.consents, "ConsentExpired")
      .withArgs(expiresAt, expiresAt);
  });

  it("refuses another driver's account and another lane", async () => {
    const { consents, driver, otherDriver } = fixture;

    for (const [terms, account] of [
      [termsOf(fixture, { driver: otherDriver.address }), [otherDriver.address, 0]],
      [termsOf(fixture, { lane: 1n }), [driver.address, 1]],
    ] as const) {
      await expect(open(terms))
        .to.be.revertedWithCustomError(consents, "AccountMismatch")
        .withArgs(...account);
    }
  });

  it("refuses an operator whom the consent does not name", async () => {
    const { consents, relayer } = fixture;

    await expect(open(termsOf(fixture, { operator: relayer.address })))
      .to.be.revertedWithCustomError(consents, "OperatorNotAllowed")
      .withArgs(relayer.address);
  });

  it("refuses a hold above the session's cap", async () => {
    await expect(open(termsOf(fixture, { holdMicro: SESSION_CAP + 1n })))
      .to.be.revertedWithCustomError(fixture.consents, "HoldAboveSessionCap")
      .withArgs(SESSION_CAP + 1n, SESSION_CAP);
  });

  it("refuses a hold above what is left of the period's cap, whatever earlier sessions cost", async () => {
    const { consents } = fixture;
    await openAndExpire(fixture, { nonce: 0n });
    await openAndExpire(fixture, { nonce: 1n });
    const remaining = PERIOD_CAP - 2n * HOLD;
    const expiresAt = fixture.startedAt + 3n * DAY;

    await expect(open(termsOf(fixture, { nonce: 2n, holdMicro: remaining + 1n, expiresAt })))
      .to.be.revertedWithCustomError(consents, "HoldAbovePeriodCap")
      .withArgs(remaining + 1n, remaining);
    expect(await consents.remainingOf(consentOf(fixture))).to.equal(remaining);
    await open(termsOf(fixture, { nonce: 2n, holdMicro: remaining, expiresAt }));
    expect(await consents.remainingOf(consentOf(fixture))).to.equal(0n);
  });

  it("refuses a signature of any other key than the vehicle's, the driver's too", async () => {
    const { consents, domain, driver, otherDriver, relayer, vehicle } = fixture;
    const terms = termsOf(fixture);

    for (const wrong of [
      await signTerms(fixture, driver, terms),
      await signTerms(fixture, otherDriver, terms),
      await signTerms(fixture, vehicle, { ...terms, holdMicro: terms.holdMicro - 1n }),
      certificateKey.sign(sessionIdOf(domain, terms)),
      "0x",
    ]) {
      await expect(consents.connect(relayer).openByVehicle(consentOf(fixture), terms, wrong))
        .to.be.revertedWithCustomError(consents, "VehicleSignatureInvalid")
        .withArgs(sessionIdOf(domain, terms));
    }
  });

  it("refuses a signature by secp256r1 of another key, of another digest, out of range, or of another length", async () => {
    const { consents, domain, driver, relayer } = fixture;
    const consent = consentOf(fixture, { vehicleKey: certificateKey.publicKey });
    await consents.connect(driver).grant(consent);
    const terms = termsOf(fixture);
    const sessionId = sessionIdOf(domain, terms);
    const good = certificateKey.sign(sessionId);
    const r = good.slice(0, 66);

    for (const wrong of [
      p256Key(0xbadn).sign(sessionId),
      certificateKey.sign(keccak256(sessionId)),
      concat([r, toBeHex(0, 32)]),
      concat([r, toBeHex(P256_ORDER, 32)]),
      concat([toBeHex(0, 32), `0x${good.slice(66)}`]),
      concat([good, "0x1b"]),
      good.slice(0, -2),
      "0x",
    ]) {
      await expect(consents.connect(relayer).openByVehicle(consent, terms, wrong))
        .to.be.revertedWithCustomError(consents, "VehicleSignatureInvalid")
        .withArgs(sessionId);
    }
  });

  it("refuses while opening is paused, and counts nothing then", async () => {
    const { consents, settlement, guard, guardian } = fixture;
    await guard.connect(guardian).pauseOpening();

    await expect(open(termsOf(fixture))).to.be.revertedWithCustomError(settlement, "OpeningPaused");
    expect(await consents.remainingOf(consentOf(fixture))).to.equal(PERIOD_CAP);
  });

  it("refuses what the settlement contract refuses: a live session, the same terms again", async () => {
    const { settlement } = fixture;
    const terms = termsOf(fixture);
    await open(terms);

    await expect(open(termsOf(fixture, { nonce: 1n })))
      .to.be.revertedWithCustomError(settlement, "OpeningRefused")
      .withArgs(OpeningRefusal.SessionLive, 0, 0);
    await networkHelpers.time.increaseTo(terms.expiresAt);
    await settlement.expire(terms, await openingIn(fixture, terms), 0);
    await expect(open(terms))
      .to.be.revertedWithCustomError(settlement, "OpeningRefused")
      .withArgs(OpeningRefusal.NonceMismatch, 0, 1);
  });

  it("opens by the vehicle's key, sent by anybody, and binds the hold of the driver's lane", async () => {
    const { consents, domain, driver } = fixture;
    const terms = termsOf(fixture);

    const outcome = await outcomeOf(fixture, consents, driver.address, async () => await open(terms));

    expect(outcome).to.deep.equal({
      events: [["VehicleSessionOpened", consentIdOf(consentOf(fixture)), sessionIdOf(domain, terms), 0n, HOLD]],
      changes: { free: -HOLD, nonce: 1n, live: 1n },
    });
    expect(await isLive(fixture, terms)).to.equal(true);
    expect(await consents.remainingOf(consentOf(fixture))).to.equal(PERIOD_CAP - HOLD);
  });

  it("opens by a key of secp256r1, by either of the twins of its signature", async () => {
    const { consents, domain, driver, relayer, settlement } = fixture;
    const consent = consentOf(fixture, { vehicleKey: certificateKey.publicKey });
    await consents.connect(driver).grant(consent);

    for (const [nonce, twin] of [
      [0n, "lower"],
      [1n, "higher"],
    ] as const) {
      const terms = termsOf(fixture, { nonce, holdMicro: 1n, expiresAt: fixture.startedAt + (nonce + 1n) * DAY });
      const sessionId = sessionIdOf(domain, terms);

      const outcome = await outcomeOf(fixture, consents, driver.address, async () =>
        consents.connect(relayer).openByVehicle(consent, terms, certificateKey.sign(sessionId, twin)),
      );

      expect(outcome).to.deep.equal({
        events: [["VehicleSessionOpened", consentIdOf(consent), sessionId, 0n, nonce + 1n]],
        changes: { free: -1n, nonce: 1n, live: 1n },
      });
      await networkHelpers.time.increaseTo(terms.expiresAt);
      await settlement.expire(terms, await openingIn(fixture, terms), 0);
    }
  });

  it("opens by a fleet whose key is a contract that answers by ERC-1271", async () => {
    const { consents, driver, otherDriver, relayer, wallet } = fixture;
    const consent = consentOf(fixture, { vehicleKey: (await wallet.getAddress()).toLowerCase() });
    await consents.connect(driver).grant(consent);
    const terms = termsOf(fixture);

    await expect(
      consents.connect(relayer).openByVehicle(consent, terms, await signTerms(fixture, otherDriver, terms)),
    ).to.be.revertedWithCustomError(consents, "VehicleSignatureInvalid");
    await consents.connect(relayer).openByVehicle(consent, terms, await signTerms(fixture, driver, terms));

    expect(await isLive(fixture, terms)).to.equal(true);
  });

  it("counts the next period from nothing", async () => {
    const { consents, domain, driver } = fixture;
    await openAndExpire(fixture, { nonce: 0n });
    await openAndExpire(fixture, { nonce: 1n });
    await networkHelpers.time.increase(PERIOD_SECONDS - 2n * DAY);
    expect(await consents.remainingOf(consentOf(fixture))).to.equal(PERIOD_CAP);
    const expiresAt = fixture.startedAt + PERIOD_SECONDS + DAY;
    const terms = termsOf(fixture, { nonce: 2n, holdMicro: SESSION_CAP, expiresAt });

    const outcome = await outcomeOf(fixture, consents, driver.address, async () => await open(terms));

    const consentId = consentIdOf(consentOf(fixture));
    expect(outcome.events).to.deep.equal([
      ["VehicleSessionOpened", consentId, sessionIdOf(domain, terms), 1n, SESSION_CAP],
    ]);
    expect(await consents.remainingOf(consentOf(fixture))).to.equal(PERIOD_CAP - SESSION_CAP);
  });
});
