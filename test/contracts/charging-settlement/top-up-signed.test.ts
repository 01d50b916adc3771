import { expect } from "chai";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { signTopUp, signWithdrawal } from "../../helpers/orders.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import { SESSION_TERMS_TYPES, type Terms } from "../../helpers/session-terms.ts";
import {
  DEPOSIT,
  fundedSettlement,
  HOLD,
  HOUR,
  sessionIn,
  settleBatch,
  type SettlementFixture,
  settlementGroup,
  termsOf,
  isLive,
  openingIn,
  commitmentIn,
} from "../../helpers/settlement-fixture.ts";

describe("ChargingSettlement.topUpSigned", () => {
  let fixture: SettlementFixture;
  let terms: Terms;
  let sessionId: string;

  async function openedSession(): Promise<SettlementFixture> {
    const opened = await fundedSettlement();
    await opened.settlement.connect(opened.driver).open(termsOf(opened));
    return opened;
  }

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(openedSession);
    terms = termsOf(fixture);
    sessionId = sessionIn(fixture, terms);
  });

  async function expectSignatureInvalid(
    signature: string,
    named = terms,
    toppedUpMicro = 0n,
    amountMicro = 500n,
  ): Promise<void> {
    const { settlement, relayer } = fixture;
    await expect(
      settlement
        .connect(relayer)
        .topUpSigned(named, await openingIn(fixture, named), toppedUpMicro, amountMicro, signature),
    )
      .to.be.revertedWithCustomError(settlement, "SignatureInvalid")
      .withArgs(named.driver);
  }

  it("refuses a signature of somebody else", async () => {
    for (const signer of [fixture.thief, fixture.relayer, fixture.operator]) {
      await expectSignatureInvalid(await signTopUp(fixture, signer, terms, 0n, 500n));
    }
  });

  it("invariant 10: refuses a signature of another session, of another amount, and after other top-ups", async () => {
    const { driver } = fixture;
    const other = termsOf(fixture, { lane: 1n });

    await expectSignatureInvalid(await signTopUp(fixture, driver, other, 0n, 500n));
    await expectSignatureInvalid(await signTopUp(fixture, driver, terms, 0n, 499n));
    await expectSignatureInvalid(await signTopUp(fixture, driver, terms, 1n, 500n));
  });

  it("invariant 14: refuses a signature of another action, and for another chain or contract", async () => {
    const { driver, domain } = fixture;
    const order = { driver: driver.address, lane: 0n, nonce: 1n, amount: 500n, recipient: driver.address };
    await expectSignatureInvalid(await driver.signTypedData(domain, SESSION_TERMS_TYPES, terms));
    await expectSignatureInvalid(await signWithdrawal(fixture, driver, { ...order, deadline: terms.expiresAt }));

    for (const change of [{ chainId: 1n }, { verifyingContract: fixture.addresses.VehicleConsents }]) {
      const elsewhere = { ...fixture, domain: { ...domain, ...change } };
      const content = { sessionId, toppedUpMicro: 0n, amountMicro: 500n };
      const types = {
        TopUp: [
          { name: "sessionId", type: "bytes32" },
          { name: "toppedUpMicro", type: "uint64" },
          { name: "amountMicro", type: "uint64" },
        ],
      };
      await expectSignatureInvalid(await driver.signTypedData(elsewhere.domain, types, content));
    }
  });

  it("refuses what a top-up by the driver refuses", async () => {
    const { settlement, driver, relayer } = fixture;
    const send = async (toppedUpMicro: bigint, amountMicro: bigint) =>
      await settlement
        .connect(relayer)
        .topUpSigned(
          terms,
          await openingIn(fixture, terms),
          toppedUpMicro,
          amountMicro,
          await signTopUp(fixture, driver, terms, toppedUpMicro, amountMicro),
        );
    const free = DEPOSIT - HOLD;

    await expect(send(0n, 0n)).to.be.revertedWithCustomError(settlement, "AmountZero");
    await expect(send(1n, 500n)).to.be.revertedWithCustomError(settlement, "NotLive").withArgs(sessionId);
    await expect(send(0n, free + 1n))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(free + 1n, free);
    await networkHelpers.time.increaseTo(terms.expiresAt - HOUR);
    await expect(send(0n, 500n)).to.be.revertedWithCustomError(settlement, "TopUpTooLate");
  });

  it("invariant 8: refuses a signature that was used", async () => {
    const { settlement, driver, relayer } = fixture;
    const signature = await signTopUp(fixture, driver, terms, 0n, 500n);
    await settlement.connect(relayer).topUpSigned(terms, await openingIn(fixture, terms), 0, 500, signature);

    await expect(settlement.connect(relayer).topUpSigned(terms, await openingIn(fixture, terms), 0, 500, signature))
      .to.be.revertedWithCustomError(settlement, "NotLive")
      .withArgs(sessionId);
    await expectSignatureInvalid(signature, terms, 500n);
  });

  it("invariant 6: refuses one that nobody sent until the session was settled, also when the lane has a new session", async () => {
    const { settlement, driver, relayer } = fixture;
    const signature = await signTopUp(fixture, driver, terms, 0n, 500n);
    await settleBatch(fixture, [settlementGroup(terms)]);
    await expect(settlement.connect(relayer).topUpSigned(terms, await openingIn(fixture, terms), 0, 500, signature))
      .to.be.revertedWithCustomError(settlement, "NotLive")
      .withArgs(sessionId);

    const next = termsOf(fixture, { nonce: 1n });
    await settlement.connect(driver).open(next);

    await expectSignatureInvalid(signature, next);
    await expect(settlement.connect(relayer).topUpSigned(terms, await openingIn(fixture, terms), 0, 500, signature))
      .to.be.revertedWithCustomError(settlement, "NotLive")
      .withArgs(sessionId);
  });

  it("binds more of the driver's balance, whoever sends the signature", async () => {
    const { settlement, driver, thief } = fixture;
    const signature = await signTopUp(fixture, driver, terms, 0n, 500n);

    expect(
      await outcomeOf(fixture, async () =>
        settlement.connect(thief).topUpSigned(terms, await openingIn(fixture, terms), 0, 500, signature),
      ),
    ).to.deep.equal({
      events: [["SessionToppedUp", sessionId, driver.address, 500n]],
      changes: {
        "driver/0 free": -500n,
        "driver/0 commitment": (await commitmentIn(fixture, terms, 500n)) - (await commitmentIn(fixture, terms)),
      },
    });
  });

  it("asks a contract wallet, which may answer otherwise than at the opening", async () => {
    const { settlement, payer, relayer } = fixture;
    const wallet = await ethers.deployContract("HostileWallet");
    const driver = await wallet.getAddress();
    await settlement.connect(payer).deposit(driver, 0, DEPOSIT);
    const walletTerms = termsOf(fixture, { driver });
    await settlement.connect(relayer).openSigned(walletTerms, "0x");
    for (const answer of [1, 2, 3]) {
      await wallet.setAnswer(answer);
      await expectSignatureInvalid("0x", walletTerms);
    }
    await wallet.setCall(
      await settlement.getAddress(),
      settlement.interface.encodeFunctionData("topUp", [walletTerms, await openingIn(fixture, walletTerms), 0, 1]),
    );
    await expectSignatureInvalid("0x", walletTerms);
    await wallet.setAnswer(0);

    await settlement.connect(relayer).topUpSigned(walletTerms, await openingIn(fixture, walletTerms), 0, 500, "0x");

    expect(await isLive(fixture, walletTerms, 500n)).to.equal(true);
  });
});
