import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import { booksOf, outcomeOf } from "../../helpers/outcome.ts";
import {
  deployedSettlement,
  DEPOSIT,
  hostileSettlement,
  hostileSettlementOfSixDecimals,
  type SettlementFixture,
} from "../../helpers/settlement-fixture.ts";

const LEDGER_LIMIT = 2n ** 64n - 1n;

async function hostileSettlementOfEighteenDecimals() {
  return await hostileSettlement(18);
}

describe("ChargingSettlement.deposit", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedSettlement);
  });

  it("refuses the zero address as driver", async () => {
    await expect(fixture.settlement.connect(fixture.driver).deposit(ZeroAddress, 0, 0)).to.be.revertedWithCustomError(
      fixture.settlement,
      "AddressZero",
    );
  });

  it("refuses a deposit of zero", async () => {
    const { settlement, driver } = fixture;

    await expect(settlement.connect(driver).deposit(driver.address, 0, 0)).to.be.revertedWithCustomError(
      settlement,
      "AmountZero",
    );
  });

  it("refuses an amount that is not a multiple of the unit", async () => {
    const { settlement, driver } = await networkHelpers.loadFixture(hostileSettlementOfEighteenDecimals);
    const amount = 5n * 10n ** 12n + 1n;

    await expect(settlement.connect(driver).deposit(driver.address, 0, amount))
      .to.be.revertedWithCustomError(settlement, "AmountNotMultiple")
      .withArgs(amount, 10n ** 12n);
  });

  it("refuses more than the ledger can hold, alone and on top of what it owes", async () => {
    const { settlement, erc20, driver } = fixture;
    await erc20.mint(driver.address, LEDGER_LIMIT * 2n);
    await erc20.connect(driver).approve(await settlement.getAddress(), LEDGER_LIMIT * 2n);

    await expect(settlement.connect(driver).deposit(driver.address, 0, LEDGER_LIMIT + 1n))
      .to.be.revertedWithCustomError(settlement, "LedgerFull")
      .withArgs(LEDGER_LIMIT + 1n, LEDGER_LIMIT);

    await settlement.connect(driver).deposit(driver.address, 0, LEDGER_LIMIT);
    await expect(settlement.connect(driver).deposit(driver.address, 1, 1))
      .to.be.revertedWithCustomError(settlement, "LedgerFull")
      .withArgs(LEDGER_LIMIT + 1n, LEDGER_LIMIT);
  });

  it("refuses an amount so large that its sum with the debt wraps around 256 bits", async () => {
    const { settlement, driver } = fixture;
    await settlement.connect(driver).deposit(driver.address, 0, 1);

    await expect(settlement.connect(driver).deposit(driver.address, 0, 2n ** 256n - 1n)).to.be.revertedWithPanic(0x11);
  });

  it("refuses what the payer does not have or did not allow", async () => {
    const { settlement, erc20, thief, driver } = fixture;

    await expect(settlement.connect(thief).deposit(driver.address, 0, 1))
      .to.be.revertedWithCustomError(erc20, "ERC20InsufficientAllowance")
      .withArgs(await settlement.getAddress(), 0, 1);

    await erc20.connect(thief).approve(await settlement.getAddress(), 5);
    await expect(settlement.connect(thief).deposit(driver.address, 0, 5))
      .to.be.revertedWithCustomError(erc20, "ERC20InsufficientBalance")
      .withArgs(thief.address, 0, 5);
  });

  it("refuses a transfer that answers false", async () => {
    const { settlement, erc20, driver } = await networkHelpers.loadFixture(hostileSettlementOfSixDecimals);
    await erc20.setAnswer(1);

    await expect(settlement.connect(driver).deposit(driver.address, 0, 1_000))
      .to.be.revertedWithCustomError(settlement, "SafeERC20FailedOperation")
      .withArgs(await erc20.getAddress());
  });

  it("invariant 2: refuses a transfer of which less arrives", async () => {
    const { settlement, erc20, driver } = await networkHelpers.loadFixture(hostileSettlementOfSixDecimals);
    await erc20.setFee(100);

    await expect(settlement.connect(driver).deposit(driver.address, 0, 1_000))
      .to.be.revertedWithCustomError(settlement, "TransferMismatch")
      .withArgs(990, 1_000);
  });

  it("invariant 2: refuses a transfer of which more arrives", async () => {
    const { settlement, erc20, driver } = await networkHelpers.loadFixture(hostileSettlementOfSixDecimals);
    const mint = erc20.interface.encodeFunctionData("mint", [await settlement.getAddress(), 7]);
    await erc20.setHook(await erc20.getAddress(), mint);

    await expect(settlement.connect(driver).deposit(driver.address, 0, 1_000))
      .to.be.revertedWithCustomError(settlement, "TransferMismatch")
      .withArgs(1_014, 1_000);
  });

  it("credits the driver's lane with what the payer paid", async () => {
    const { settlement, driver } = fixture;

    expect(
      await outcomeOf(fixture, () => settlement.connect(driver).deposit(driver.address, 0, DEPOSIT)),
    ).to.deep.equal({
      events: [["Deposited", driver.address, 0n, driver.address, DEPOSIT]],
      changes: { "driver tokens": -DEPOSIT, "settlement tokens": DEPOSIT, "driver/0 free": DEPOSIT, owed: DEPOSIT },
    });
  });

  it("lets anybody pay for a driver, on any lane, and adds up", async () => {
    const { settlement, driver, payer } = fixture;
    await settlement.connect(driver).deposit(driver.address, 1, 500);

    expect(await outcomeOf(fixture, () => settlement.connect(payer).deposit(driver.address, 1, 300))).to.deep.equal({
      events: [["Deposited", driver.address, 1n, payer.address, 300n]],
      changes: { "payer tokens": -300n, "settlement tokens": 300n, "driver/1 free": 300n, owed: 300n },
    });
    expect((await booksOf(fixture))["driver/1 free"]).to.equal(800n);
  });

  it("keeps lanes apart up to the last one", async () => {
    const { settlement, driver } = fixture;
    const lastLane = 2n ** 32n - 1n;

    await settlement.connect(driver).deposit(driver.address, lastLane, 9);

    expect(await settlement.accountOf(driver.address, lastLane)).to.deep.equal([9n, 0n, 0n]);
    expect(await settlement.accountOf(driver.address, 0)).to.deep.equal([0n, 0n, 0n]);
  });

  it("takes a token of 18 decimals in whole millionths", async () => {
    const hostile = await networkHelpers.loadFixture(hostileSettlementOfEighteenDecimals);
    const { settlement, driver } = hostile;
    const amount = 123_456n * 10n ** 12n;

    expect(await outcomeOf(hostile, () => settlement.connect(driver).deposit(driver.address, 0, amount))).to.deep.equal(
      {
        events: [["Deposited", driver.address, 0n, driver.address, 123_456n]],
        changes: { "driver tokens": -amount, "settlement tokens": amount, "driver/0 free": 123_456n, owed: 123_456n },
      },
    );
  });

  it("takes a token whose transfer returns nothing", async () => {
    const hostile = await networkHelpers.loadFixture(hostileSettlementOfSixDecimals);
    const { settlement, erc20, driver } = hostile;
    await erc20.setAnswer(2);

    expect(await outcomeOf(hostile, () => settlement.connect(driver).deposit(driver.address, 0, 1_000))).to.deep.equal({
      events: [["Deposited", driver.address, 0n, driver.address, 1_000n]],
      changes: { "driver tokens": -1_000n, "settlement tokens": 1_000n, "driver/0 free": 1_000n, owed: 1_000n },
    });
  });

  it("fills the ledger to its limit and lets all of it out again", async () => {
    const { settlement, erc20, driver } = fixture;
    await erc20.mint(driver.address, LEDGER_LIMIT);
    await erc20.connect(driver).approve(await settlement.getAddress(), LEDGER_LIMIT);

    await settlement.connect(driver).deposit(driver.address, 0, LEDGER_LIMIT);
    expect(await settlement.owedMicro()).to.equal(LEDGER_LIMIT);

    await settlement.connect(driver).withdraw(0, LEDGER_LIMIT, driver.address);
    expect(await settlement.owedMicro()).to.equal(0n);
  });
});
