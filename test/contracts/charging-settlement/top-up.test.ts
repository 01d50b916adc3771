import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import type { Terms } from "../../helpers/session-terms.ts";
import {
  batchOf,
  DEPOSIT,
  fundedSettlement,
  HOLD,
  HOUR,
  sessionIn,
  settleBatch,
  type SettlementFixture,
  settlementGroup,
  settlementOf,
  termsOf,
  USUAL,
  USUAL_PRICE,
  isLive,
  openingIn,
  commitmentIn,
} from "../../helpers/settlement-fixture.ts";

const MARGIN_SECONDS = 2n * HOUR;

describe("ChargingSettlement.topUp", () => {
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

  async function expectNotLive(named: Terms, toppedUpMicro: bigint): Promise<void> {
    const { settlement, driver } = fixture;
    await expect(settlement.connect(driver).topUp(named, await openingIn(fixture, named), toppedUpMicro, 1))
      .to.be.revertedWithCustomError(settlement, "NotLive")
      .withArgs(sessionIn(fixture, named));
  }

  it("refuses everybody but the driver", async () => {
    const { settlement, driver, operator, thief } = fixture;
    for (const caller of [operator, thief]) {
      await expect(settlement.connect(caller).topUp(terms, await openingIn(fixture, terms), 0, 1))
        .to.be.revertedWithCustomError(settlement, "NotDriver")
        .withArgs(caller.address, driver.address);
    }
  });

  it("refuses a top-up of zero", async () => {
    const { settlement, driver } = fixture;

    await expect(
      settlement.connect(driver).topUp(terms, await openingIn(fixture, terms), 0, 0),
    ).to.be.revertedWithCustomError(settlement, "AmountZero");
  });

  it("refuses a session that was never opened, or has other terms", async () => {
    await expectNotLive(termsOf(fixture, { lane: 1n }), 0n);
    await expectNotLive({ ...terms, holdMicro: HOLD - 1n }, 0n);
    await expectNotLive({ ...terms, nonce: 1n }, 0n);
  });

  it("refuses a session that was settled or has expired", async () => {
    const { settlement, driver, thief } = fixture;
    await settleBatch(fixture, [settlementGroup(terms)]);
    await expectNotLive(terms, 0n);

    const next = termsOf(fixture, { nonce: 1n });
    await settlement.connect(driver).open(next);
    await networkHelpers.time.increaseTo(next.expiresAt + 1n);
    await settlement.connect(thief).expire(next, await openingIn(fixture, next), 0);
    await expectNotLive(next, 0n);
  });

  it("refuses another sum of earlier top-ups than the session's", async () => {
    await expectNotLive(terms, 1n);
    await fixture.settlement.connect(fixture.driver).topUp(terms, await openingIn(fixture, terms), 0, 500);

    for (const toppedUpMicro of [0n, 499n, 501n]) await expectNotLive(terms, toppedUpMicro);
  });

  it("refuses in the last two hours, so that no settlement can be outrun", async () => {
    const { settlement, driver } = fixture;
    const latest = terms.expiresAt - MARGIN_SECONDS;
    await networkHelpers.time.setNextBlockTimestamp(latest + 1n);

    await expect(settlement.connect(driver).topUp(terms, await openingIn(fixture, terms), 0, 1))
      .to.be.revertedWithCustomError(settlement, "TopUpTooLate")
      .withArgs(latest + 1n, latest);
  });

  it("refuses a session so short that the two hours begin before it", async () => {
    const { settlement, driver } = fixture;
    const now = BigInt(await networkHelpers.time.latest());
    const short = termsOf(fixture, { lane: 1n, expiresAt: now + HOUR });
    await settlement.connect(driver).open(short);

    await expect(
      settlement.connect(driver).topUp(short, await openingIn(fixture, short), 0, 1),
    ).to.be.revertedWithCustomError(settlement, "TopUpTooLate");
  });

  it("refuses more than the free balance of the lane, whatever lies on other lanes", async () => {
    const { settlement, driver } = fixture;
    const free = DEPOSIT - HOLD;

    await expect(settlement.connect(driver).topUp(terms, await openingIn(fixture, terms), 0, free + 1n))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(free + 1n, free);
  });

  it("binds more of the free balance, and uses no nonce", async () => {
    const { settlement, driver } = fixture;

    expect(
      await outcomeOf(fixture, async () =>
        settlement.connect(driver).topUp(terms, await openingIn(fixture, terms), 0, 500),
      ),
    ).to.deep.equal({
      events: [["SessionToppedUp", sessionId, driver.address, 500n]],
      changes: {
        "driver/0 free": -500n,
        "driver/0 commitment": (await commitmentIn(fixture, terms, 500n)) - (await commitmentIn(fixture, terms)),
      },
    });
  });

  it("adds up, to the last millionth of the balance, in the last second that it can", async () => {
    const { settlement, driver } = fixture;
    await settlement.connect(driver).topUp(terms, await openingIn(fixture, terms), 0, 500);
    const rest = DEPOSIT - HOLD - 500n;
    await networkHelpers.time.setNextBlockTimestamp(terms.expiresAt - MARGIN_SECONDS);

    expect(
      await outcomeOf(fixture, async () =>
        settlement.connect(driver).topUp(terms, await openingIn(fixture, terms), 500, rest),
      ),
    ).to.deep.equal({
      events: [["SessionToppedUp", sessionId, driver.address, 500n + rest]],
      changes: {
        "driver/0 free": -rest,
        "driver/0 commitment":
          (await commitmentIn(fixture, terms, 500n + rest)) - (await commitmentIn(fixture, terms, 500n)),
      },
    });
  });

  it("is not stopped by the guardian", async () => {
    const { settlement, driver, openingGuard, guardian } = fixture;
    await openingGuard.connect(guardian).pauseOpening();

    await settlement.connect(driver).topUp(terms, await openingIn(fixture, terms), 0, 500);

    expect(await isLive(fixture, terms, 500n)).to.equal(true);
  });

  it("leaves withdrawing the rest of the free balance to the driver", async () => {
    const { settlement, driver } = fixture;
    await settlement.connect(driver).topUp(terms, await openingIn(fixture, terms), 0, 500);
    const free = DEPOSIT - HOLD - 500n;

    await expect(settlement.connect(driver).withdraw(0, free + 1n, driver.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(free + 1n, free);
    await settlement.connect(driver).withdraw(0, free, driver.address);
  });

  it("cannot keep a session from being settled: claims that it outran are claimed again, and two hours are left", async () => {
    const { settlement, driver, relayer, operator } = fixture;
    const [groups, evidenceRoot, signatures] = await batchOf(fixture, [settlementGroup(terms)]);
    await networkHelpers.time.increaseTo(terms.expiresAt - MARGIN_SECONDS - 60n);
    await settlement.connect(driver).topUp(terms, await openingIn(fixture, terms), 0, 1);
    await settlement.connect(relayer).settleBatch(groups, evidenceRoot, signatures);
    expect(await isLive(fixture, terms, 1n)).to.equal(true);

    await networkHelpers.time.increaseTo(terms.expiresAt - MARGIN_SECONDS + 1n);
    await expect(
      settlement.connect(driver).topUp(terms, await openingIn(fixture, terms), 1, 1),
    ).to.be.revertedWithCustomError(settlement, "TopUpTooLate");
    await settleBatch(fixture, [settlementGroup(terms, [settlementOf(terms, USUAL, 1n)])]);

    expect((await settlement.creditOf(operator.address, 0)).provisionalMicro).to.equal(USUAL_PRICE);
  });
});
