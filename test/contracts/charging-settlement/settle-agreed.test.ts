import { expect } from "chai";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { AGREED_SETTLEMENT_TYPES, signAgreement, signTopUp, signTerms } from "../../helpers/orders.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import { AGREEMENT, partneredSettlement, type PartnersFixture } from "../../helpers/partners-fixture.ts";
import type { LiveTerms, Terms } from "../../helpers/session-terms.ts";
import {
  commitmentIn,
  DAY,
  DEPOSIT,
  HOLD,
  isLive,
  openedAs,
  sessionIn,
  settleBatch,
  settlementGroup,
  settlementOf,
  TARIFF,
  type Signer,
  termsOf,
} from "../../helpers/settlement-fixture.ts";

const AGREED = 4_321_000n;

describe("ChargingSettlement.settleAgreed", () => {
  let fixture: PartnersFixture;
  let terms: LiveTerms;
  let sessionId: string;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(partneredSettlement);
    terms = await openedAs(fixture, fixture.driver, termsOf(fixture));
    sessionId = sessionIn(fixture, terms);
  });

  /** Sends what these two signed; usually driver and operator for the amount. */
  async function settle(
    chargedMicro: bigint,
    choice: {
      readonly named?: LiveTerms;
      readonly signed?: LiveTerms;
      readonly toppedUpMicro?: bigint;
      readonly signedMicro?: bigint;
      readonly driver?: Signer;
      readonly operator?: Signer;
    } = {},
  ) {
    const { settlement, relayer } = fixture;
    const named = choice.named ?? terms;
    const signed = choice.signed ?? named;
    const toppedUpMicro = choice.toppedUpMicro ?? 0n;
    const signedMicro = choice.signedMicro ?? chargedMicro;
    return await settlement
      .connect(relayer)
      .settleAgreed(
        named,
        named.opening,
        toppedUpMicro,
        chargedMicro,
        await signAgreement(fixture, choice.driver ?? fixture.driver, signed, signedMicro, toppedUpMicro),
        await signAgreement(fixture, choice.operator ?? fixture.operator, signed, signedMicro, toppedUpMicro),
      );
  }

  async function expectSignatureInvalid(sent: Promise<unknown>, account: string): Promise<void> {
    await expect(sent).to.be.revertedWithCustomError(fixture.settlement, "SignatureInvalid").withArgs(account);
  }

  async function expectNotLive(sent: Promise<unknown>, named: Terms = terms): Promise<void> {
    await expect(sent).to.be.revertedWithCustomError(fixture.settlement, "NotLive").withArgs(sessionIn(fixture, named));
  }

  it("invariant 10: refuses what only one of them signed, or neither, or each for the other", async () => {
    const { driver, operator, thief, settlement } = fixture;

    await expectSignatureInvalid(settle(AGREED, { driver: thief }), driver.address);
    await expectSignatureInvalid(settle(AGREED, { driver: operator }), driver.address);
    await expectSignatureInvalid(settle(AGREED, { operator: thief }), operator.address);
    await expectSignatureInvalid(settle(AGREED, { operator: driver }), operator.address);
    await expectSignatureInvalid(settle(AGREED, { driver: operator, operator: driver }), driver.address);
    const byDriver = await signAgreement(fixture, driver, terms, AGREED);
    const byOperator = await signAgreement(fixture, operator, terms, AGREED);
    const send = (first: string, second: string) =>
      settlement.connect(operator).settleAgreed(terms, terms.opening, 0, AGREED, first, second);
    await expectSignatureInvalid(send("0x", byOperator), driver.address);
    await expectSignatureInvalid(send(byDriver, "0x"), operator.address);
    expect(await isLive(fixture, terms)).to.equal(true);
  });

  it("invariant 14: refuses what was signed for another session, amount, top-up or opening, or to do something else", async () => {
    const { driver, operator, settlement, domain } = fixture;
    const { openedAt, salt } = terms.opening;
    const elsewhere = [
      { ...terms, lane: 1n },
      { ...terms, opening: { openedAt: openedAt + 1n, salt } },
      { ...terms, opening: { openedAt, salt: salt ^ 1n } },
    ];
    for (const signed of elsewhere) await expectSignatureInvalid(settle(AGREED, { signed }), driver.address);
    await expectSignatureInvalid(settle(AGREED, { signedMicro: AGREED - 1n }), driver.address);
    const content = { sessionId, ...terms.opening, toppedUpMicro: 1n, chargedMicro: AGREED };
    const foreign = await driver.signTypedData(domain, AGREED_SETTLEMENT_TYPES, content);
    const byOperator = await signAgreement(fixture, operator, terms, AGREED);
    for (const signature of [
      foreign,
      await signTerms(fixture, driver, terms),
      await signTopUp(fixture, driver, terms, 0n, AGREED),
    ]) {
      await expectSignatureInvalid(
        settlement.settleAgreed(terms, terms.opening, 0, AGREED, signature, byOperator),
        driver.address,
      );
    }
  });

  it("refuses a millionth above the hold", async () => {
    await expect(settle(HOLD + 1n))
      .to.be.revertedWithCustomError(fixture.settlement, "AmountAboveHold")
      .withArgs(HOLD + 1n, HOLD);
  });

  it("refuses a session that never opened, and other terms, opening or top-up than the session's", async () => {
    const { openedAt, salt } = terms.opening;
    const never = { ...terms, lane: 1n };
    const other = { ...terms, holdMicro: HOLD + 1n };
    const earlier = { ...terms, opening: { openedAt: openedAt - 1n, salt } };

    for (const named of [never, other, earlier]) await expectNotLive(settle(AGREED, { named }), named);
    await expectNotLive(settle(AGREED, { toppedUpMicro: 1n }));
  });

  it("invariant 6: refuses a session that was settled, released or expired, and the same agreement again", async () => {
    const { settlement, driver, operator, thief } = fixture;
    await settle(AGREED);
    await expectNotLive(settle(AGREED));

    const settled = await openedAs(fixture, driver, termsOf(fixture, { nonce: 1n }));
    await settleBatch(fixture, [settlementGroup(settled)]);
    await expectNotLive(settle(AGREED, { named: settled }), settled);

    const released = await openedAs(fixture, driver, termsOf(fixture, { nonce: 2n }));
    await settlement.connect(operator).release(released, released.opening, 0);
    await expectNotLive(settle(AGREED, { named: released }), released);

    const expired = await openedAs(fixture, driver, termsOf(fixture, { nonce: 3n }));
    await networkHelpers.time.increaseTo(expired.expiresAt + 1n);
    await settlement.connect(thief).expire(expired, expired.opening, 0);
    await expectNotLive(settle(AGREED, { named: expired }), expired);
  });

  it("invariant 8: refuses, after a reorganisation, what was signed for the opening that is gone", async () => {
    const { settlement, driver } = fixture;
    const next = termsOf(fixture, { lane: 1n });
    const snapshot = await networkHelpers.takeSnapshot();
    const orphaned = await openedAs(fixture, driver, next);
    const signatures = [
      await signAgreement(fixture, driver, orphaned, HOLD),
      await signAgreement(fixture, fixture.operator, orphaned, HOLD),
    ] as const;
    await snapshot.restore();
    await networkHelpers.mine(3);
    const live = await openedAs(fixture, driver, next);

    expect(sessionIn(fixture, live)).to.equal(sessionIn(fixture, orphaned));
    await expectNotLive(settlement.settleAgreed(next, orphaned.opening, 0, HOLD, ...signatures), next);
    await expectSignatureInvalid(settlement.settleAgreed(next, live.opening, 0, HOLD, ...signatures), driver.address);
    expect(await isLive(fixture, live)).to.equal(true);
  });

  for (const [statement, chargedMicro] of [
    ["any amount", AGREED],
    ["the whole hold", HOLD],
    ["nothing", 0n],
  ] as const) {
    it(`settles ${statement} on which both agree, finally, and returns the rest`, async () => {
      const { operator, driver, tariffId } = fixture;
      const returnedMicro = HOLD - chargedMicro;

      expect(await outcomeOf(fixture, () => settle(chargedMicro))).to.deep.equal({
        events: [
          ["SessionAgreed", sessionId, driver.address, operator.address, chargedMicro, returnedMicro],
          ...(chargedMicro === 0n ? [] : [["OperatorCredited", operator.address, 0n, tariffId, chargedMicro, true]]),
        ],
        changes: {
          "driver/0 commitment": -(await commitmentIn(fixture, terms)),
          ...(returnedMicro === 0n ? {} : { "driver/0 free": returnedMicro }),
          ...(chargedMicro === 0n ? {} : { "operator final": chargedMicro }),
        },
      });
    });
  }

  it("goes up to hold and top-up together", async () => {
    const { settlement, driver } = fixture;
    await settlement.connect(driver).topUp(terms, terms.opening, 0, 500n);
    await expect(settle(HOLD + 501n, { toppedUpMicro: 500n }))
      .to.be.revertedWithCustomError(settlement, "AmountAboveHold")
      .withArgs(HOLD + 501n, HOLD + 500n);

    const { changes } = await outcomeOf(fixture, () => settle(HOLD + 500n, { toppedUpMicro: 500n }));

    expect(changes["operator final"]).to.equal(HOLD + 500n);
  });

  it("credits under the agreement of the terms, where partners have their parts at once", async () => {
    const { settlement, operator, driver, partners } = fixture;
    const shared = await openedAs(fixture, driver, termsOf(fixture, { lane: 1n, agreement: AGREEMENT }));

    const { changes } = await outcomeOf(fixture, () => settle(AGREED, { named: shared }));

    expect(changes["operator shared final"]).to.equal(AGREED);
    const [partner] = partners;
    expect(await settlement.withdrawableOf(operator.address, AGREEMENT, partner.address)).to.be.greaterThan(0n);
  });

  it("counts against no limit of an epoch", async () => {
    const { settlement, operator, driver, erc20, payer } = fixture;
    const large = (await settlement.epochLimitMicro()) + 1n;
    await erc20.mint(payer.address, large);
    await erc20.connect(payer).approve(await settlement.getAddress(), large);
    await settlement.connect(payer).deposit(driver.address, 1, large);
    const named = await openedAs(fixture, driver, termsOf(fixture, { lane: 1n, holdMicro: large }));
    await settle(large, { named });

    await settleBatch(fixture, [settlementGroup(terms, [settlementOf(terms)])]);

    expect((await settlement.creditOf(operator.address, 0)).finalMicro).to.equal(large);
    expect(await isLive(fixture, terms)).to.equal(false);
  });

  it("works after the expiry and after a quorum's time, as long as nobody expired the session", async () => {
    await networkHelpers.time.increaseTo(terms.expiresAt + 30n * DAY);

    const { changes } = await outcomeOf(fixture, () => settle(AGREED));

    expect(changes["operator final"]).to.equal(AGREED);
  });

  it("asks contract wallets of both sides by ERC-1271", async () => {
    const { settlement, payer, relayer, tariffRegistry, erc20 } = fixture;
    const [driverWallet, operatorWallet] = [
      await ethers.deployContract("HostileWallet"),
      await ethers.deployContract("HostileWallet"),
    ];
    const [driver, operator] = [await driverWallet.getAddress(), await operatorWallet.getAddress()];
    await networkHelpers.impersonateAccount(operator);
    await networkHelpers.setBalance(operator, 10n ** 18n);
    await tariffRegistry.connect(await ethers.getSigner(operator)).publish(TARIFF);
    await erc20.mint(payer.address, DEPOSIT);
    await settlement.connect(payer).deposit(driver, 0, DEPOSIT);
    const walletTerms = termsOf(fixture, { driver, operator });
    await settlement.connect(relayer).openSigned(walletTerms, "0x");
    const block = await ethers.provider.getBlock("latest");
    const opening = { openedAt: block?.timestamp ?? 0, salt: BigInt.asUintN(24, BigInt(block?.parentHash ?? 0)) };
    const send = () => settlement.connect(relayer).settleAgreed(walletTerms, opening, 0, HOLD, "0x", "0x");
    for (const [wallet, account] of [
      [driverWallet, driver],
      [operatorWallet, operator],
    ] as const) {
      await wallet.setAnswer(1);
      await expectSignatureInvalid(send(), account);
      await wallet.setAnswer(0);
    }

    await send();

    expect((await settlement.creditOf(operator, 0)).finalMicro).to.equal(HOLD);
  });

  it("answers the session id", async () => {
    const { settlement, driver, operator } = fixture;
    const signatures = [
      await signAgreement(fixture, driver, terms, AGREED),
      await signAgreement(fixture, operator, terms, AGREED),
    ] as const;

    expect(await settlement.settleAgreed.staticCall(terms, terms.opening, 0, AGREED, ...signatures)).to.equal(
      sessionId,
    );
  });
});
