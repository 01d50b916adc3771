import { expect } from "chai";

import { networkHelpers } from "../helpers/chain.ts";
import {
  claim,
  claimOf,
  claimableMeters,
  ERE_AGAIN,
  intervalOf,
  madeClaim,
  nextPeriod,
  signClaim,
} from "../helpers/energy-claims-fixture.ts";
import {
  consentOf,
  driverLeaf,
  makeOffer,
  offerIdOf,
  offerOf,
  OfferStatus,
  openOffer,
  SCOPES,
} from "../helpers/evidence-sales-fixture.ts";
import { createdShare, issuedShare, AGREEMENT, SHARE_BPS } from "../helpers/revenue-share-fixture.ts";
import { DAY } from "../helpers/settlement-fixture.ts";

/*
 * The frauds of a market of evidence that the contracts refuse, each with its own reason. Those that a verifier sees in a
 * dossier are in test/services/dossier/oregon.test.ts, and what is checked in each call in the tests of the call.
 */
describe("Frauds with claims on the chain", () => {
  it("are refused: energy that was claimed before, also for another purpose of the group", async () => {
    const fixture = await networkHelpers.loadFixture(madeClaim);
    const periodEnd = await nextPeriod(fixture.periodEnd);
    const before = { periodEnd, intervals: [intervalOf({ from: 499_999_999_999n, to: 900_000_000_000n })] };
    for (const changes of [before, { ...before, purpose: ERE_AGAIN }]) {
      await expect(claim(fixture, changes)).to.be.revertedWithCustomError(fixture.claims, "EnergyClaimedBefore");
    }
  });

  it("are refused: more energy than the EVSE delivers in the time, though a quorum signed it", async () => {
    const fixture = await networkHelpers.loadFixture(claimableMeters);
    const energyMicroWh = 2n ** 63n;
    const intervals = [intervalOf({ from: 0n, to: energyMicroWh, energyMicroWh })];
    await expect(claim(fixture, { intervals })).to.be.revertedWithCustomError(fixture.claims, "EnergyAbovePower");
  });

  it("are refused: a register that runs backwards", async () => {
    const fixture = await networkHelpers.loadFixture(claimableMeters);
    const intervals = [intervalOf({ from: 500_000_000_000n, to: 100_000_000_000n })];
    await expect(claim(fixture, { intervals })).to.be.revertedWithCustomError(fixture.claims, "IntervalEmpty");
  });

  it("are refused: another register of the meter", async () => {
    const fixture = await networkHelpers.loadFixture(madeClaim);
    const periodEnd = await nextPeriod(fixture.periodEnd);
    const intervals = [intervalOf({ register: 7n, from: 500_000_000_000n, to: 600_000_000_000n, energyMicroWh: 1n })];
    const attempt = claim(fixture, { periodEnd, intervals });
    await expect(attempt).to.be.revertedWithCustomError(fixture.claims, "RegisterDiffers");
  });

  it("are refused: the meters of another operator", async () => {
    const fixture = await networkHelpers.loadFixture(claimableMeters);
    const { claims, otherOperator } = fixture;
    const content = claimOf(fixture, { operator: otherOperator.address });
    const attempt = claims.connect(otherOperator).claim(content, await signClaim(fixture, content));
    await expect(attempt).to.be.revertedWithCustomError(claims, "NotEnrolled");
  });

  it("are refused: a root that no quorum signed for this operator, purpose and period", async () => {
    const fixture = await networkHelpers.loadFixture(claimableMeters);
    const { claims, operator, oracleCommittee } = fixture;
    const signatures = await signClaim(fixture, claimOf(fixture));
    const other = claimOf(fixture, { purpose: ERE_AGAIN });
    const attempt = claims.connect(operator).claim(other, signatures);
    await expect(attempt).to.be.revertedWithCustomError(oracleCommittee, "SignerNotMember");
  });

  it("are refused: a claim that is retired is handed on, or retired a second time", async () => {
    const { claims, operator, payer } = await networkHelpers.loadFixture(madeClaim);
    await claims.connect(operator).retire(1, "NEa 1");
    for (const attempt of [
      claims.connect(operator).transferFrom(operator.address, payer.address, 1),
      claims.connect(operator).retire(1, "NEa 2"),
    ]) {
      await expect(attempt).to.be.revertedWithCustomError(claims, "ClaimNotActive");
    }
  });
});

describe("Frauds with drivers' data on the chain", () => {
  it("end the offer: a consent that was revoked, that expired, to less, or for a higher share", async () => {
    for (const kind of ["revoked", "expired", "less", "share"] as const) {
      const fixture = await networkHelpers.loadFixture(openOffer);
      const { sales, consents, driver, otherDriver, operator, buyer } = fixture;
      const [content, offerId] = [offerOf(fixture), offerIdOf(offerOf(fixture))];
      const end = () =>
        sales.connect(buyer).voidOffer(offerId, content, driver.address, [driverLeaf(otherDriver.address)]);
      await expect(end()).to.be.revertedWithCustomError(sales, "ConsentStands");
      const now = BigInt(await networkHelpers.time.latest());
      const changes = {
        revoked: {},
        expired: { until: now + 60n },
        less: { scopes: SCOPES - 2n },
        share: { shareBps: 9_000n },
      }[kind];
      if (kind === "revoked") await consents.connect(driver).revoke(operator.address);
      else await consents.connect(driver).grant(consentOf(fixture, driver, { nonce: 1n, ...changes }));
      if (kind === "expired") await networkHelpers.time.increase(61);
      await end();
      expect(await sales.statusOf(offerId)).to.equal(OfferStatus.Ended);
      await expect(sales.connect(buyer).buy(content)).to.be.revertedWithCustomError(sales, "OfferNotOpen");
    }
  });

  it("are refused: data that needs consent, offered as if it needed none", async () => {
    const fixture = await networkHelpers.loadFixture(openOffer);
    const attempt = makeOffer(fixture, { scopes: 0n, priceMicro: 7n });
    await expect(attempt).to.be.revertedWithCustomError(fixture.sales, "ConsentsIncomplete");
  });
});

describe("Frauds with shares on the chain", () => {
  it("are refused: a share that is pledged twice", async () => {
    const { share, operator, partnerAgreements } = await networkHelpers.loadFixture(issuedShare);
    await partnerAgreements.connect(operator).propose([{ partner: share, shareBps: SHARE_BPS }]);
    const attempt = share.connect(operator).join(AGREEMENT + 1n);
    // All are sold: nothing can be pledged any more.
    await expect(attempt).to.be.revertedWithCustomError(share, "PhaseWrong");
    const open = await networkHelpers.loadFixture(createdShare);
    await open.share.connect(open.operator).join(AGREEMENT);
    await open.partnerAgreements.connect(open.operator).propose([{ partner: open.share, shareBps: SHARE_BPS }]);
    const second = open.share.connect(open.operator).join(AGREEMENT + 1n);
    await expect(second).to.be.revertedWithCustomError(open.share, "AlreadyJoined");
  });

  it("are refused: an agreement that gives the share less than its terms say", async () => {
    const { share, operator, partnerAgreements } = await networkHelpers.loadFixture(createdShare);
    await partnerAgreements.connect(operator).propose([{ partner: share, shareBps: SHARE_BPS - 1n }]);
    const attempt = share.connect(operator).join(AGREEMENT + 1n);
    await expect(attempt).to.be.revertedWithCustomError(share, "ShareDiffers");
  });

  it("are refused: a holder who is not on the list, by sale or by transfer", async () => {
    const created = await networkHelpers.loadFixture(createdShare);
    const bought = created.share.connect(created.driver).buyShares(1);
    await expect(bought).to.be.revertedWithCustomError(created.share, "NotVerified");
    const { share, holder, driver } = await networkHelpers.loadFixture(issuedShare);
    await networkHelpers.time.increase(DAY);
    const handed = share.connect(holder).transfer(driver.address, 1);
    await expect(handed).to.be.revertedWithCustomError(share, "NotVerified");
  });
});
