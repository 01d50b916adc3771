import { expect } from "chai";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { AGREEMENT, SHARE_BPS, SHARE_COUNT, SHARE_PRICE, shareTerms } from "../../helpers/revenue-share-fixture.ts";
import { DAY, hostileSettlementOfSixDecimals } from "../../helpers/settlement-fixture.ts";

const AMOUNT = 10_000_000n;

/** An issued share in a token that a test can have keep a fee. */
async function issuedInHostileToken() {
  const fixture = await hostileSettlementOfSixDecimals();
  const { erc20, settlement, partnerAgreements, meterRegistry, operator, driver: holder } = fixture;
  const shares = await ethers.deployContract("RevenueShares", [settlement]);
  const terms = shareTerms(fixture.startedAt);
  const address = await shares.connect(operator).create.staticCall(terms);
  await shares.connect(operator).create(terms);
  const share = await ethers.getContractAt("RevenueShare", address);
  await partnerAgreements.connect(operator).propose([{ partner: share, shareBps: SHARE_BPS }]);
  await share.connect(operator).join(AGREEMENT);
  await share.connect(operator).setVerified(holder.address, true);
  await erc20.connect(holder).approve(share, SHARE_COUNT * SHARE_PRICE + AMOUNT);
  await share.connect(holder).buyShares(SHARE_COUNT);
  await meterRegistry.connect(operator).registerEvse("DE*WPF*E1", 22_000);
  const covenants = await ethers.deployContract("EvseCovenant", [shares]);
  await erc20.connect(holder).transfer(operator.address, AMOUNT);
  await erc20.connect(operator).approve(covenants, AMOUNT);
  await erc20.setFee(100);
  return { ...fixture, share, holder, covenants };
}

describe("A token that keeps a fee, with a share that is issued", () => {
  it("binds no bond of a covenant", async () => {
    const { covenants, share, operator, startedAt } = await networkHelpers.loadFixture(issuedInHostileToken);
    const pledged = { share, endsAt: startedAt + DAY, bondMicro: AMOUNT, evses: [1n] };

    await expect(covenants.connect(operator).pledge(pledged))
      .to.be.revertedWithCustomError(covenants, "TransferMismatch")
      .withArgs(9_900_000n, AMOUNT);
  });

  it("brings no revenue into the share", async () => {
    const { share, holder } = await networkHelpers.loadFixture(issuedInHostileToken);

    await expect(share.connect(holder).addRevenue(AMOUNT))
      .to.be.revertedWithCustomError(share, "TransferMismatch")
      .withArgs(9_900_000n, AMOUNT);
  });
});
