import { expect } from "chai";
import { ZeroAddress } from "ethers";

import type { HostileToken } from "../../../types/index.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import { AGREEMENT, passEpochs, sharedCredit, SHARES_BPS } from "../../helpers/partners-fixture.ts";
import {
  EPOCH_SECONDS,
  fundedSettlement,
  HOLD,
  hostileSettlement,
  settleBatch,
  type SettlementFixture,
  settlementGroup,
  settlementOf,
  termsOf,
  USUAL_PRICE,
  HOUR,
} from "../../helpers/settlement-fixture.ts";

/** A settled session without partners, whose credit is final. */
async function creditedSettlement(): Promise<SettlementFixture> {
  const fixture = await fundedSettlement();
  const terms = termsOf(fixture);
  await fixture.settlement.connect(fixture.driver).open(terms);
  await settleBatch(fixture, [settlementGroup(terms)]);
  await passEpochs();
  return fixture;
}

async function creditedSettlementOfEighteenDecimals(): Promise<SettlementFixture<HostileToken>> {
  const fixture = await hostileSettlement(18);
  const terms = termsOf(fixture);
  await fixture.settlement.connect(fixture.driver).deposit(fixture.driver.address, 0, HOLD * 10n ** 12n);
  await fixture.settlement.connect(fixture.driver).open(terms);
  await settleBatch(fixture, [settlementGroup(terms)]);
  await passEpochs();
  return fixture;
}

describe("ChargingSettlement.withdrawCredit", () => {
  let fixture: SettlementFixture;
  /** The operator's address. */
  let earner: string;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(creditedSettlement);
    earner = fixture.operator.address;
  });

  it("refuses a withdrawal of credit of zero", async () => {
    const { settlement, operator } = fixture;

    await expect(
      settlement.connect(operator).withdrawCredit(earner, 0, 0, operator.address),
    ).to.be.revertedWithCustomError(settlement, "AmountZero");
  });

  it("refuses an amount that is not a multiple of the unit", async () => {
    const { settlement, operator } = await networkHelpers.loadFixture(creditedSettlementOfEighteenDecimals);

    await expect(settlement.connect(operator).withdrawCredit(earner, 0, 10n ** 12n + 1n, operator.address))
      .to.be.revertedWithCustomError(settlement, "AmountNotMultiple")
      .withArgs(10n ** 12n + 1n, 10n ** 12n);
  });

  it("refuses more than the credit", async () => {
    const { settlement, operator } = fixture;

    await expect(settlement.connect(operator).withdrawCredit(earner, 0, USUAL_PRICE + 1n, operator.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(USUAL_PRICE + 1n, USUAL_PRICE);
  });

  it("refuses an amount whose millionths do not fit 64 bits", async () => {
    const { settlement, operator } = fixture;

    await expect(settlement.connect(operator).withdrawCredit(earner, 0, 2n ** 64n + 1n, operator.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(2n ** 64n + 1n, USUAL_PRICE);
  });

  it("refuses everybody who has no part: thief, other operator, driver and oracle", async () => {
    const { settlement, thief, otherOperator, driver, oracles } = fixture;

    for (const caller of [thief, otherOperator, driver, ...oracles]) {
      for (const operator of [earner, caller.address]) {
        await expect(settlement.connect(caller).withdrawCredit(operator, 0, 1, caller.address))
          .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
          .withArgs(1, 0);
      }
    }
  });

  it("refuses what was credited under another agreement", async () => {
    const { settlement, operator } = fixture;

    await expect(settlement.connect(operator).withdrawCredit(earner, AGREEMENT, 1, operator.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(1, 0);
  });

  it("refuses what was withdrawn before", async () => {
    const { settlement, operator } = fixture;
    await settlement.connect(operator).withdrawCredit(earner, 0, USUAL_PRICE, operator.address);

    await expect(settlement.connect(operator).withdrawCredit(earner, 0, 1, operator.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(1, 0);
  });

  it("refuses the zero address as recipient, and itself", async () => {
    const { settlement, operator } = fixture;

    await expect(settlement.connect(operator).withdrawCredit(earner, 0, 1, ZeroAddress)).to.be.revertedWithCustomError(
      settlement,
      "AddressZero",
    );
    await expect(settlement.connect(operator).withdrawCredit(earner, 0, 1, settlement)).to.be.revertedWithCustomError(
      settlement,
      "RecipientIsHolder",
    );
  });

  it("refuses a transfer that answers false, and keeps the credit", async () => {
    const { settlement, erc20, operator } = await networkHelpers.loadFixture(creditedSettlementOfEighteenDecimals);
    await erc20.setAnswer(1);

    await expect(settlement.connect(operator).withdrawCredit(earner, 0, 10n ** 12n, operator.address))
      .to.be.revertedWithCustomError(settlement, "SafeERC20FailedOperation")
      .withArgs(await erc20.getAddress());
    expect(await settlement.withdrawableOf(earner, 0, earner)).to.equal(USUAL_PRICE);
  });

  it("pays a part of the credit and remembers all that was ever credited", async () => {
    const { settlement, operator } = fixture;

    expect(
      await outcomeOf(fixture, () => settlement.connect(operator).withdrawCredit(earner, 0, 1_000, operator.address)),
    ).to.deep.equal({
      events: [["CreditWithdrawn", earner, 0n, earner, earner, 1_000n]],
      changes: {
        "operator tokens": 1_000n,
        "settlement tokens": -1_000n,
        "operator withdrawn": 1_000n,
        owed: -1_000n,
      },
    });
  });

  it("pays the whole credit to whom the operator names", async () => {
    const { settlement, operator, payer } = fixture;

    expect(
      await outcomeOf(fixture, () =>
        settlement.connect(operator).withdrawCredit(earner, 0, USUAL_PRICE, payer.address),
      ),
    ).to.deep.equal({
      events: [["CreditWithdrawn", earner, 0n, earner, payer.address, USUAL_PRICE]],
      changes: {
        "payer tokens": USUAL_PRICE,
        "settlement tokens": -USUAL_PRICE,
        "operator withdrawn": USUAL_PRICE,
        owed: -USUAL_PRICE,
      },
    });
  });

  it("pays a token of 18 decimals to the last millionth", async () => {
    const hostile = await networkHelpers.loadFixture(creditedSettlementOfEighteenDecimals);
    const { settlement, operator } = hostile;
    const amount = USUAL_PRICE * 10n ** 12n;

    expect(
      (await outcomeOf(hostile, () => settlement.connect(operator).withdrawCredit(earner, 0, amount, earner))).changes,
    ).to.deep.equal({
      "operator tokens": amount,
      "settlement tokens": -amount,
      "operator withdrawn": USUAL_PRICE,
      owed: -USUAL_PRICE,
    });
  });

  it("is not stopped by the guardian", async () => {
    const { settlement, operator, openingGuard, guardian } = fixture;
    await openingGuard.connect(guardian).pauseOpening();

    await settlement.connect(operator).withdrawCredit(earner, 0, USUAL_PRICE, operator.address);

    expect(await settlement.withdrawableOf(earner, 0, earner)).to.equal(0n);
  });
});

describe("ChargingSettlement's provisional credit", () => {
  let fixture: SettlementFixture;
  let earner: string;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(fundedSettlement);
    earner = fixture.operator.address;
  });

  /** The first second of an epoch that begins after the fixture's. */
  const epochBegin = (after: bigint) => (fixture.startedAt / EPOCH_SECONDS + after) * EPOCH_SECONDS;

  async function settleAt(time: bigint, nonce: bigint): Promise<void> {
    const { settlement, driver } = fixture;
    const terms = termsOf(fixture, { nonce, expiresAt: fixture.startedAt + EPOCH_SECONDS + nonce * 1_000n });
    await settlement.connect(driver).open(terms);
    await networkHelpers.time.increase(2n * HOUR);
    await networkHelpers.time.setNextBlockTimestamp(time);
    await settleBatch(fixture, [settlementGroup(terms)]);
  }

  for (const [statement, settledAt] of [
    ["the first second of an epoch", 0n],
    ["the last second of an epoch", EPOCH_SECONDS - 1n],
  ] as const) {
    it(`invariant 18: cannot be withdrawn before the epoch after its own is over, when settled in ${statement}`, async () => {
      const { settlement, operator } = fixture;
      await settleAt(epochBegin(1n) + settledAt, 0n);
      await networkHelpers.time.setNextBlockTimestamp(epochBegin(3n) - 1n);

      await expect(settlement.connect(operator).withdrawCredit(earner, 0, 1, earner))
        .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
        .withArgs(1, 0);
      expect(await settlement.creditOf(earner, 0)).to.deep.equal([0n, USUAL_PRICE]);

      await networkHelpers.time.setNextBlockTimestamp(epochBegin(3n));
      await settlement.connect(operator).withdrawCredit(earner, 0, USUAL_PRICE, earner);
      expect(await settlement.creditOf(earner, 0)).to.deep.equal([USUAL_PRICE, 0n]);
    });
  }

  it("invariant 18: cannot be withdrawn in its own epoch either", async () => {
    const { settlement, operator } = fixture;
    await settleAt(epochBegin(1n), 0n);
    await networkHelpers.time.setNextBlockTimestamp(epochBegin(2n) - 1n);

    await expect(settlement.connect(operator).withdrawCredit(earner, 0, 1, earner))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(1, 0);
  });

  it("becomes final epoch by epoch, with new credit coming in and nobody doing anything for the old", async () => {
    const { settlement } = fixture;
    const seen: unknown[] = [];
    for (const [epoch, nonce] of [
      [1n, 0n],
      [1n, 1n],
      [2n, 2n],
      [3n, 3n],
      [6n, 4n],
    ] as const) {
      const { driver } = fixture;
      await networkHelpers.time.increaseTo(epochBegin(epoch) + nonce * 3n * HOUR);
      const now = BigInt(await networkHelpers.time.latest());
      const terms = termsOf(fixture, { nonce, expiresAt: now + EPOCH_SECONDS });
      await settlement.connect(driver).open(terms);
      await settleBatch(fixture, [settlementGroup(terms)]);
      const { finalMicro, provisionalMicro } = await settlement.creditOf(earner, 0);
      seen.push([finalMicro / USUAL_PRICE, provisionalMicro / USUAL_PRICE]);
    }

    expect(seen).to.deep.equal([
      [0n, 1n],
      [0n, 2n],
      [0n, 3n],
      [2n, 2n],
      [4n, 1n],
    ]);
  });
});

describe("ChargingSettlement.withdrawCredit by partners", () => {
  const PARTS = SHARES_BPS.map((shareBps) => (USUAL_PRICE * shareBps) / 10_000n);
  const OPERATOR_BPS = 10_000n - SHARES_BPS.reduce((sum, shareBps) => sum + shareBps, 0n);
  const OPERATOR_PART = (USUAL_PRICE * OPERATOR_BPS + 9_999n) / 10_000n;
  let fixture: Awaited<ReturnType<typeof sharedCredit>>;
  let earner: string;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(sharedCredit);
    earner = fixture.operator.address;
  });

  const parties = () => [fixture.operator, ...fixture.partners];

  async function withdrawableParts(): Promise<bigint[]> {
    const parts = parties().map(({ address }) => fixture.settlement.withdrawableOf(earner, AGREEMENT, address));
    return await Promise.all(parts);
  }

  it("refuses a party more than its part", async () => {
    const { settlement } = fixture;
    for (const [index, party] of parties().entries()) {
      const part = [OPERATOR_PART, ...PARTS][index] ?? 0n;
      await expect(settlement.connect(party).withdrawCredit(earner, AGREEMENT, part + 1n, party.address))
        .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
        .withArgs(part + 1n, part);
    }
  });

  it("refuses a partner what the operator earned without it", async () => {
    const { settlement, partners } = fixture;

    for (const partner of partners) expect(await settlement.withdrawableOf(earner, 0, partner.address)).to.equal(0n);
    await expect(settlement.connect(partners[0]).withdrawCredit(earner, 0, 1, partners[0].address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(1, 0);
  });

  it("pays a partner to whom it says, and touches nobody else's part", async () => {
    const { settlement, partners, payer } = fixture;
    const [host] = partners;
    const before = await withdrawableParts();

    expect(
      await outcomeOf(fixture, () => settlement.connect(host).withdrawCredit(earner, AGREEMENT, 1_000, payer.address)),
    ).to.deep.equal({
      events: [["CreditWithdrawn", earner, AGREEMENT, host.address, payer.address, 1_000n]],
      changes: { "payer tokens": 1_000n, "settlement tokens": -1_000n, owed: -1_000n },
    });
    const after = await withdrawableParts();
    expect(after.map((part, index) => part - (before[index] ?? 0n))).to.deep.equal([0n, -1_000n, 0n, 0n]);
  });

  it("invariant 5: pays four parties parts that are the total but for a millionth of each further partner", async () => {
    const { settlement, erc20 } = fixture;
    const parts = await withdrawableParts();
    expect(parts).to.deep.equal([OPERATOR_PART, ...PARTS]);

    for (const [index, party] of parties().entries()) {
      await settlement.connect(party).withdrawCredit(earner, AGREEMENT, parts[index] ?? 0n, party.address);
      expect(await erc20.balanceOf(party.address)).to.equal(parts[index]);
    }

    const paid = parts.reduce((sum, part) => sum + part, 0n);
    expect(paid <= USUAL_PRICE && USUAL_PRICE - paid < 3n).to.equal(true);
    expect(await withdrawableParts()).to.deep.equal([0n, 0n, 0n, 0n]);
  });

  it("invariant 5: pays the same sums however withdrawals and settlements are cut", async () => {
    const { settlement, driver, erc20 } = fixture;
    let total = USUAL_PRICE;
    for (let nonce = 1n; nonce < 12n; ++nonce) {
      const now = BigInt(await networkHelpers.time.latest());
      const terms = termsOf(fixture, { nonce, agreement: AGREEMENT, expiresAt: now + EPOCH_SECONDS });
      await settlement.connect(driver).open(terms);
      // Prices that no share divides: 1,026,950 and little more.
      const metering = {
        energyMicroWh: 1_000_000_000n + nonce * 7_777_777n,
        chargingSeconds: 0n,
        connectedSeconds: 0n,
      };
      await settleBatch(fixture, [settlementGroup(terms, [settlementOf(terms, metering)])]);
      await passEpochs();
      total = (await settlement.creditOf(earner, AGREEMENT)).finalMicro;
      // One party withdraws all it can, another a third; who withdraws nothing loses nothing.
      const [party, other] = [parties()[Number(nonce % 4n)], parties()[Number((nonce + 1n) % 4n)]];
      if (party === undefined || other === undefined) throw new Error("There is no such party");
      const all = await settlement.withdrawableOf(earner, AGREEMENT, party.address);
      await settlement.connect(party).withdrawCredit(earner, AGREEMENT, all, party.address);
      const third = (await settlement.withdrawableOf(earner, AGREEMENT, other.address)) / 3n;
      await settlement.connect(other).withdrawCredit(earner, AGREEMENT, third, other.address);
    }

    const sums: bigint[] = [];
    for (const party of parties()) {
      const rest = await settlement.withdrawableOf(earner, AGREEMENT, party.address);
      sums.push(rest + (await erc20.balanceOf(party.address)));
    }
    expect(sums).to.deep.equal([
      (total * OPERATOR_BPS + 9_999n) / 10_000n,
      ...SHARES_BPS.map((shareBps) => (total * shareBps) / 10_000n),
    ]);
  });

  it("lets no part fall below what was withdrawn when more comes in", async () => {
    const { settlement, driver } = fixture;
    const before = await withdrawableParts();
    for (const [index, party] of parties().entries()) {
      await settlement.connect(party).withdrawCredit(earner, AGREEMENT, before[index] ?? 0n, party.address);
    }
    const terms = termsOf(fixture, {
      nonce: 1n,
      agreement: AGREEMENT,
      holdMicro: 1n,
      expiresAt: BigInt(await networkHelpers.time.latest()) + EPOCH_SECONDS,
    });
    await settlement.connect(driver).open(terms);
    await settleBatch(fixture, [settlementGroup(terms)]);
    await passEpochs();

    // One millionth more in all; a part below what was taken would revert.
    const parts = await withdrawableParts();
    expect(parts.reduce((sum, part) => sum + part, 0n) <= 3n).to.equal(true);
  });
});
