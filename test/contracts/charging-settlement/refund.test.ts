import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import {
  AGREEMENT,
  passEpochs,
  sharedCredit,
  type PartnersFixture,
  SHARES_BPS,
} from "../../helpers/partners-fixture.ts";
import type { Terms } from "../../helpers/session-terms.ts";
import {
  DAY,
  EPOCH_SECONDS,
  hostileSettlementOfSixDecimals,
  sessionIn,
  settleBatch,
  settlementGroup,
  termsOf,
  USUAL_PRICE,
  isLive,
} from "../../helpers/settlement-fixture.ts";

const OPERATOR_BPS = 10_000n - SHARES_BPS.reduce((sum, shareBps) => sum + shareBps, 0n);
const OPERATOR_PART = (USUAL_PRICE * OPERATOR_BPS + 9_999n) / 10_000n;

describe("ChargingSettlement.refund", () => {
  let fixture: PartnersFixture;
  let terms: Terms;
  let sessionId: string;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(sharedCredit);
    terms = termsOf(fixture, { agreement: AGREEMENT });
    sessionId = sessionIn(fixture, terms);
  });

  async function partnerParts(): Promise<bigint[]> {
    const { settlement, operator, partners } = fixture;
    return await Promise.all(
      partners.map(({ address }) => settlement.withdrawableOf(operator.address, AGREEMENT, address)),
    );
  }

  it("refuses everybody but the operator of the terms: other operator, partner, driver and oracle", async () => {
    const { settlement, operator, otherOperator, partners, driver, oracles } = fixture;

    for (const caller of [otherOperator, ...partners, driver, ...oracles]) {
      await expect(settlement.connect(caller).refund(terms, 1))
        .to.be.revertedWithCustomError(settlement, "NotOperator")
        .withArgs(caller.address, operator.address);
    }
  });

  it("refuses a refund of zero", async () => {
    const { settlement, operator } = fixture;

    await expect(settlement.connect(operator).refund(terms, 0)).to.be.revertedWithCustomError(settlement, "AmountZero");
  });

  it("refuses more than the operator's own part, whatever the partners have not withdrawn", async () => {
    const { settlement, operator } = fixture;

    await expect(settlement.connect(operator).refund(terms, OPERATOR_PART + 1n))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(OPERATOR_PART + 1n, OPERATOR_PART);
  });

  it("refuses what was withdrawn, and lets nothing be withdrawn that was refunded", async () => {
    const { settlement, operator } = fixture;
    await settlement.connect(operator).withdrawCredit(operator.address, AGREEMENT, 1_000, operator.address);
    const rest = OPERATOR_PART - 1_000n;
    await expect(settlement.connect(operator).refund(terms, rest + 1n))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(rest + 1n, rest);
    await settlement.connect(operator).refund(terms, rest);

    await expect(settlement.connect(operator).withdrawCredit(operator.address, AGREEMENT, 1, operator.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(1, 0);
  });

  it("refuses credit that is still provisional, and credit of another agreement", async () => {
    const { settlement, operator, driver } = fixture;
    const now = BigInt(await networkHelpers.time.latest());
    const alone = termsOf(fixture, { lane: 1n, expiresAt: now + DAY });
    await settlement.connect(driver).open(alone);
    await settleBatch(fixture, [settlementGroup(alone)]);

    await expect(settlement.connect(operator).refund(alone, 1))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(1, 0);
    await passEpochs();
    await settlement.connect(operator).refund(alone, USUAL_PRICE);
    await expect(settlement.connect(operator).refund(alone, 1))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(1, 0);
  });

  it("gives the driver's lane money from the operator's own part and touches no partner's", async () => {
    const { settlement, operator, driver } = fixture;
    const before = await partnerParts();

    expect(await outcomeOf(fixture, () => settlement.connect(operator).refund(terms, 1_000))).to.deep.equal({
      events: [["SessionRefunded", sessionId, driver.address, operator.address, 0n, AGREEMENT, 1_000n]],
      changes: { "driver/0 free": 1_000n, "operator shared withdrawn": 1_000n },
    });
    expect(await partnerParts()).to.deep.equal(before);
  });

  it("refunds the whole part in several steps, onto a lane that has a live session", async () => {
    const { settlement, operator, driver } = fixture;
    const now = BigInt(await networkHelpers.time.latest());
    const next = termsOf(fixture, { nonce: 1n, expiresAt: now + EPOCH_SECONDS });
    await settlement.connect(driver).open(next);
    const { freeMicro } = await settlement.accountOf(driver.address, 0);

    await settlement.connect(operator).refund(terms, 7);
    await settlement.connect(operator).refund(terms, OPERATOR_PART - 7n);

    expect((await settlement.accountOf(driver.address, 0)).freeMicro).to.equal(freeMicro + OPERATOR_PART);
    expect(await isLive(fixture, next)).to.equal(true);
  });

  it("is not stopped by the guardian, nor by a token that denies driver and operator", async () => {
    const hostile = await networkHelpers.loadFixture(hostileSettlementOfSixDecimals);
    const { settlement, erc20, driver, operator, openingGuard, guardian } = hostile;
    await settlement.connect(driver).deposit(driver.address, 0, 100_000_000n);
    const own = termsOf(hostile);
    await settlement.connect(driver).open(own);
    await settleBatch(hostile, [settlementGroup(own)]);
    await passEpochs();
    await openingGuard.connect(guardian).pauseOpening();
    await erc20.setDenied(driver.address, true);
    await erc20.setDenied(operator.address, true);

    expect((await outcomeOf(hostile, () => settlement.connect(operator).refund(own, 500))).changes).to.deep.equal({
      "driver/0 free": 500n,
      "operator withdrawn": 500n,
    });
  });
});
