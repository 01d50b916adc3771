import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import {
  DEPOSIT,
  fundedSettlement,
  HOLD,
  hostileSettlement,
  hostileSettlementOfSixDecimals,
  type SettlementFixture,
  termsOf,
} from "../../helpers/settlement-fixture.ts";

async function hostileSettlementOfEighteenDecimals() {
  return await hostileSettlement(18);
}

describe("ChargingSettlement.withdraw", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(fundedSettlement);
  });

  it("refuses a withdrawal of zero", async () => {
    const { settlement, driver } = fixture;

    await expect(settlement.connect(driver).withdraw(0, 0, driver.address)).to.be.revertedWithCustomError(
      settlement,
      "AmountZero",
    );
  });

  it("refuses an amount that is not a multiple of the unit", async () => {
    const { settlement, driver } = await networkHelpers.loadFixture(hostileSettlementOfEighteenDecimals);
    await settlement.connect(driver).deposit(driver.address, 0, 10n ** 18n);

    await expect(settlement.connect(driver).withdraw(0, 10n ** 12n - 1n, driver.address))
      .to.be.revertedWithCustomError(settlement, "AmountNotMultiple")
      .withArgs(10n ** 12n - 1n, 10n ** 12n);
  });

  it("refuses more than the free balance", async () => {
    const { settlement, driver } = fixture;

    await expect(settlement.connect(driver).withdraw(0, DEPOSIT + 1n, driver.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(DEPOSIT + 1n, DEPOSIT);
  });

  it("refuses the hold of a live session", async () => {
    const { settlement, driver } = fixture;
    await settlement.connect(driver).open(termsOf(fixture));

    await expect(settlement.connect(driver).withdraw(0, DEPOSIT - HOLD + 1n, driver.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(DEPOSIT - HOLD + 1n, DEPOSIT - HOLD);
  });

  it("refuses somebody else's balance, and the balance of another lane", async () => {
    const { settlement, driver, thief } = fixture;

    await expect(settlement.connect(thief).withdraw(0, 1, thief.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(1, 0);
    await expect(settlement.connect(driver).withdraw(2, 1, driver.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(1, 0);
  });

  it("refuses the zero address as recipient", async () => {
    const { settlement, driver } = fixture;

    await expect(settlement.connect(driver).withdraw(0, 1, ZeroAddress)).to.be.revertedWithCustomError(
      settlement,
      "AddressZero",
    );
  });

  it("refuses itself as recipient", async () => {
    const { settlement, driver } = fixture;

    await expect(settlement.connect(driver).withdraw(0, 1, settlement)).to.be.revertedWithCustomError(
      settlement,
      "RecipientIsHolder",
    );
  });

  it("refuses a transfer that answers false, and keeps the balance", async () => {
    const { settlement, erc20, driver } = await networkHelpers.loadFixture(hostileSettlementOfSixDecimals);
    await settlement.connect(driver).deposit(driver.address, 0, 1_000);
    await erc20.setAnswer(1);

    await expect(settlement.connect(driver).withdraw(0, 400, driver.address))
      .to.be.revertedWithCustomError(settlement, "SafeERC20FailedOperation")
      .withArgs(await erc20.getAddress());
    expect(await settlement.accountOf(driver.address, 0)).to.deep.equal([1_000n, 0n, 0n]);
  });

  it("pays out of the free balance", async () => {
    const { settlement, driver } = fixture;

    expect(await outcomeOf(fixture, () => settlement.connect(driver).withdraw(0, 400, driver.address))).to.deep.equal({
      events: [["Withdrawn", driver.address, 0n, driver.address, 400n]],
      changes: { "driver tokens": 400n, "settlement tokens": -400n, "driver/0 free": -400n, owed: -400n },
    });
  });

  it("pays to whom the driver names, from the lane the driver names, to the last unit", async () => {
    const { settlement, driver, payer } = fixture;

    expect(
      await outcomeOf(fixture, () => settlement.connect(driver).withdraw(1, DEPOSIT, payer.address)),
    ).to.deep.equal({
      events: [["Withdrawn", driver.address, 1n, payer.address, DEPOSIT]],
      changes: {
        "payer tokens": DEPOSIT,
        "settlement tokens": -DEPOSIT,
        "driver/1 free": -DEPOSIT,
        owed: -DEPOSIT,
      },
    });
  });

  it("pays everything but the hold while a session is live", async () => {
    const { settlement, driver } = fixture;
    await settlement.connect(driver).open(termsOf(fixture));
    const amount = DEPOSIT - HOLD;

    expect(
      await outcomeOf(fixture, () => settlement.connect(driver).withdraw(0, amount, driver.address)),
    ).to.deep.equal({
      events: [["Withdrawn", driver.address, 0n, driver.address, amount]],
      changes: { "driver tokens": amount, "settlement tokens": -amount, "driver/0 free": -amount, owed: -amount },
    });
  });

  it("pays a token of 18 decimals in whole millionths", async () => {
    const hostile = await networkHelpers.loadFixture(hostileSettlementOfEighteenDecimals);
    const { settlement, driver } = hostile;
    await settlement.connect(driver).deposit(driver.address, 0, 10n ** 18n);
    const amount = 777n * 10n ** 12n;

    expect(
      await outcomeOf(hostile, () => settlement.connect(driver).withdraw(0, amount, driver.address)),
    ).to.deep.equal({
      events: [["Withdrawn", driver.address, 0n, driver.address, 777n]],
      changes: { "driver tokens": amount, "settlement tokens": -amount, "driver/0 free": -777n, owed: -777n },
    });
  });

  it("pays a token whose transfer returns nothing", async () => {
    const hostile = await networkHelpers.loadFixture(hostileSettlementOfSixDecimals);
    const { settlement, erc20, driver } = hostile;
    await settlement.connect(driver).deposit(driver.address, 0, 1_000);
    await erc20.setAnswer(2);

    expect(await outcomeOf(hostile, () => settlement.connect(driver).withdraw(0, 400, driver.address))).to.deep.equal({
      events: [["Withdrawn", driver.address, 0n, driver.address, 400n]],
      changes: { "driver tokens": 400n, "settlement tokens": -400n, "driver/0 free": -400n, owed: -400n },
    });
  });

  it("takes no more out of the contract than it owed when the token starts to charge a fee", async () => {
    const hostile = await networkHelpers.loadFixture(hostileSettlementOfSixDecimals);
    const { settlement, erc20, driver } = hostile;
    await settlement.connect(driver).deposit(driver.address, 0, 1_000);
    await erc20.setFee(100);

    expect(await outcomeOf(hostile, () => settlement.connect(driver).withdraw(0, 400, driver.address))).to.deep.equal({
      events: [["Withdrawn", driver.address, 0n, driver.address, 400n]],
      changes: { "driver tokens": 396n, "settlement tokens": -400n, "driver/0 free": -400n, owed: -400n },
    });
  });
});
