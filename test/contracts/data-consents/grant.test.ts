import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  type Consent,
  CONSENT_TYPES,
  consentOf,
  deployedSales,
  REVOCATION_TYPES,
  type SalesFixture,
} from "../../helpers/evidence-sales-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";

describe("DataConsents", () => {
  let fixture: SalesFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedSales);
  });

  /** The driver's next consent. */
  const next = (changes: Partial<Consent> = {}) => consentOf(fixture, fixture.driver, { nonce: 1n, ...changes });

  describe("grant", () => {
    async function expectRefusal(changes: Partial<Consent>, error: string, ...details: unknown[]): Promise<void> {
      const { consents, driver } = fixture;
      await expect(consents.connect(driver).grant(next(changes)))
        .to.be.revertedWithCustomError(consents, error)
        .withArgs(...details);
    }

    it("refuses everybody but the driver", async () => {
      const { consents, operator, driver } = fixture;
      await expect(consents.connect(operator).grant(next()))
        .to.be.revertedWithCustomError(consents, "NotDriver")
        .withArgs(operator.address, driver.address);
    });

    it("refuses the zero address and the driver as the grantee", async () => {
      for (const grantee of [ZeroAddress, fixture.driver.address]) {
        await expectRefusal({ grantee }, "GranteeInvalid", grantee);
      }
    });

    it("refuses a consent to nothing, and a share of more than the whole", async () => {
      await expectRefusal({ scopes: 0n }, "ScopesZero");
      await expectRefusal({ shareBps: 10_001n }, "ShareAboveWhole", 10_001, 10_000);
    });

    it("refuses a consent that is over", async () => {
      const now = BigInt(await networkHelpers.time.latest()) + 10n;
      await networkHelpers.time.setNextBlockTimestamp(now);
      await expectRefusal({ until: now }, "ConsentExpired", now, now);
    });

    it("refuses a nonce that was used, or that does not come next", async () => {
      await expectRefusal({ nonce: 0n }, "NonceMismatch", 0, 1);
      await expectRefusal({ nonce: 2n }, "NonceMismatch", 2, 1);
    });

    it("takes the place of the earlier consent", async () => {
      const { consents, driver, operator } = fixture;
      const consent = next({ scopes: 1n, shareBps: 2_500n, lane: 7n });
      const receipt = await (await consents.connect(driver).grant(consent)).wait();

      expect(eventsOf(receipt, consents)).to.deep.equal([
        ["DataConsentGranted", driver.address, operator.address, Object.values(consent)],
      ]);
      expect([...(await consents.consentOf(driver.address, operator.address))]).to.deep.equal(
        Object.values({ ...consent, nonce: 2n }),
      );
    });
  });

  describe("isGranted", () => {
    it("asks for every scope, for the share, and for the time", async () => {
      const { consents, driver, operator, otherOperator, startedAt } = fixture;
      const ask = (scopes: bigint, shareBps: bigint, grantee = operator.address) =>
        consents.isGranted(driver.address, grantee, scopes, shareBps);
      expect([await ask(1n, 1_500n), await ask(3n, 9_000n)]).to.deep.equal([true, true]);
      expect([await ask(4n, 1_500n), await ask(5n, 1_500n), await ask(3n, 1_499n)]).to.deep.equal([
        false,
        false,
        false,
      ]);
      expect(await ask(1n, 1_500n, otherOperator.address)).to.equal(false);

      await networkHelpers.time.increaseTo(startedAt + 365n * 86_400n);
      expect(await ask(1n, 1_500n)).to.equal(false);
    });
  });

  describe("grantFor", () => {
    it("refuses what the driver did not sign", async () => {
      const { consents, relayer, thief, driver, consentsDomain } = fixture;
      const signature = await thief.signTypedData(consentsDomain, CONSENT_TYPES, next());
      await expect(consents.connect(relayer).grantFor(next(), signature))
        .to.be.revertedWithCustomError(consents, "SignatureInvalid")
        .withArgs(driver.address);
      const own = await driver.signTypedData(consentsDomain, CONSENT_TYPES, next());
      await expect(consents.connect(relayer).grantFor(next({ shareBps: 0n }), own)).to.be.revertedWithCustomError(
        consents,
        "SignatureInvalid",
      );
    });

    it("takes a signature once", async () => {
      const { consents, relayer, driver, operator, consentsDomain } = fixture;
      const signature = await driver.signTypedData(consentsDomain, CONSENT_TYPES, next({ scopes: 15n }));
      await consents.connect(relayer).grantFor(next({ scopes: 15n }), signature);
      expect((await consents.consentOf(driver.address, operator.address)).scopes).to.equal(15n);
      await consents.connect(driver).revoke(operator.address);

      await expect(consents.connect(relayer).grantFor(next({ scopes: 15n }), signature))
        .to.be.revertedWithCustomError(consents, "NonceMismatch")
        .withArgs(1, 3);
    });
  });

  describe("revoke and revokeFor", () => {
    it("ends a consent at once, and one that was signed and not granted yet", async () => {
      const { consents, relayer, driver, operator, consentsDomain } = fixture;
      const signature = await driver.signTypedData(consentsDomain, CONSENT_TYPES, next());

      const receipt = await (await consents.connect(driver).revoke(operator.address)).wait();

      expect(eventsOf(receipt, consents)).to.deep.equal([["DataConsentRevoked", driver.address, operator.address, 1n]]);
      expect(await consents.isGranted(driver.address, operator.address, 1n, 10_000n)).to.equal(false);
      await expect(consents.connect(relayer).grantFor(next(), signature)).to.be.revertedWithCustomError(
        consents,
        "NonceMismatch",
      );
    });

    it("refuses a revocation that the driver did not sign, and takes the driver's once", async () => {
      const { consents, relayer, thief, driver, operator, consentsDomain } = fixture;
      const content = { driver: driver.address, grantee: operator.address, nonce: 1n };
      const forged = await thief.signTypedData(consentsDomain, REVOCATION_TYPES, content);
      await expect(
        consents.connect(relayer).revokeFor(driver.address, operator.address, forged),
      ).to.be.revertedWithCustomError(consents, "SignatureInvalid");

      const signature = await driver.signTypedData(consentsDomain, REVOCATION_TYPES, content);
      await consents.connect(relayer).revokeFor(driver.address, operator.address, signature);

      expect(await consents.isGranted(driver.address, operator.address, 1n, 10_000n)).to.equal(false);
      await expect(
        consents.connect(relayer).revokeFor(driver.address, operator.address, signature),
      ).to.be.revertedWithCustomError(consents, "SignatureInvalid");
    });
  });
});
