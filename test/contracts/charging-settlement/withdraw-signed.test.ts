import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { setAccount } from "../../helpers/account-storage.ts";
import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { signTopUp, signWithdrawal, type Withdrawal } from "../../helpers/orders.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import { SESSION_TERMS_TYPES } from "../../helpers/session-terms.ts";
import {
  DEPOSIT,
  fundedSettlement,
  HOLD,
  HOUR,
  hostileSettlement,
  type SettlementFixture,
  termsOf,
  isLive,
} from "../../helpers/settlement-fixture.ts";

async function hostileSettlementOfEighteenDecimals() {
  return await hostileSettlement(18);
}

describe("ChargingSettlement.withdrawSigned", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(fundedSettlement);
  });

  function orderOf(changes: Partial<Withdrawal> = {}): Withdrawal {
    return {
      driver: fixture.driver.address,
      lane: 0n,
      nonce: 0n,
      amount: 400n,
      recipient: fixture.payer.address,
      deadline: fixture.startedAt + HOUR,
      ...changes,
    };
  }

  async function send(order: Withdrawal, signer = fixture.driver, signed = order) {
    const signature = await signWithdrawal(fixture, signer, signed);
    return await fixture.settlement.connect(fixture.relayer).withdrawSigned(order, signature);
  }

  it("refuses an order whose deadline has passed", async () => {
    const { startedAt } = fixture;
    await networkHelpers.time.setNextBlockTimestamp(startedAt + HOUR + 1n);

    await expect(send(orderOf()))
      .to.be.revertedWithCustomError(fixture.settlement, "DeadlinePassed")
      .withArgs(startedAt + HOUR + 1n, startedAt + HOUR);
  });

  it("refuses a nonce that is used, and one that is yet to come", async () => {
    const { settlement, driver } = fixture;
    await settlement.connect(driver).advanceNonce(0);

    for (const nonce of [0n, 2n]) {
      await expect(send(orderOf({ nonce })))
        .to.be.revertedWithCustomError(settlement, "NonceMismatch")
        .withArgs(nonce, 1);
    }
  });

  it("refuses a signature of somebody else, also of the recipient", async () => {
    for (const signer of [fixture.thief, fixture.payer, fixture.relayer]) {
      await expect(send(orderOf(), signer))
        .to.be.revertedWithCustomError(fixture.settlement, "SignatureInvalid")
        .withArgs(fixture.driver.address);
    }
  });

  for (const [field, change] of Object.entries({
    lane: { lane: 1n },
    amount: { amount: 401n },
    recipient: { recipient: "0x1111111111111111111111111111111111111111" },
    deadline: { deadline: 2n ** 40n - 1n },
  })) {
    it(`invariant 10: refuses a signature of an order with another ${field}`, async () => {
      await expect(send(orderOf(change), fixture.driver, orderOf()))
        .to.be.revertedWithCustomError(fixture.settlement, "SignatureInvalid")
        .withArgs(fixture.driver.address);
    });
  }

  it("invariant 10: refuses one driver's signature for another driver's account", async () => {
    const { settlement, otherDriver } = fixture;

    await expect(send(orderOf({ driver: otherDriver.address }), fixture.driver, orderOf()))
      .to.be.revertedWithCustomError(settlement, "SignatureInvalid")
      .withArgs(otherDriver.address);
  });

  it("invariant 14: refuses signatures of other actions, and for another chain or contract", async () => {
    const { settlement, driver, relayer, domain, addresses } = fixture;
    const order = orderOf();
    const elsewhere = (change: object) => ({ ...fixture, domain: { ...domain, ...change } });
    for (const signature of [
      await driver.signTypedData(domain, SESSION_TERMS_TYPES, termsOf(fixture)),
      await signTopUp(fixture, driver, termsOf(fixture), 0n, 400n),
      await signWithdrawal(elsewhere({ chainId: 1n }), driver, order),
      await signWithdrawal(elsewhere({ verifyingContract: addresses.AuthorizedFunding }), driver, order),
      "0x",
    ]) {
      await expect(settlement.connect(relayer).withdrawSigned(order, signature))
        .to.be.revertedWithCustomError(settlement, "SignatureInvalid")
        .withArgs(driver.address);
    }
  });

  it("invariant 15: refuses the zero address as driver, whatever the signature", async () => {
    const { settlement, relayer } = fixture;
    const order = orderOf({ driver: ZeroAddress });

    await expect(settlement.connect(relayer).withdrawSigned(order, `0x${"00".repeat(65)}`))
      .to.be.revertedWithCustomError(settlement, "SignatureInvalid")
      .withArgs(ZeroAddress);
  });

  it("refuses the last nonce, after which there would be no next", async () => {
    const nonce = 2n ** 32n - 1n;
    await setAccount(fixture, fixture.driver.address, 0n, { freeMicro: DEPOSIT, nonce, commitment: 0n });

    await expect(send(orderOf({ nonce }))).to.be.revertedWithCustomError(fixture.settlement, "NonceExhausted");
  });

  it("refuses what a withdrawal by the driver refuses", async () => {
    const { settlement } = fixture;
    await expect(send(orderOf({ amount: 0n }))).to.be.revertedWithCustomError(settlement, "AmountZero");
    await expect(send(orderOf({ amount: DEPOSIT + 1n })))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(DEPOSIT + 1n, DEPOSIT);
    await expect(send(orderOf({ recipient: ZeroAddress }))).to.be.revertedWithCustomError(settlement, "AddressZero");
    await expect(send(orderOf({ recipient: await settlement.getAddress() }))).to.be.revertedWithCustomError(
      settlement,
      "RecipientIsHolder",
    );
  });

  it("invariant 8: refuses an order that was sent, and tells that its nonce is used", async () => {
    const { settlement } = fixture;
    await send(orderOf());

    await expect(send(orderOf())).to.be.revertedWithCustomError(settlement, "NonceMismatch").withArgs(0, 1);
  });

  it("refuses an order that the driver made void", async () => {
    const { settlement, driver } = fixture;
    const signature = await signWithdrawal(fixture, driver, orderOf());
    await settlement.connect(driver).advanceNonce(0);

    await expect(settlement.connect(fixture.relayer).withdrawSigned(orderOf(), signature))
      .to.be.revertedWithCustomError(settlement, "NonceMismatch")
      .withArgs(0, 1);
  });

  it("pays to whom the driver says, whoever sends the order, in the last second of its time", async () => {
    const { driver, payer, startedAt } = fixture;
    await networkHelpers.time.setNextBlockTimestamp(startedAt + HOUR);

    expect(await outcomeOf(fixture, () => send(orderOf()))).to.deep.equal({
      events: [
        ["NonceAdvanced", driver.address, 0n, 1n],
        ["Withdrawn", driver.address, 0n, payer.address, 400n],
      ],
      changes: {
        "payer tokens": 400n,
        "settlement tokens": -400n,
        "driver/0 free": -400n,
        "driver/0 nonce": 1n,
        owed: -400n,
      },
    });
  });

  it("leaves a live session as it is", async () => {
    const { settlement, driver } = fixture;
    const terms = termsOf(fixture);
    await settlement.connect(driver).open(terms);
    const free = DEPOSIT - HOLD;

    await expect(send(orderOf({ nonce: 1n, amount: free + 1n })))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(free + 1n, free);
    await send(orderOf({ nonce: 1n, amount: free }));

    expect(await isLive(fixture, terms)).to.equal(true);
  });

  it("is not stopped by the guardian", async () => {
    const { openingGuard, guardian, erc20, payer } = fixture;
    await openingGuard.connect(guardian).pauseOpening();
    const before = await erc20.balanceOf(payer.address);

    await send(orderOf());

    expect((await erc20.balanceOf(payer.address)) - before).to.equal(400n);
  });

  it("invariant 11: lets a driver out whom the token denies, by naming another recipient", async () => {
    const hostile = await networkHelpers.loadFixture(hostileSettlementOfEighteenDecimals);
    const { settlement, erc20, driver, payer, relayer } = hostile;
    const amount = 7n * 10n ** 12n;
    await settlement.connect(driver).deposit(driver.address, 0, amount);
    await erc20.setDenied(driver.address, true);
    const order = { ...orderOf(), amount, deadline: hostile.startedAt + HOUR };
    const toSelf = { ...order, recipient: driver.address };

    await expect(settlement.connect(relayer).withdrawSigned(toSelf, await signWithdrawal(hostile, driver, toSelf)))
      .to.be.revertedWithCustomError(erc20, "Denied")
      .withArgs(driver.address);

    const signature = await signWithdrawal(hostile, driver, order);
    const { changes } = await outcomeOf(hostile, () => settlement.connect(relayer).withdrawSigned(order, signature));
    expect(changes).to.deep.equal({
      "payer tokens": amount,
      "settlement tokens": -amount,
      "driver/0 free": -7n,
      "driver/0 nonce": 1n,
      owed: -7n,
    });
    expect(order.recipient).to.equal(payer.address);
  });

  it("asks a contract wallet, which cannot change anything while it is asked", async () => {
    const { settlement, payer, relayer, thief, erc20 } = fixture;
    const wallet = await ethers.deployContract("HostileWallet");
    const driver = await wallet.getAddress();
    await settlement.connect(payer).deposit(driver, 0, 1_000);
    const order = orderOf({ driver, amount: 1_000n });
    for (const answer of [1, 2, 3]) {
      await wallet.setAnswer(answer);
      await expect(settlement.connect(relayer).withdrawSigned(order, "0x"))
        .to.be.revertedWithCustomError(settlement, "SignatureInvalid")
        .withArgs(driver);
    }
    const withdraw = settlement.interface.encodeFunctionData("withdraw", [0, 1_000, thief.address]);
    await wallet.setCall(await settlement.getAddress(), withdraw);
    await expect(settlement.connect(relayer).withdrawSigned(order, "0x"))
      .to.be.revertedWithCustomError(settlement, "SignatureInvalid")
      .withArgs(driver);
    await wallet.setAnswer(0);

    await settlement.connect(relayer).withdrawSigned(order, "0x");

    expect(await settlement.accountOf(driver, 0)).to.deep.equal([0n, 1n, 0n]);
    expect(await erc20.balanceOf(thief.address)).to.equal(0n);
  });
});
