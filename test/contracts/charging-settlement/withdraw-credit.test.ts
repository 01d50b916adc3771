import { expect } from "chai";
import { ZeroAddress } from "ethers";

import type { HostileToken } from "../../../types/index.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import {
  fundedSettlement,
  HOLD,
  hostileSettlement,
  type SettlementFixture,
  settlementGroup,
  termsOf,
  USUAL_PRICE,
} from "../../helpers/settlement-fixture.ts";

async function creditedSettlement(): Promise<SettlementFixture> {
  const fixture = await fundedSettlement();
  const terms = termsOf(fixture);
  await fixture.settlement.connect(fixture.driver).open(terms);
  await fixture.settlement.connect(fixture.oracle).settleBatch([settlementGroup(terms)]);
  return fixture;
}

async function creditedSettlementOfEighteenDecimals(): Promise<SettlementFixture<HostileToken>> {
  const fixture = await hostileSettlement(18);
  const terms = termsOf(fixture);
  await fixture.settlement.connect(fixture.driver).deposit(fixture.driver.address, 0, HOLD * 10n ** 12n);
  await fixture.settlement.connect(fixture.driver).open(terms);
  await fixture.settlement.connect(fixture.oracle).settleBatch([settlementGroup(terms)]);
  return fixture;
}

describe("ChargingSettlement.withdrawCredit", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(creditedSettlement);
  });

  it("refuses nothing", async () => {
    const { settlement, operator } = fixture;

    await expect(settlement.connect(operator).withdrawCredit(0, operator.address)).to.be.revertedWithCustomError(
      settlement,
      "AmountZero",
    );
  });

  it("refuses an amount that is not a multiple of the unit", async () => {
    const { settlement, operator } = await networkHelpers.loadFixture(creditedSettlementOfEighteenDecimals);

    await expect(settlement.connect(operator).withdrawCredit(10n ** 12n + 1n, operator.address))
      .to.be.revertedWithCustomError(settlement, "AmountNotMultiple")
      .withArgs(10n ** 12n + 1n, 10n ** 12n);
  });

  it("refuses more than the credit", async () => {
    const { settlement, operator } = fixture;

    await expect(settlement.connect(operator).withdrawCredit(USUAL_PRICE + 1n, operator.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(USUAL_PRICE + 1n, USUAL_PRICE);
  });

  it("refuses everybody without credit: thief, other operator, driver and oracle", async () => {
    const { settlement, thief, otherOperator, driver, oracle } = fixture;

    for (const caller of [thief, otherOperator, driver, oracle]) {
      await expect(settlement.connect(caller).withdrawCredit(1, caller.address))
        .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
        .withArgs(1, 0);
    }
  });

  it("refuses what was withdrawn before", async () => {
    const { settlement, operator } = fixture;
    await settlement.connect(operator).withdrawCredit(USUAL_PRICE, operator.address);

    await expect(settlement.connect(operator).withdrawCredit(1, operator.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(1, 0);
  });

  it("refuses the zero address as recipient", async () => {
    const { settlement, operator } = fixture;

    await expect(settlement.connect(operator).withdrawCredit(1, ZeroAddress)).to.be.revertedWithCustomError(
      settlement,
      "AddressZero",
    );
  });

  it("refuses itself as recipient", async () => {
    const { settlement, operator } = fixture;

    await expect(settlement.connect(operator).withdrawCredit(1, settlement)).to.be.revertedWithCustomError(
      settlement,
      "RecipientIsSettlement",
    );
  });

  it("refuses a transfer that answers false, and keeps the credit", async () => {
    const { settlement, erc20, operator } = await networkHelpers.loadFixture(creditedSettlementOfEighteenDecimals);
    await erc20.setAnswer(1);

    await expect(settlement.connect(operator).withdrawCredit(10n ** 12n, operator.address))
      .to.be.revertedWithCustomError(settlement, "SafeERC20FailedOperation")
      .withArgs(await erc20.getAddress());
    expect(await settlement.operatorAccountOf(operator.address)).to.deep.equal([USUAL_PRICE, USUAL_PRICE]);
  });

  it("pays a part of the credit and remembers all that was ever credited", async () => {
    const { settlement, operator } = fixture;

    expect(
      await outcomeOf(fixture, () => settlement.connect(operator).withdrawCredit(1_000, operator.address)),
    ).to.deep.equal({
      events: [["CreditWithdrawn", operator.address, operator.address, 1_000n]],
      changes: {
        "operator tokens": 1_000n,
        "settlement tokens": -1_000n,
        "operator credit": -1_000n,
        owed: -1_000n,
      },
    });
  });

  it("pays the whole credit to whom the operator names", async () => {
    const { settlement, operator, payer } = fixture;

    expect(
      await outcomeOf(fixture, () => settlement.connect(operator).withdrawCredit(USUAL_PRICE, payer.address)),
    ).to.deep.equal({
      events: [["CreditWithdrawn", operator.address, payer.address, USUAL_PRICE]],
      changes: {
        "payer tokens": USUAL_PRICE,
        "settlement tokens": -USUAL_PRICE,
        "operator credit": -USUAL_PRICE,
        owed: -USUAL_PRICE,
      },
    });
  });

  it("pays a token of 18 decimals to the last millionth", async () => {
    const hostile = await networkHelpers.loadFixture(creditedSettlementOfEighteenDecimals);
    const { settlement, operator } = hostile;
    const amount = USUAL_PRICE * 10n ** 12n;

    expect(
      (await outcomeOf(hostile, () => settlement.connect(operator).withdrawCredit(amount, operator.address))).changes,
    ).to.deep.equal({
      "operator tokens": amount,
      "settlement tokens": -amount,
      "operator credit": -USUAL_PRICE,
      owed: -USUAL_PRICE,
    });
  });
});
