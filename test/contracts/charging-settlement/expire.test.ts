import { expect } from "chai";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { eventsOf, outcomeOf } from "../../helpers/outcome.ts";
import type { Terms } from "../../helpers/session-terms.ts";
import {
  batchOf,
  DAY,
  fundedSettlement,
  HOLD,
  sessionIn,
  type SettlementFixture,
  settlementGroup,
  SettlementRefusal,
  termsOf,
  USUAL_PRICE,
  settleBatch,
  isLive,
  openingIn,
  commitmentIn,
} from "../../helpers/settlement-fixture.ts";

describe("ChargingSettlement.expire", () => {
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

  const wholeHoldBack = async () => ({
    events: [["SessionExpired", sessionId, terms.driver, HOLD]],
    changes: { "driver/0 free": HOLD, "driver/0 commitment": -(await commitmentIn(fixture, terms)) },
  });

  it("refuses a session that was never opened", async () => {
    const never = termsOf(fixture, { lane: 1n });

    await expect(fixture.settlement.connect(fixture.thief).expire(never, await openingIn(fixture, never), 0))
      .to.be.revertedWithCustomError(fixture.settlement, "NotLive")
      .withArgs(sessionIn(fixture, never));
  });

  for (const [statement, change] of [
    ["a larger hold", { holdMicro: HOLD + 1n }],
    ["an earlier expiry", { expiresAt: 1n }],
    ["another nonce", { nonce: 1n }],
    ["another agreement", { agreement: 1n }],
    ["more power", { maximumPowerW: 22_001n }],
    ["another EVSE", { evse: 8n }],
    ["another meter", { meter: 8n }],
    ["another operator", { operator: "0x1111111111111111111111111111111111111111" }],
    ["another tariff", { tariffId: "0x" + "11".repeat(32) }],
  ] as const) {
    it(`refuses terms with ${statement}`, async () => {
      await networkHelpers.time.increaseTo(terms.expiresAt + 1n);
      const changed = termsOf(fixture, change);

      await expect(fixture.settlement.connect(fixture.thief).expire(changed, await openingIn(fixture, changed), 0))
        .to.be.revertedWithCustomError(fixture.settlement, "NotLive")
        .withArgs(sessionIn(fixture, changed));
    });
  }

  it("refuses another sum of top-ups than the session's", async () => {
    const { settlement, driver, thief } = fixture;
    await networkHelpers.time.increaseTo(terms.expiresAt + 1n);
    await expect(settlement.connect(thief).expire(terms, await openingIn(fixture, terms), 1))
      .to.be.revertedWithCustomError(settlement, "NotLive")
      .withArgs(sessionId);

    await networkHelpers.loadFixture(openedSession);
    await settlement.connect(driver).topUp(terms, await openingIn(fixture, terms), 0, 500);
    await networkHelpers.time.increaseTo(terms.expiresAt + 1n);
    for (const toppedUpMicro of [0, 499, 501]) {
      await expect(settlement.connect(thief).expire(terms, await openingIn(fixture, terms), toppedUpMicro))
        .to.be.revertedWithCustomError(settlement, "NotLive")
        .withArgs(sessionId);
    }
  });

  it("refuses a session that was settled", async () => {
    const { settlement, driver } = fixture;
    await settleBatch(fixture, [settlementGroup(terms)]);
    await networkHelpers.time.increaseTo(terms.expiresAt + 1n);

    await expect(settlement.connect(driver).expire(terms, await openingIn(fixture, terms), 0))
      .to.be.revertedWithCustomError(settlement, "NotLive")
      .withArgs(sessionId);
  });

  it("refuses a session that has expired", async () => {
    const { settlement, driver } = fixture;
    await networkHelpers.time.increaseTo(terms.expiresAt + 1n);
    await settlement.connect(driver).expire(terms, await openingIn(fixture, terms), 0);

    await expect(settlement.connect(driver).expire(terms, await openingIn(fixture, terms), 0))
      .to.be.revertedWithCustomError(settlement, "NotLive")
      .withArgs(sessionId);
  });

  it("refuses until the second of the expiry is over, to driver and operator too", async () => {
    const { settlement, driver } = fixture;

    await expect(
      settlement.connect(driver).expire(terms, await openingIn(fixture, terms), 0),
    ).to.be.revertedWithCustomError(settlement, "NotExpired");

    for (const caller of [driver, fixture.operator]) {
      await networkHelpers.loadFixture(openedSession);
      await networkHelpers.time.setNextBlockTimestamp(terms.expiresAt);
      await expect(settlement.connect(caller).expire(terms, await openingIn(fixture, terms), 0))
        .to.be.revertedWithCustomError(settlement, "NotExpired")
        .withArgs(terms.expiresAt, terms.expiresAt);
    }
  });

  it("frees the whole hold in the second after, whoever calls", async () => {
    const { settlement, thief } = fixture;
    await networkHelpers.time.setNextBlockTimestamp(terms.expiresAt + 1n);

    expect(
      await outcomeOf(fixture, async () => settlement.connect(thief).expire(terms, await openingIn(fixture, terms), 0)),
    ).to.deep.equal(await wholeHoldBack());
  });

  it("frees what the driver topped up together with the hold", async () => {
    const { settlement, driver, thief } = fixture;
    await settlement.connect(driver).topUp(terms, await openingIn(fixture, terms), 0, 500);
    await networkHelpers.time.increaseTo(terms.expiresAt + 1n);

    expect(
      await outcomeOf(fixture, async () =>
        settlement.connect(thief).expire(terms, await openingIn(fixture, terms), 500),
      ),
    ).to.deep.equal({
      events: [["SessionExpired", sessionId, terms.driver, HOLD + 500n]],
      changes: { "driver/0 free": HOLD + 500n, "driver/0 commitment": -(await commitmentIn(fixture, terms, 500n)) },
    });
  });

  it("is not stopped by the guardian", async () => {
    const { settlement, openingGuard, guardian, thief } = fixture;
    await openingGuard.connect(guardian).pauseOpening();
    await networkHelpers.time.increaseTo(terms.expiresAt + 1n);

    expect(
      await outcomeOf(fixture, async () => settlement.connect(thief).expire(terms, await openingIn(fixture, terms), 0)),
    ).to.deep.equal(await wholeHoldBack());
  });

  it("answers the session id", async () => {
    await networkHelpers.time.increaseTo(terms.expiresAt + 1n);

    expect(await fixture.settlement.expire.staticCall(terms, await openingIn(fixture, terms), 0)).to.equal(sessionId);
  });

  it("frees the hold years later", async () => {
    const { settlement, thief } = fixture;
    await networkHelpers.time.increaseTo(terms.expiresAt + 3_650n * DAY);

    expect(
      await outcomeOf(fixture, async () => settlement.connect(thief).expire(terms, await openingIn(fixture, terms), 0)),
    ).to.deep.equal(await wholeHoldBack());
  });

  it("leaves the driver's session on another lane alone", async () => {
    const { settlement, driver, thief } = fixture;
    const other = termsOf(fixture, { lane: 1n, expiresAt: terms.expiresAt + 60n });
    await settlement.connect(driver).open(other);
    await networkHelpers.time.setNextBlockTimestamp(terms.expiresAt + 1n);

    expect(
      await outcomeOf(fixture, async () => settlement.connect(thief).expire(terms, await openingIn(fixture, terms), 0)),
    ).to.deep.equal(await wholeHoldBack());
    expect(await isLive(fixture, other)).to.equal(true);
  });

  for (const [statement, isExpiryFirst] of [
    ["the expiry when it comes first", true],
    ["the settlement when it comes first", false],
  ] as const) {
    it(`lets only ${statement} in a block that has both`, async () => {
      const { settlement, thief, relayer } = fixture;
      await networkHelpers.time.increaseTo(terms.expiresAt + 1n);
      await ethers.provider.send("evm_setAutomine", [false]);
      const overrides = { gasLimit: 500_000 };
      const [groups, evidenceRoot, signatures] = await batchOf(fixture, [settlementGroup(terms)]);
      const expire = async () => settlement.connect(thief).expire(terms, await openingIn(fixture, terms), 0, overrides);
      const settle = () => settlement.connect(relayer).settleBatch(groups, evidenceRoot, signatures, overrides);
      let first, second;
      try {
        // The pool orders by price and then by arrival.
        first = await (isExpiryFirst ? expire() : settle());
        second = await (isExpiryFirst ? settle() : expire());
        await networkHelpers.mine();
      } finally {
        await ethers.provider.send("evm_setAutomine", [true]);
      }
      const firstReceipt = await ethers.provider.getTransactionReceipt(first.hash);
      const secondReceipt = await ethers.provider.getTransactionReceipt(second.hash);
      expect(firstReceipt?.blockNumber).to.equal(secondReceipt?.blockNumber);

      const { freeMicro, commitment } = await settlement.accountOf(terms.driver, 0);
      const { provisionalMicro } = await settlement.creditOf(terms.operator, 0);
      if (isExpiryFirst) {
        expect(eventsOf(await second.wait(), settlement)).to.deep.equal([
          ["SettlementSkipped", sessionId, terms.driver, SettlementRefusal.NoLiveSession],
        ]);
        expect([freeMicro, commitment, provisionalMicro]).to.deep.equal([100_000_000n, 0n, 0n]);
      } else {
        expect(secondReceipt?.status).to.equal(0);
        expect([freeMicro, commitment, provisionalMicro]).to.deep.equal([100_000_000n - USUAL_PRICE, 0n, USUAL_PRICE]);
      }
    });
  }
});
