import { expect } from "chai";

import { setAccount } from "../../helpers/account-storage.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import { packTerms, type Terms } from "../../helpers/session-terms.ts";
import {
  DAY,
  DEPOSIT,
  fundedSettlement,
  HOLD,
  MAXIMUM_SESSION_SECONDS,
  OpeningRefusal,
  sessionIn,
  settlementGroup,
  type SettlementFixture,
  tariffWith,
  termsOf,
  USUAL_PRICE,
  settleBatch,
  isLive,
  openingIn,
  commitmentIn,
  groupOpened,
} from "../../helpers/settlement-fixture.ts";

describe("ChargingSettlement.open", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(fundedSettlement);
  });

  it("refuses terms of another driver", async () => {
    const { settlement, driver, thief } = fixture;

    await expect(settlement.connect(thief).open(termsOf(fixture)))
      .to.be.revertedWithCustomError(settlement, "NotDriver")
      .withArgs(thief.address, driver.address);
  });

  it("refuses a tariff that the operator never published", async () => {
    const { settlement, driver } = fixture;
    const tariffId = await fixture.tariffRegistry.tariffIdOf(tariffWith({ flatFeeMicro: 1n }));

    await expect(settlement.connect(driver).open(termsOf(fixture, { tariffId })))
      .to.be.revertedWithCustomError(settlement, "OpeningRefused")
      .withArgs(OpeningRefusal.TariffNotOffered, 0, 0);
  });

  it("refuses a tariff that only another operator offers", async () => {
    const { settlement, driver, tariffRegistry, operator, tariffId } = fixture;
    await tariffRegistry.connect(operator).retire(tariffId);

    await expect(settlement.connect(driver).open(termsOf(fixture)))
      .to.be.revertedWithCustomError(settlement, "OpeningRefused")
      .withArgs(OpeningRefusal.TariffNotOffered, 0, 0);
  });

  it("refuses an agreement that is not there, that no partner has signed, that is another operator's, or that is retired", async () => {
    const { settlement, driver, operator, otherOperator, partnerAgreements, payer } = fixture;
    const shares = [{ partner: payer.address, shareBps: 1_000n }];
    const refused = async (changes: Partial<Terms>) => {
      await expect(settlement.connect(driver).open(termsOf(fixture, changes)))
        .to.be.revertedWithCustomError(settlement, "OpeningRefused")
        .withArgs(OpeningRefusal.AgreementNotBinding, 0, 0);
    };

    await refused({ agreement: 1n });
    await partnerAgreements.connect(operator).propose(shares);
    await refused({ agreement: 1n });
    await partnerAgreements.connect(payer).sign(1);
    await refused({ agreement: 1n, operator: otherOperator.address });
    await partnerAgreements.connect(operator).retire(1);
    await refused({ agreement: 1n });
  });

  it("refuses everything while the guardian has paused opening", async () => {
    const { settlement, driver, guardian, openingGuard } = fixture;
    await openingGuard.connect(guardian).pauseOpening();

    await expect(settlement.connect(driver).open(termsOf(fixture))).to.be.revertedWithCustomError(
      settlement,
      "OpeningPaused",
    );
  });

  it("refuses a second session on the lane", async () => {
    const { settlement, driver } = fixture;
    await settlement.connect(driver).open(termsOf(fixture));

    await expect(settlement.connect(driver).open(termsOf(fixture, { nonce: 1n })))
      .to.be.revertedWithCustomError(settlement, "OpeningRefused")
      .withArgs(OpeningRefusal.SessionLive, 0, 0);
  });

  for (const [statement, nonce] of [
    ["a nonce that is used", 2n],
    ["a nonce that is yet to come", 4n],
  ] as const) {
    it(`refuses ${statement}`, async () => {
      const { settlement, driver } = fixture;
      for (let i = 0; i < 3; ++i) await settlement.connect(driver).advanceNonce(0);

      await expect(settlement.connect(driver).open(termsOf(fixture, { nonce })))
        .to.be.revertedWithCustomError(settlement, "OpeningRefused")
        .withArgs(OpeningRefusal.NonceMismatch, nonce, 3);
    });
  }

  it("refuses the last nonce, after which there would be no next", async () => {
    const { settlement, driver } = fixture;
    const nonce = 2n ** 32n - 1n;
    await setAccount(fixture, driver.address, 0n, { freeMicro: DEPOSIT, nonce, commitment: 0n });

    await expect(settlement.connect(driver).open(termsOf(fixture, { nonce })))
      .to.be.revertedWithCustomError(settlement, "OpeningRefused")
      .withArgs(OpeningRefusal.NonceExhausted, 0, 0);
  });

  it("refuses a hold of nothing", async () => {
    const { settlement, driver } = fixture;

    await expect(settlement.connect(driver).open(termsOf(fixture, { holdMicro: 0n })))
      .to.be.revertedWithCustomError(settlement, "OpeningRefused")
      .withArgs(OpeningRefusal.HoldZero, 0, 0);
  });

  it("refuses a hold above the free balance of the lane, whatever lies on other lanes", async () => {
    const { settlement, driver } = fixture;

    await expect(settlement.connect(driver).open(termsOf(fixture, { holdMicro: DEPOSIT + 1n })))
      .to.be.revertedWithCustomError(settlement, "OpeningRefused")
      .withArgs(OpeningRefusal.HoldAboveBalance, DEPOSIT + 1n, DEPOSIT);
  });

  it("refuses an expiry that is not after the time of the block", async () => {
    const { settlement, driver, startedAt } = fixture;
    const now = startedAt + 100n;
    await networkHelpers.time.setNextBlockTimestamp(now);

    await expect(settlement.connect(driver).open(termsOf(fixture, { expiresAt: now })))
      .to.be.revertedWithCustomError(settlement, "OpeningRefused")
      .withArgs(OpeningRefusal.ExpiryPassed, now, now);
  });

  it("refuses an expiry later than the longest session allows", async () => {
    const { settlement, driver, startedAt } = fixture;
    const now = startedAt + 100n;
    const latest = now + MAXIMUM_SESSION_SECONDS;
    await networkHelpers.time.setNextBlockTimestamp(now);

    await expect(settlement.connect(driver).open(termsOf(fixture, { expiresAt: latest + 1n })))
      .to.be.revertedWithCustomError(settlement, "OpeningRefused")
      .withArgs(OpeningRefusal.ExpiryTooLate, latest + 1n, latest);
  });

  it("binds the hold, uses the nonce and names the terms in full", async () => {
    const { settlement, driver } = fixture;
    const terms = termsOf(fixture);
    const sessionId = sessionIn(fixture, terms);

    expect(await outcomeOf(fixture, () => settlement.connect(driver).open(terms))).to.deep.equal({
      events: [await groupOpened(terms), ["SessionOpened", sessionId, driver.address, packTerms(terms)]],
      changes: {
        "driver/0 free": -HOLD,
        "driver/0 nonce": 1n,
        "driver/0 commitment": await commitmentIn(fixture, terms),
      },
    });
    expect(await isLive(fixture, terms)).to.equal(true);
  });

  it("invariant 20: keeps an open session's agreement when the operator retires it", async () => {
    const { settlement, driver, operator, partnerAgreements, payer } = fixture;
    await partnerAgreements.connect(operator).propose([{ partner: payer.address, shareBps: 1_000n }]);
    await partnerAgreements.connect(payer).sign(1);
    const terms = termsOf(fixture, { agreement: 1n });
    await settlement.connect(driver).open(terms);
    await partnerAgreements.connect(operator).retire(1);

    await settleBatch(fixture, [settlementGroup(terms)]);

    expect((await settlement.creditOf(operator.address, 1)).provisionalMicro).to.equal(USUAL_PRICE);
  });

  it("answers the session id", async () => {
    const { settlement, driver } = fixture;
    const terms = termsOf(fixture);

    expect(await settlement.connect(driver).open.staticCall(terms)).to.equal(sessionIn(fixture, terms));
  });

  it("takes the whole free balance as hold, for a single second", async () => {
    const { settlement, driver, startedAt } = fixture;
    const now = startedAt + 100n;
    await networkHelpers.time.setNextBlockTimestamp(now);

    await settlement.connect(driver).open(termsOf(fixture, { holdMicro: DEPOSIT, expiresAt: now + 1n }));

    expect((await settlement.accountOf(driver.address, 0)).freeMicro).to.equal(0n);
  });

  it("takes the longest session", async () => {
    const { settlement, driver, startedAt } = fixture;
    const now = startedAt + 100n;
    const terms = termsOf(fixture, { expiresAt: now + MAXIMUM_SESSION_SECONDS });
    await networkHelpers.time.setNextBlockTimestamp(now);

    await settlement.connect(driver).open(terms);

    expect(await isLive(fixture, terms)).to.equal(true);
  });

  it("opens sessions on several lanes at once", async () => {
    const { settlement, driver } = fixture;
    const first = termsOf(fixture);
    const second = termsOf(fixture, { lane: 1n, evse: 8n });
    await settlement.connect(driver).open(first);

    expect((await outcomeOf(fixture, () => settlement.connect(driver).open(second))).changes).to.deep.equal({
      "driver/1 free": -HOLD,
      "driver/1 nonce": 1n,
      "driver/1 commitment": await commitmentIn(fixture, second),
    });
    expect([await isLive(fixture, first), await isLive(fixture, second)]).to.deep.equal([true, true]);
  });

  it("uses the slot of a settled session, and of one that expired, again", async () => {
    const { settlement, driver, thief } = fixture;
    const settled = termsOf(fixture);
    await settlement.connect(driver).open(settled);
    await settleBatch(fixture, [settlementGroup(settled)]);
    const expired = termsOf(fixture, { nonce: 1n });
    await settlement.connect(driver).open(expired);
    await networkHelpers.time.increaseTo(expired.expiresAt + 1n);
    await settlement.connect(thief).expire(expired, await openingIn(fixture, expired), 0);

    const third = termsOf(fixture, { nonce: 2n, expiresAt: expired.expiresAt + DAY });
    expect((await outcomeOf(fixture, () => settlement.connect(driver).open(third))).changes).to.deep.equal({
      "driver/0 free": -HOLD,
      "driver/0 nonce": 1n,
      "driver/0 commitment": await commitmentIn(fixture, third),
    });
  });

  it("invariant 20: keeps an open session's tariff when the operator retires it", async () => {
    const { settlement, driver, operator, tariffRegistry, tariffId } = fixture;
    const terms = termsOf(fixture);
    await settlement.connect(driver).open(terms);
    await tariffRegistry.connect(operator).retire(tariffId);

    await settleBatch(fixture, [settlementGroup(terms)]);

    expect(await isLive(fixture, terms)).to.equal(false);
  });
});
