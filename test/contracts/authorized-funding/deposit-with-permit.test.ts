import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import { permitOf, worthlessPermit } from "../../helpers/funding-fixture.ts";
import { DEPOSIT } from "../../helpers/settlement-fixture.ts";
import { deployedWaysIn, hostileWaysIn, outcomeOf, type WaysInFixture } from "../../helpers/ways-in-fixture.ts";

describe("AuthorizedFunding.depositWithPermit", () => {
  let fixture: WaysInFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedWaysIn);
  });

  it("refuses a permit that the token does not take, where there is no allowance", async () => {
    const { funding, driver, otherDriver, startedAt } = fixture;
    const good = await permitOf(fixture, driver, DEPOSIT);

    for (const wrong of [
      worthlessPermit(fixture),
      await permitOf(fixture, otherDriver, DEPOSIT),
      await permitOf(fixture, driver, DEPOSIT, startedAt - 1n),
      { ...good, value: DEPOSIT + 1n },
    ]) {
      await expect(funding.connect(driver).depositWithPermit(driver.address, 0, DEPOSIT, wrong))
        .to.be.revertedWithCustomError(funding, "PermitRefused")
        .withArgs(0, DEPOSIT);
    }
  });

  it("refuses another account's permit, whatever that account has allowed", async () => {
    const { erc20, funding, driver, otherDriver } = fixture;
    await erc20.connect(driver).approve(await funding.getAddress(), DEPOSIT);
    const permit = await permitOf(fixture, driver, DEPOSIT);

    await expect(funding.connect(otherDriver).depositWithPermit(otherDriver.address, 0, DEPOSIT, permit))
      .to.be.revertedWithCustomError(funding, "PermitRefused")
      .withArgs(0, DEPOSIT);
  });

  it("refuses a permit for less than the amount", async () => {
    const { funding, driver } = fixture;

    await expect(
      funding
        .connect(driver)
        .depositWithPermit(driver.address, 0, DEPOSIT, await permitOf(fixture, driver, DEPOSIT - 1n)),
    )
      .to.be.revertedWithCustomError(funding, "AllowanceTooLow")
      .withArgs(DEPOSIT - 1n, DEPOSIT);
  });

  it("refuses a token that keeps a fee, even where tokens lie about to make up for it", async () => {
    const { erc20, funding, driver, otherDriver } = await hostileWaysIn(6);
    await erc20.connect(otherDriver).transfer(await funding.getAddress(), DEPOSIT);
    await erc20.connect(driver).approve(await funding.getAddress(), DEPOSIT);
    await erc20.setFee(100);

    await expect(funding.connect(driver).depositWithPermit(driver.address, 0, DEPOSIT, worthlessPermit(fixture)))
      .to.be.revertedWithCustomError(funding, "TransferMismatch")
      .withArgs((DEPOSIT * 99n) / 100n, DEPOSIT);
  });

  it("refuses to be called again by the token", async () => {
    const { erc20, funding, driver } = await hostileWaysIn(6);
    await erc20.connect(driver).approve(await funding.getAddress(), DEPOSIT);
    const again = funding.interface.encodeFunctionData("depositWithPermit", [
      driver.address,
      0,
      DEPOSIT,
      worthlessPermit(fixture),
    ]);
    await erc20.setHook(await funding.getAddress(), again);

    await funding.connect(driver).depositWithPermit(driver.address, 0, DEPOSIT, worthlessPermit(fixture));

    expect([await erc20.hookRuns(), await erc20.hookSuccesses(), await erc20.hookAnswer()]).to.deep.equal([
      4n,
      0n,
      funding.interface.encodeErrorResult("ReentrancyGuardReentrantCall"),
    ]);
  });

  it("refuses what `deposit` refuses", async () => {
    const { funding, settlement, driver } = fixture;
    const connected = funding.connect(driver);

    await expect(
      connected.depositWithPermit(ZeroAddress, 0, DEPOSIT, await permitOf(fixture, driver, DEPOSIT)),
    ).to.be.revertedWithCustomError(settlement, "AddressZero");
    await expect(
      connected.depositWithPermit(driver.address, 0, 0, await permitOf(fixture, driver, DEPOSIT)),
    ).to.be.revertedWithCustomError(settlement, "AmountZero");
  });

  it("deposits the caller's tokens to any driver's account", async () => {
    const { funding, driver, otherDriver, settlement } = fixture;
    const permit = await permitOf(fixture, otherDriver, DEPOSIT);

    const outcome = await outcomeOf(fixture, funding, driver.address, async () =>
      funding.connect(otherDriver).depositWithPermit(driver.address, 0, DEPOSIT, permit),
    );

    expect(outcome).to.deep.equal({
      events: [["Funded", otherDriver.address, driver.address, 0n, DEPOSIT]],
      changes: { "settlement tokens": DEPOSIT, owed: DEPOSIT, free: DEPOSIT },
    });
    expect(await fixture.erc20.balanceOf(otherDriver.address)).to.equal(9n * DEPOSIT);
    await funding.connect(driver).depositWithPermit(driver.address, 5, 7n, await permitOf(fixture, driver, 7n));
    expect((await settlement.accountOf(driver.address, 5)).freeMicro).to.equal(7n);
  });

  it("takes no harm from a permit that somebody has sent before", async () => {
    const { erc20, funding, driver, relayer } = fixture;
    const permit = await permitOf(fixture, driver, DEPOSIT);
    const { value, deadline, v, r, s } = permit;
    await erc20.connect(relayer).permit(driver.address, await funding.getAddress(), value, deadline, v, r, s);

    const outcome = await outcomeOf(fixture, funding, driver.address, async () =>
      funding.connect(driver).depositWithPermit(driver.address, 0, DEPOSIT, permit),
    );

    expect(outcome).to.deep.equal({
      events: [["Funded", driver.address, driver.address, 0n, DEPOSIT]],
      changes: { "driver tokens": -DEPOSIT, "settlement tokens": DEPOSIT, owed: DEPOSIT, free: DEPOSIT },
    });
    expect(await erc20.allowance(driver.address, await funding.getAddress())).to.equal(0n);
  });

  it("leaves tokens alone that lie about", async () => {
    const { erc20, funding, driver, otherDriver } = fixture;
    await erc20.connect(otherDriver).transfer(await funding.getAddress(), 5n);

    await funding
      .connect(driver)
      .depositWithPermit(driver.address, 0, DEPOSIT, await permitOf(fixture, driver, DEPOSIT));

    expect(await erc20.balanceOf(await funding.getAddress())).to.equal(5n);
  });
});
