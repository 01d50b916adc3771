import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { signTransfer, transferOf } from "../../helpers/funding-fixture.ts";
import { DEPOSIT, HOLD, isLive } from "../../helpers/settlement-fixture.ts";
import { deployedWaysIn, outcomeOf, termsOf, type WaysInFixture } from "../../helpers/ways-in-fixture.ts";

describe("AuthorizedFunding.openWithWalletTransferAuthorization", () => {
  let fixture: WaysInFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedWaysIn);
  });

  it("refuses a signature that the wallet does not accept", async () => {
    const { erc20, funding, otherDriver, relayer, wallet } = fixture;
    const terms = termsOf(fixture, { driver: await wallet.getAddress() });
    const transfer = transferOf(fixture, HOLD);

    for (const wrong of [await signTransfer(fixture, otherDriver, terms, transfer), "0x"]) {
      await expect(funding.connect(relayer).openWithWalletTransferAuthorization(terms, transfer, wrong))
        .to.be.revertedWithCustomError(erc20, "AuthorizationInvalid")
        .withArgs(terms.driver);
    }
  });

  it("refuses a signature of other terms", async () => {
    const { erc20, funding, driver, relayer, wallet } = fixture;
    const terms = termsOf(fixture, { driver: await wallet.getAddress() });
    const transfer = transferOf(fixture, HOLD);
    const signature = await signTransfer(fixture, driver, terms, transfer);

    await expect(
      funding
        .connect(relayer)
        .openWithWalletTransferAuthorization({ ...terms, operator: relayer.address }, transfer, signature),
    )
      .to.be.revertedWithCustomError(erc20, "AuthorizationInvalid")
      .withArgs(terms.driver);
  });

  it("funds and opens by the one signature that the wallet accepts; anybody sends it", async () => {
    const { funding, driver, relayer, wallet } = fixture;
    const terms = termsOf(fixture, { driver: await wallet.getAddress() });
    const transfer = transferOf(fixture, DEPOSIT);
    const signature = await signTransfer(fixture, driver, terms, transfer);

    const outcome = await outcomeOf(fixture, funding, terms.driver, async () =>
      funding.connect(relayer).openWithWalletTransferAuthorization(terms, transfer, signature),
    );

    expect(outcome).to.deep.equal({
      events: [["Funded", terms.driver, terms.driver, 0n, DEPOSIT]],
      changes: {
        "driver tokens": -DEPOSIT,
        "settlement tokens": DEPOSIT,
        owed: DEPOSIT,
        free: DEPOSIT - HOLD,
        nonce: 1n,
        live: 1n,
      },
    });
    expect(await isLive(fixture, terms)).to.equal(true);
  });
});
