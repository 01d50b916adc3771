import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import type { HostileToken } from "../../../types/index.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import { signWithdrawal } from "../../helpers/orders.ts";
import { booksOf, outcomeOf } from "../../helpers/outcome.ts";
import { passEpochs } from "../../helpers/partners-fixture.ts";
import {
  DAY,
  hostileSettlementOfSixDecimals,
  settleBatch,
  type SettlementFixture,
  settlementGroup,
  termsOf,
  isLive,
  openingIn,
} from "../../helpers/settlement-fixture.ts";

type Fixture = SettlementFixture<HostileToken>;

const AMOUNT = 1_000n;
/** As in HostileToken.Answer. */
const Answer = { True: 0, FalseWithoutMoving: 1, Nothing: 2 } as const;

/** The driver, the operator and the payer have all that can be withdrawn. */
async function everythingInside(): Promise<Fixture> {
  const fixture = await hostileSettlementOfSixDecimals();
  const { settlement, driver } = fixture;
  await settlement.connect(driver).deposit(driver.address, 0, 100_000_000n);
  await settlement.connect(driver).open(termsOf(fixture));
  await settleBatch(fixture, [settlementGroup(termsOf(fixture))]);
  await passEpochs();
  return { ...fixture, startedAt: BigInt(await networkHelpers.time.latest()) };
}

describe("ChargingSettlement and a token that misbehaves:", () => {
  let fixture: Fixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(everythingInside);
  });

  /** What takes tokens in from the payer. */
  const inward: Record<string, () => Promise<ContractTransactionResponse>> = {
    deposit: () => fixture.settlement.connect(fixture.payer).deposit(fixture.driver.address, 0, AMOUNT),
  };

  /** What pays tokens out to a recipient. */
  const outward: Record<string, (recipient: string) => Promise<ContractTransactionResponse>> = {
    withdraw: (recipient) => fixture.settlement.connect(fixture.driver).withdraw(0, AMOUNT, recipient),
    withdrawSigned: async (recipient) => {
      const { settlement, relayer, driver, startedAt } = fixture;
      const order = { driver: driver.address, lane: 0n, nonce: 1n, amount: AMOUNT, recipient };
      const signed = { ...order, deadline: startedAt + DAY };
      return await settlement.connect(relayer).withdrawSigned(signed, await signWithdrawal(fixture, driver, signed));
    },
    withdrawCredit: (recipient) => {
      const { settlement, operator } = fixture;
      return settlement.connect(operator).withdrawCredit(operator.address, 0, AMOUNT, recipient);
    },
  };

  async function expectNothingChanged(before: Awaited<ReturnType<typeof booksOf>>): Promise<void> {
    expect(await booksOf(fixture)).to.deep.equal(before);
  }

  for (const [entry, pay] of Object.entries(inward)) {
    it(`${entry} refuses one that answers false, keeps a fee, moves more, or denies the payer`, async () => {
      const { settlement, erc20, payer } = fixture;
      const before = await booksOf(fixture);
      await erc20.setAnswer(Answer.FalseWithoutMoving);
      await expect(pay())
        .to.be.revertedWithCustomError(settlement, "SafeERC20FailedOperation")
        .withArgs(await erc20.getAddress());
      await erc20.setAnswer(Answer.True);
      await erc20.setFee(10);
      await expect(pay()).to.be.revertedWithCustomError(settlement, "TransferMismatch").withArgs(999, AMOUNT);
      await erc20.setFee(0);
      const mint = erc20.interface.encodeFunctionData("mint", [await settlement.getAddress(), 1]);
      await erc20.setHook(await erc20.getAddress(), mint);
      await expect(pay()).to.be.revertedWithCustomError(settlement, "TransferMismatch").withArgs(1_002, AMOUNT);
      await erc20.setHook("0x0000000000000000000000000000000000000000", "0x");
      await erc20.setDenied(payer.address, true);
      await expect(pay()).to.be.revertedWithCustomError(erc20, "Denied").withArgs(payer.address);
      await expectNothingChanged(before);
    });

    it(`${entry} takes one that answers nothing`, async () => {
      const { erc20 } = fixture;
      await erc20.setAnswer(Answer.Nothing);

      const { changes } = await outcomeOf(fixture, pay);

      expect([changes["payer tokens"], changes["settlement tokens"], changes["owed"]]).to.deep.equal([
        -AMOUNT,
        AMOUNT,
        AMOUNT,
      ]);
    });
  }

  for (const [entry, payTo] of Object.entries(outward)) {
    it(`${entry} is undone by one that answers false or denies the recipient, and pays another recipient`, async () => {
      const { settlement, erc20, relayer, thief } = fixture;
      const before = await booksOf(fixture);
      await erc20.setAnswer(Answer.FalseWithoutMoving);
      await expect(payTo(relayer.address))
        .to.be.revertedWithCustomError(settlement, "SafeERC20FailedOperation")
        .withArgs(await erc20.getAddress());
      await erc20.setAnswer(Answer.True);
      await erc20.setDenied(relayer.address, true);
      await expect(payTo(relayer.address)).to.be.revertedWithCustomError(erc20, "Denied").withArgs(relayer.address);
      await expectNothingChanged(before);

      const { changes } = await outcomeOf(fixture, () => payTo(thief.address));

      expect([changes["thief tokens"], changes["settlement tokens"], changes["owed"]]).to.deep.equal([
        AMOUNT,
        -AMOUNT,
        -AMOUNT,
      ]);
    });

    it(`${entry} pays one that answers nothing, and lets a fee be the recipient's loss and nobody else's`, async () => {
      const { settlement, erc20, relayer } = fixture;
      await erc20.setAnswer(Answer.Nothing);
      await erc20.setFee(100);

      const { changes } = await outcomeOf(fixture, () => payTo(relayer.address));

      expect([changes["relayer tokens"], changes["settlement tokens"], changes["owed"]]).to.deep.equal([
        (AMOUNT * 99n) / 100n,
        -AMOUNT,
        -AMOUNT,
      ]);
      expect(await erc20.balanceOf(await settlement.getAddress())).to.equal(await settlement.owedMicro());
    });
  }

  it("settlement, expiry, top-up and refund ask nothing of the token at all", async () => {
    const { settlement, erc20, driver, operator, startedAt } = fixture;
    await networkHelpers.setCode(await erc20.getAddress(), "0xfe");
    const terms = termsOf(fixture, { nonce: 1n, expiresAt: startedAt + DAY });
    await settlement.connect(driver).open(terms);
    await settlement.connect(driver).topUp(terms, await openingIn(fixture, terms), 0, 500);
    await settlement.connect(operator).refund(termsOf(fixture), 500);
    await networkHelpers.time.increaseTo(terms.expiresAt + 1n);

    await settlement.connect(operator).expire(terms, await openingIn(fixture, terms), 500);

    expect(await isLive(fixture, terms, 500n)).to.equal(false);
  });
});
