import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import {
  EARNED,
  earn,
  issuedShare,
  SHARE_BPS,
  SHARE_COUNT,
  SHARE_PRICE,
  type ShareFixture,
  SharePhase,
  createdShare,
} from "../../helpers/revenue-share-fixture.ts";
import { USUAL_PRICE } from "../../helpers/settlement-fixture.ts";

/** What each share gets of a usual session. */
const EACH = EARNED / SHARE_COUNT;
/** The part of two sessions, which is taken of their sum. */
const EARNED_TWICE = (2n * USUAL_PRICE * SHARE_BPS) / 10_000n;

describe("The revenue of a share", () => {
  let fixture: ShareFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(issuedShare);
  });

  async function expectRefusal(action: Promise<unknown>, error: string, ...details: unknown[]): Promise<void> {
    await expect(action)
      .to.be.revertedWithCustomError(fixture.share, error)
      .withArgs(...details);
  }

  describe("pull and pay", () => {
    it("refuse where nothing came in", async () => {
      const { share, holder } = fixture;
      await expectRefusal(share.pull(), "NothingOwed", await share.getAddress());
      await expectRefusal(share.pay(holder.address), "NothingOwed", holder.address);
    });

    it("divide what came in among all shares, and keep what does not divide for the next time", async () => {
      const { share, erc20, holder, otherHolder, thief } = fixture;
      await earn(fixture);

      const receipt = await (await share.connect(thief).pull()).wait();

      expect(eventsOf(receipt, share)).to.deep.equal([["RevenuePulled", EARNED, EACH]]);
      expect([await share.owedMicroOf(holder.address), await share.owedMicroOf(otherHolder.address)]).to.deep.equal([
        75n * EACH,
        25n * EACH,
      ]);
      const before = await erc20.balanceOf(holder.address);
      const paid = await (await share.connect(thief).pay(holder.address)).wait();
      expect(eventsOf(paid, share)).to.deep.equal([["RevenuePaid", holder.address, 75n * EACH]]);
      expect((await erc20.balanceOf(holder.address)) - before).to.equal(75n * EACH);
      await expectRefusal(share.pay(holder.address), "NothingOwed", holder.address);

      await earn(fixture);
      await share.pull();
      expect(await share.owedMicroOf(holder.address)).to.equal(75n * (EARNED_TWICE / SHARE_COUNT - EACH));
      expect((await share.backing()).undividedMicro).to.equal(EARNED_TWICE % SHARE_COUNT);
    });

    it("are not moved by tokens that somebody sends", async () => {
      const { share, erc20, holder } = fixture;
      await erc20.mint(share, 1_000_000n);
      expect(await share.owedMicroOf(holder.address)).to.equal(0n);
    });
  });

  describe("addRevenue", () => {
    it("refuses nothing, and shares that are not issued", async () => {
      const { share, holder } = fixture;
      await expectRefusal(share.connect(holder).addRevenue(0), "NothingAdded");
      fixture = await networkHelpers.loadFixture(createdShare);
      await expectRefusal(fixture.share.addRevenue(1), "PhaseWrong", SharePhase.Selling);
      await networkHelpers.time.increaseTo(fixture.saleEndsAt);
      await expectRefusal(fixture.share.addRevenue(1), "PhaseWrong", SharePhase.Failed);
    });

    it("refuses where the token does not move the money", async () => {
      const { share, erc20, thief } = fixture;
      await expect(share.connect(thief).addRevenue(1)).to.be.revertedWithCustomError(
        erc20,
        "ERC20InsufficientAllowance",
      );
    });

    it("divides what somebody pays in, with what did not divide before", async () => {
      const { share, erc20, holder, otherHolder, thief } = fixture;
      await erc20.mint(thief.address, 1_000n);
      await erc20.connect(thief).approve(share, 1_000n);

      const receipt = await (await share.connect(thief).addRevenue(250)).wait();
      expect(eventsOf(receipt, share)).to.deep.equal([["RevenueAdded", thief.address, 250n, 2n]]);
      await share.connect(thief).addRevenue(550);

      expect([await share.owedMicroOf(holder.address), await share.owedMicroOf(otherHolder.address)]).to.deep.equal([
        ...[75n * 8n, 25n * 8n],
      ]);
      expect([...(await share.backing())].slice(2)).to.deep.equal([800n, 0n]);
      await share.pay(holder.address);
      expect(await erc20.balanceOf(share)).to.equal(SHARE_COUNT * SHARE_PRICE + 200n);
    });
  });

  describe("backing", () => {
    it("tells final and provisional credit, and what was pulled", async () => {
      const { share } = fixture;
      await earn(fixture, false);
      expect([...(await share.backing())]).to.deep.equal([0n, EARNED, 0n, 0n]);
      await earn(fixture);
      expect([...(await share.backing())].slice(0, 2)).to.deep.equal([EARNED_TWICE, 0n]);
      const { finalMicro } = await share.backing();
      await share.pull();
      expect([...(await share.backing())]).to.deep.equal([0n, 0n, finalMicro, finalMicro % SHARE_COUNT]);
    });
  });

  describe("transfer", () => {
    it("refuses before the shares are issued", async () => {
      fixture = await networkHelpers.loadFixture(createdShare);
      const { share, holder, otherHolder } = fixture;
      await share.connect(holder).buyShares(1);
      await expectRefusal(share.connect(holder).transfer(otherHolder.address, 1), "PhaseWrong", SharePhase.Selling);
    });

    it("refuses a receiver who is not on the list", async () => {
      const { share, holder, thief } = fixture;
      await expectRefusal(share.connect(holder).transfer(thief.address, 1), "NotVerified", thief.address);
    });

    it("leaves what shares earned with who held them, and what others can claim as it is", async () => {
      const { share, holder, otherHolder } = fixture;
      await earn(fixture);
      await share.pull();

      await share.connect(holder).transfer(otherHolder.address, 75);

      expect([await share.owedMicroOf(holder.address), await share.owedMicroOf(otherHolder.address)]).to.deep.equal([
        75n * EACH,
        25n * EACH,
      ]);
      await earn(fixture);
      await share.pull();
      expect(await share.owedMicroOf(holder.address)).to.equal(75n * EACH);
    });

    it("to oneself changes nothing", async () => {
      const { share, holder } = fixture;
      await earn(fixture);
      await share.pull();
      await share.connect(holder).transfer(holder.address, 75);
      expect(await share.owedMicroOf(holder.address)).to.equal(75n * EACH);
    });
  });

  describe("setVerified and changeRules", () => {
    it("refuse everybody but the issuer", async () => {
      const { share, operator, thief } = fixture;
      await expectRefusal(
        share.connect(thief).setVerified(thief.address, true),
        "NotIssuer",
        thief.address,
        operator.address,
      );
      await expectRefusal(
        share.connect(thief).changeRules(ZeroAddress, ZeroAddress),
        "NotIssuer",
        thief.address,
        operator.address,
      );
    });

    it("ask registries of ERC-3643 in the place of the list", async () => {
      const { share, operator, holder, otherHolder, thief } = fixture;
      const registry = await ethers.deployContract("ShareRegistry", [thief.address, 5]);
      const receipt = await (await share.connect(operator).changeRules(registry, registry)).wait();
      const address = await registry.getAddress();
      expect(eventsOf(receipt, share)).to.deep.equal([["RulesChanged", address, address]]);

      await expectRefusal(share.connect(holder).transfer(otherHolder.address, 1), "NotVerified", otherHolder.address);
      await expectRefusal(
        share.connect(holder).transfer(thief.address, 6),
        "TransferRefused",
        holder.address,
        thief.address,
        6,
      );
      await share.connect(holder).transfer(thief.address, 5);
      expect(await share.balanceOf(thief.address)).to.equal(5n);
    });

    it("cannot keep what shares earned from a holder who is taken off the list", async () => {
      const { share, operator, holder } = fixture;
      await earn(fixture);
      await share.pull();
      await share.connect(operator).setVerified(holder.address, false);
      await share.pay(holder.address);
      expect(await share.owedMicroOf(holder.address)).to.equal(0n);
    });
  });
});
