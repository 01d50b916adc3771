import { expect } from "chai";
import { ZeroHash } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  consentOf,
  deployedSales,
  driverLeaf,
  makeOffer,
  type OfferContent,
  offerIdOf,
  offerOf,
  OfferStatus,
  openOffer,
  type SalesFixture,
  signOffer,
  withoutConsents,
} from "../../helpers/evidence-sales-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { DAY } from "../../helpers/settlement-fixture.ts";

describe("EvidenceSales.offer", () => {
  let fixture: SalesFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedSales);
  });

  async function expectRefusal(changes: Partial<OfferContent>, error: string, ...details: unknown[]): Promise<void> {
    await expect(makeOffer(fixture, changes))
      .to.be.revertedWithCustomError(fixture.sales, error)
      .withArgs(...details);
  }

  it("refuses everybody but the operator of the offer", async () => {
    const { sales, operator, otherOperator } = fixture;
    await expect(makeOffer(fixture, {}, otherOperator))
      .to.be.revertedWithCustomError(sales, "NotOperator")
      .withArgs(otherOperator.address, operator.address);
  });

  it("refuses a price of nothing", async () => {
    await expectRefusal({ priceMicro: 0n }, "PriceZero");
  });

  it("refuses an offer that has expired, and one for more than seven days", async () => {
    const now = BigInt(await networkHelpers.time.latest()) + 10n;
    for (const expiresAt of [now, now + 7n * DAY + 1n]) {
      await networkHelpers.time.setNextBlockTimestamp(now);
      await expectRefusal({ expiresAt }, "ExpiryOutOfRange", expiresAt, now + 1n, now + 7n * DAY);
    }
  });

  it("refuses an offer that was made, also after it ended", async () => {
    const { sales, operator } = fixture;
    await makeOffer(fixture);
    const offerId = offerIdOf(offerOf(fixture));
    await expectRefusal({}, "OfferKnown", offerId, OfferStatus.Open);
    await sales.connect(operator).withdrawOffer(offerId, offerOf(fixture));
    await expectRefusal({}, "OfferKnown", offerId, OfferStatus.Ended);
  });

  it("refuses an agreement that does not bind, or is another operator's", async () => {
    const { partnerAgreements, operator } = fixture;
    await expectRefusal({ agreement: 2n }, "AgreementNotBinding", operator.address, 2);
    await expectRefusal({ agreement: 0n }, "AgreementNotBinding", operator.address, 0);
    await partnerAgreements.connect(operator).retire(1);
    await expectRefusal({}, "AgreementNotBinding", operator.address, 1);
  });

  it("refuses scopes without drivers, and drivers or a share without scopes", async () => {
    const { driversRoot } = offerOf(fixture);
    await expectRefusal({ driversRoot: ZeroHash }, "ConsentsIncomplete", 3, ZeroHash);
    await expectRefusal({ scopes: 0n, leastDriversBps: 0n }, "ConsentsIncomplete", 0, driversRoot);
    await expectRefusal({ ...withoutConsents, leastDriversBps: 1n }, "ConsentsIncomplete", 0, ZeroHash);
  });

  it("refuses an agreement that gives the drivers less than they consented to", async () => {
    await expectRefusal({ leastDriversBps: 2_001n }, "DriversShareTooLow", 2_000, 2_001);
  });

  it("refuses what no quorum signed, and what it signed for another dossier", async () => {
    const { sales, oracleCommittee, operator, oracles } = fixture;
    const content = offerOf(fixture);
    const one = await signOffer(fixture, content, oracles.slice(0, 1));
    await expect(sales.connect(operator).offer(content, one)).to.be.revertedWithCustomError(
      oracleCommittee,
      "SignatureCountWrong",
    );
    const other = await signOffer(fixture, offerOf(fixture, { root: ZeroHash }));
    await expect(sales.connect(operator).offer(content, other)).to.be.revertedWithCustomError(
      oracleCommittee,
      "SignerNotMember",
    );
  });

  it("opens an offer at the share to which the drivers consented, and one that needs no consent", async () => {
    const { sales, operator } = fixture;
    const content = offerOf(fixture, { leastDriversBps: 2_000n });
    const receipt = await (await makeOffer(fixture, { leastDriversBps: 2_000n })).wait();

    const offerId = offerIdOf(content);
    expect(eventsOf(receipt, sales)).to.deep.equal([
      ["DossierOffered", offerId, operator.address, content.root, Object.values(content)],
    ]);
    expect(await sales.offerIdOf(content)).to.equal(offerId);
    expect(await sales.statusOf(offerId)).to.equal(OfferStatus.Open);
    await makeOffer(fixture, withoutConsents);
  });
});

describe("EvidenceSales.withdrawOffer and voidOffer", () => {
  let fixture: SalesFixture;
  let offerId: string;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(openOffer);
    offerId = offerIdOf(offerOf(fixture));
  });

  async function voidBy(driver: string, proof: string[], content = offerOf(fixture)) {
    return await fixture.sales.connect(fixture.relayer).voidOffer(offerId, content, driver, proof);
  }

  it("refuse an offer that is not open, and a content that is not the offer's", async () => {
    const { sales, operator, driver, otherDriver } = fixture;
    const other = offerOf(fixture, { priceMicro: 1n });
    await expect(sales.connect(operator).withdrawOffer(offerIdOf(other), other))
      .to.be.revertedWithCustomError(sales, "OfferNotOpen")
      .withArgs(offerIdOf(other), OfferStatus.None);
    await expect(sales.connect(operator).withdrawOffer(offerId, other))
      .to.be.revertedWithCustomError(sales, "OfferNotOpen")
      .withArgs(offerId, OfferStatus.None);
    await expect(voidBy(driver.address, [driverLeaf(otherDriver.address)], other))
      .to.be.revertedWithCustomError(sales, "OfferNotOpen")
      .withArgs(offerId, OfferStatus.None);
  });

  it("refuse to withdraw for anybody but the operator", async () => {
    const { sales, operator, thief } = fixture;
    await expect(sales.connect(thief).withdrawOffer(offerId, offerOf(fixture)))
      .to.be.revertedWithCustomError(sales, "NotOperator")
      .withArgs(thief.address, operator.address);
  });

  it("refuse to void for a driver who is not in the offer, or who still consents", async () => {
    const { sales, driver, otherDriver, thief } = fixture;
    await expect(voidBy(thief.address, [driverLeaf(otherDriver.address)]))
      .to.be.revertedWithCustomError(sales, "DriverNotInOffer")
      .withArgs(thief.address);
    await expect(voidBy(driver.address, [driverLeaf(otherDriver.address)]))
      .to.be.revertedWithCustomError(sales, "ConsentStands")
      .withArgs(driver.address);
  });

  it("end an offer as soon as a driver in it revokes, or asks for more", async () => {
    const { sales, consents, operator, buyer, driver, otherDriver } = fixture;
    await consents.connect(otherDriver).grant(consentOf(fixture, otherDriver, { nonce: 1n, shareBps: 1_501n }));
    const receipt = await (await voidBy(otherDriver.address, [driverLeaf(driver.address)])).wait();

    expect(eventsOf(receipt, sales)).to.deep.equal([["OfferEnded", offerId, otherDriver.address]]);
    await expect(sales.connect(buyer).buy(offerOf(fixture)))
      .to.be.revertedWithCustomError(sales, "OfferNotOpen")
      .withArgs(offerId, OfferStatus.Ended);

    await makeOffer(fixture, { priceMicro: 5n });
    offerId = offerIdOf(offerOf(fixture, { priceMicro: 5n }));
    await consents.connect(driver).revoke(operator.address);
    await voidBy(driver.address, [driverLeaf(otherDriver.address)], offerOf(fixture, { priceMicro: 5n }));
    expect(await sales.statusOf(offerId)).to.equal(OfferStatus.Ended);
  });

  it("end an offer by its operator", async () => {
    const { sales, operator } = fixture;
    const receipt = await (await sales.connect(operator).withdrawOffer(offerId, offerOf(fixture))).wait();
    expect(eventsOf(receipt, sales)).to.deep.equal([
      ["OfferEnded", offerId, "0x0000000000000000000000000000000000000000"],
    ]);
  });
});
