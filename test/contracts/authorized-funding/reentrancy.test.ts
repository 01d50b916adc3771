import { expect } from "chai";

import type { HostileToken } from "../../../types/index.ts";
import { worthlessPermit } from "../../helpers/funding-fixture.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import { DEPOSIT, HOLD } from "../../helpers/settlement-fixture.ts";
import { hostileWaysIn, signTerms, termsOf, type WaysInFixture } from "../../helpers/ways-in-fixture.ts";

/** A token that takes every permit and every authorisation, and calls back while it does. */
async function authorizingToken(): Promise<WaysInFixture<HostileToken>> {
  const fixture = await hostileWaysIn(6);
  await fixture.erc20.setAuthorizing(true);
  return fixture;
}

describe("AuthorizedFunding and a token that calls back", () => {
  let fixture: WaysInFixture<HostileToken>;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(authorizingToken);
  });

  const authorization = () => ({ value: DEPOSIT, validAfter: 0n, validBefore: 2n ** 40n });
  const word = `0x${"11".repeat(32)}`;

  const entries = {
    depositWithPermit: () =>
      fixture.funding
        .connect(fixture.driver)
        .depositWithPermit(fixture.driver.address, 0, DEPOSIT, worthlessPermit(fixture)),
    depositWithPermitAndOpen: async () => {
      const terms = termsOf(fixture);
      const signature = await signTerms(fixture, fixture.driver, terms);
      return await fixture.funding
        .connect(fixture.relayer)
        .depositWithPermitAndOpen(terms, worthlessPermit(fixture), signature);
    },
    openWithTransferAuthorization: () =>
      fixture.funding
        .connect(fixture.relayer)
        .openWithTransferAuthorization(termsOf(fixture), authorization(), 27, word, word),
  };

  /** The same functions, as the token calls them. */
  async function innerCalls(): Promise<string[]> {
    const { funding, driver } = fixture;
    const terms = termsOf(fixture);
    const signature = await signTerms(fixture, driver, terms);
    return [
      funding.interface.encodeFunctionData("depositWithPermit", [driver.address, 0, DEPOSIT, worthlessPermit(fixture)]),
      funding.interface.encodeFunctionData("depositWithPermitAndOpen", [terms, worthlessPermit(fixture), signature]),
      funding.interface.encodeFunctionData("openWithTransferAuthorization", [terms, authorization(), 27, word, word]),
      funding.interface.encodeFunctionData("openWithWalletTransferAuthorization", [terms, authorization(), "0x"]),
    ];
  }

  for (const [entry, enter] of Object.entries(entries)) {
    it(`invariant 17: is refused every function during ${entry}, also while the token takes the permit`, async () => {
      const { erc20, funding } = fixture;
      for (const data of await innerCalls()) {
        fixture = await networkHelpers.loadFixture(authorizingToken);
        await erc20.setHook(await funding.getAddress(), data);

        await enter();

        expect((await erc20.hookRuns()) >= 4n).to.equal(true);
        expect([await erc20.hookSuccesses(), await erc20.hookAnswer()]).to.deep.equal([
          0n,
          funding.interface.encodeErrorResult("ReentrancyGuardReentrantCall"),
        ]);
      }
    });
  }

  it("counts one inflow once when the token deposits for somebody else in the middle of it", async () => {
    const { erc20, settlement, otherDriver, driver } = fixture;
    await erc20.connect(otherDriver).approve(await settlement.getAddress(), DEPOSIT);
    const data = settlement.interface.encodeFunctionData("deposit", [otherDriver.address, 0, 1]);
    await erc20.setHook(await settlement.getAddress(), data);

    await entries.openWithTransferAuthorization();

    expect((await settlement.accountOf(driver.address, 0)).freeMicro).to.equal(DEPOSIT - HOLD);
    expect(await settlement.owedMicro()).to.equal(DEPOSIT);
    expect(await erc20.balanceOf(await settlement.getAddress())).to.equal(DEPOSIT);
  });

  it("refuses a token that takes an authorisation and moves nothing, or less", async () => {
    const { erc20, funding } = fixture;
    await erc20.setAnswer(1);
    await expect(entries.openWithTransferAuthorization())
      .to.be.revertedWithCustomError(funding, "TransferMismatch")
      .withArgs(0, DEPOSIT);
    await erc20.setAnswer(0);
    await erc20.setFee(100);

    await expect(entries.openWithTransferAuthorization())
      .to.be.revertedWithCustomError(funding, "TransferMismatch")
      .withArgs((DEPOSIT * 99n) / 100n, DEPOSIT);
  });

  it("refuses what a denied driver authorised, and leaves the driver's account as it was", async () => {
    const { erc20, driver, settlement } = fixture;
    await erc20.setDenied(driver.address, true);

    await expect(entries.openWithTransferAuthorization())
      .to.be.revertedWithCustomError(erc20, "Denied")
      .withArgs(driver.address);
    expect(await settlement.accountOf(driver.address, 0)).to.deep.equal([0n, 0n, 0n]);
  });
});
