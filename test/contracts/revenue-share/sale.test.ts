import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import {
  AGREEMENT,
  createdShare,
  EARNED,
  earn,
  issuedShare,
  SHARE_BPS,
  SHARE_COUNT,
  SHARE_PRICE,
  type ShareFixture,
  SharePhase,
  shareTerms,
} from "../../helpers/revenue-share-fixture.ts";
import { DAY } from "../../helpers/settlement-fixture.ts";

describe("The primary sale of a revenue share", () => {
  let fixture: ShareFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(createdShare);
  });

  async function expectRefusal(action: Promise<unknown>, error: string, ...details: unknown[]): Promise<void> {
    await expect(action)
      .to.be.revertedWithCustomError(fixture.share, error)
      .withArgs(...details);
  }

  describe("create", () => {
    const create = (changes: object) =>
      fixture.shares.connect(fixture.operator).create(shareTerms(fixture.startedAt, changes));

    it("refuses a share of nothing or of more than the whole, and a sale of nothing", async () => {
      await expectRefusal(create({ shareBps: 0n }), "ShareOutOfRange", 0, 1, 10_000);
      await expectRefusal(create({ shareBps: 10_001n }), "ShareOutOfRange", 10_001, 1, 10_000);
      await expectRefusal(create({ shareCount: 0n }), "SaleEmpty", 0, SHARE_PRICE);
      await expectRefusal(create({ priceMicro: 0n }), "SaleEmpty", SHARE_COUNT, 0);
    });

    it("refuses a sale that has ended, and one of more than a year", async () => {
      const now = BigInt(await networkHelpers.time.latest()) + 10n;
      for (const saleEndsAt of [now, now + 365n * DAY + 1n]) {
        await networkHelpers.time.setNextBlockTimestamp(now);
        await expectRefusal(create({ saleEndsAt }), "SaleEndOutOfRange", saleEndsAt, now + 1n, now + 365n * DAY);
      }
    });

    it("knows its own shares", async () => {
      const { shares, share, operator, settlement, saleEndsAt } = fixture;
      expect([await shares.isShare(share), await shares.isShare(operator.address)]).to.deep.equal([true, false]);
      expect([await share.issuer(), await share.settlement()]).to.deep.equal([
        operator.address,
        await settlement.getAddress(),
      ]);
      expect([...(await share.termsOf())]).to.deep.equal([
        "Charging park 1",
        "PARK1",
        SHARE_BPS,
        SHARE_COUNT,
        SHARE_PRICE,
        saleEndsAt,
      ]);
      expect([await share.decimals(), await share.phase()]).to.deep.equal([0n, SharePhase.Selling]);
    });
  });

  describe("join", () => {
    it("refuses everybody but the issuer, a second agreement, and a sale that is over", async () => {
      const { share, operator, thief, saleEndsAt } = fixture;
      await expectRefusal(share.connect(thief).join(1), "NotIssuer", thief.address, operator.address);
      await share.connect(operator).join(1);
      await expectRefusal(share.connect(operator).join(1), "AlreadyJoined", 1);
      await networkHelpers.time.increaseTo(saleEndsAt);
      await expectRefusal(share.connect(operator).join(1), "PhaseWrong", SharePhase.Failed);
    });

    it("refuses an agreement that does not bind yet, is another operator's, or gives another share", async () => {
      const { share, partnerAgreements, operator, otherOperator, thief } = fixture;
      const own = { partner: share, shareBps: SHARE_BPS };
      await partnerAgreements.connect(operator).propose([own, { partner: thief, shareBps: 1n }]);
      await expectRefusal(share.connect(operator).join(2), "AgreementNotBinding", 2);
      await partnerAgreements.connect(otherOperator).propose([own]);
      await expectRefusal(share.connect(operator).join(3), "AgreementNotBinding", 3);
      await partnerAgreements.connect(operator).propose([{ ...own, shareBps: SHARE_BPS - 1n }]);
      await expectRefusal(share.connect(operator).join(4), "ShareDiffers", SHARE_BPS - 1n, SHARE_BPS);
    });
  });

  describe("buyShares", () => {
    it("refuses who is not on the list, as it is from the beginning", async () => {
      const { share, thief } = fixture;
      await expectRefusal(share.connect(thief).buyShares(1), "NotVerified", thief.address);
    });

    it("refuses no share, and more than are left", async () => {
      const { share, holder, otherHolder } = fixture;
      await expectRefusal(share.connect(holder).buyShares(0), "CountOutOfRange", 0, 1, 100);
      await share.connect(otherHolder).buyShares(40);
      await expectRefusal(share.connect(holder).buyShares(61), "CountOutOfRange", 61, 1, 60);
    });

    it("refuses after the end of the sale, and after all are sold", async () => {
      const issued = await networkHelpers.loadFixture(issuedShare);
      await expectRefusal(issued.share.connect(issued.holder).buyShares(1), "PhaseWrong", SharePhase.Issued);
      fixture = await networkHelpers.loadFixture(createdShare);
      await networkHelpers.time.increaseTo(fixture.saleEndsAt);
      await expectRefusal(fixture.share.connect(fixture.holder).buyShares(1), "PhaseWrong", SharePhase.Failed);
    });

    it("sells shares for their price", async () => {
      const { share, erc20, holder } = fixture;
      const receipt = await (await share.connect(holder).buyShares(3)).wait();
      expect(eventsOf(receipt, share)).to.deep.equal([
        ["Transfer", ZeroAddress, holder.address, 3n],
        ["SharesSold", holder.address, 3n, 3n * SHARE_PRICE],
      ]);
      expect(await erc20.balanceOf(share)).to.equal(3n * SHARE_PRICE);
    });

    it("issues the shares when all are sold and the agreement binds, whichever comes last", async () => {
      const { share, operator, holder } = fixture;
      await share.connect(holder).buyShares(SHARE_COUNT);
      expect(await share.phase()).to.equal(SharePhase.Selling);
      await share.connect(operator).join(AGREEMENT);
      expect(await share.phase()).to.equal(SharePhase.Issued);
    });
  });

  describe("refund and withdrawProceeds", () => {
    it("refuse before the sale has failed, and the proceeds before the shares are issued", async () => {
      const { share, operator, holder, thief } = fixture;
      await share.connect(holder).buyShares(3);
      await expectRefusal(share.refund(holder.address), "PhaseWrong", SharePhase.Selling);
      await expectRefusal(
        share.connect(thief).withdrawProceeds(thief.address),
        "NotIssuer",
        thief.address,
        operator.address,
      );
      await expectRefusal(share.connect(operator).withdrawProceeds(ZeroAddress), "AddressZero");
      await expectRefusal(share.connect(operator).withdrawProceeds(operator.address), "NothingOwed", operator.address);
    });

    it("give buyers their money back where the cap was not reached by the date", async () => {
      const { share, erc20, operator, holder, saleEndsAt } = fixture;
      await share.connect(operator).join(AGREEMENT);
      await share.connect(holder).buyShares(99);
      await networkHelpers.time.increaseTo(saleEndsAt);
      const before = await erc20.balanceOf(holder.address);

      const receipt = await (await share.refund(holder.address)).wait();

      expect(eventsOf(receipt, share)).to.deep.equal([
        ["Transfer", holder.address, ZeroAddress, 99n],
        ["SharesRefunded", holder.address, 99n, 99n * SHARE_PRICE],
      ]);
      expect((await erc20.balanceOf(holder.address)) - before).to.equal(99n * SHARE_PRICE);
      await expectRefusal(share.refund(holder.address), "NothingOwed", holder.address);
    });

    it("give buyers their money back where the issuer never joined an agreement", async () => {
      const { share, erc20, holder, saleEndsAt } = fixture;
      await share.connect(holder).buyShares(SHARE_COUNT);
      await networkHelpers.time.increaseTo(saleEndsAt);
      await share.refund(holder.address);
      expect(await erc20.balanceOf(share)).to.equal(0n);
    });

    it("pay the issuer once the shares are issued, and once", async () => {
      fixture = await networkHelpers.loadFixture(issuedShare);
      const { share, erc20, operator, thief, saleEndsAt, holder } = fixture;
      const receipt = await (await share.connect(operator).withdrawProceeds(thief.address)).wait();
      expect(eventsOf(receipt, share)).to.deep.equal([["IssuerPaid", thief.address, SHARE_COUNT * SHARE_PRICE]]);
      expect(await erc20.balanceOf(share)).to.equal(0n);
      await expectRefusal(share.connect(operator).withdrawProceeds(thief.address), "NothingOwed", operator.address);
      await networkHelpers.time.increaseTo(saleEndsAt);
      await expectRefusal(share.refund(holder.address), "PhaseWrong", SharePhase.Issued);
    });

    it("pay the issuer what came in for shares that were not issued", async () => {
      const { share, erc20, operator, saleEndsAt } = fixture;
      await share.connect(operator).join(AGREEMENT);
      await earn(fixture);
      await expectRefusal(share.pull(), "PhaseWrong", SharePhase.Selling);
      await networkHelpers.time.increaseTo(saleEndsAt);
      await share.pull();
      await share.connect(operator).withdrawProceeds(operator.address);
      expect(await erc20.balanceOf(operator.address)).to.equal(EARNED);
    });
  });
});
