import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { eventsOf, outcomeOf } from "../../helpers/outcome.ts";
import type { LiveTerms } from "../../helpers/session-terms.ts";
import {
  commitmentIn,
  DAY,
  fundedSettlement,
  HOLD,
  isLive,
  openedAs,
  sessionIn,
  settleBatch,
  type SettlementFixture,
  settlementGroup,
  type Signer,
  termsOf,
} from "../../helpers/settlement-fixture.ts";

describe("ChargingSettlement.release", () => {
  let fixture: SettlementFixture;
  let terms: LiveTerms;
  let sessionId: string;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(fundedSettlement);
    terms = await openedAs(fixture, fixture.driver, termsOf(fixture));
    sessionId = sessionIn(fixture, terms);
  });

  function release(caller: Signer, named = terms, toppedUpMicro = 0n) {
    return fixture.settlement.connect(caller).release(named, named.opening, toppedUpMicro);
  }

  async function wholeHoldBack(releaser: Signer) {
    return {
      events: [["SessionReleased", sessionId, terms.driver, releaser.address, HOLD]],
      changes: { "driver/0 free": HOLD, "driver/0 commitment": -(await commitmentIn(fixture, terms)) },
    };
  }

  async function expectNotLive(named = terms, toppedUpMicro = 0n): Promise<void> {
    await expect(release(fixture.operator, named, toppedUpMicro))
      .to.be.revertedWithCustomError(fixture.settlement, "NotLive")
      .withArgs(sessionIn(fixture, named));
  }

  it("refuses everybody but the operator and whom it appointed: driver, other operator, its releaser, oracles, owner", async () => {
    const { settlement, operator, otherOperator, driver, oracles, owner, thief, payer } = fixture;
    await settlement.connect(otherOperator).changeReleaser(payer.address, true);

    for (const caller of [driver, otherOperator, payer, ...oracles, owner, thief]) {
      await expect(release(caller))
        .to.be.revertedWithCustomError(settlement, "NotReleaser")
        .withArgs(caller.address, operator.address);
    }
    expect(await isLive(fixture, terms)).to.equal(true);
  });

  it("refuses an account that was dismissed, and takes it again when it is appointed again", async () => {
    const { settlement, operator, relayer } = fixture;
    await settlement.connect(operator).changeReleaser(relayer.address, true);
    await settlement.connect(operator).changeReleaser(relayer.address, false);
    await expect(release(relayer)).to.be.revertedWithCustomError(settlement, "NotReleaser");

    await settlement.connect(operator).changeReleaser(relayer.address, true);

    expect(await outcomeOf(fixture, () => release(relayer))).to.deep.equal(await wholeHoldBack(relayer));
  });

  it("refuses a session that never opened, was released, was settled, or has expired", async () => {
    const { settlement, operator, driver, thief } = fixture;
    await expectNotLive({ ...terms, lane: 1n });

    await release(operator);
    await expectNotLive();

    const settled = await openedAs(fixture, driver, termsOf(fixture, { nonce: 1n }));
    await settleBatch(fixture, [settlementGroup(settled)]);
    await expectNotLive(settled);

    const expired = await openedAs(fixture, driver, termsOf(fixture, { nonce: 2n }));
    await networkHelpers.time.increaseTo(expired.expiresAt + 1n);
    await settlement.connect(thief).expire(expired, expired.opening, 0);
    await expectNotLive(expired);
  });

  it("refuses other terms, another opening and another top-up", async () => {
    const { settlement, driver } = fixture;
    await settlement.connect(driver).topUp(terms, terms.opening, 0, 500n);
    const { openedAt, salt } = terms.opening;

    await expectNotLive({ ...terms, holdMicro: HOLD + 1n }, 500n);
    await expectNotLive({ ...terms, opening: { openedAt: openedAt - 1n, salt } }, 500n);
    await expectNotLive({ ...terms, opening: { openedAt, salt: salt ^ 1n } }, 500n);
    for (const toppedUpMicro of [0n, 499n, 501n]) await expectNotLive(terms, toppedUpMicro);
  });

  it("gives the whole hold back by the operator, in the block after the opening", async () => {
    expect(await outcomeOf(fixture, () => release(fixture.operator))).to.deep.equal(
      await wholeHoldBack(fixture.operator),
    );
  });

  it("gives hold and top-up back by an appointed account", async () => {
    const { settlement, operator, driver, payer } = fixture;
    await settlement.connect(driver).topUp(terms, terms.opening, 0, 500n);
    await settlement.connect(operator).changeReleaser(payer.address, true);

    expect(await outcomeOf(fixture, () => release(payer, terms, 500n))).to.deep.equal({
      events: [["SessionReleased", sessionId, terms.driver, payer.address, HOLD + 500n]],
      changes: { "driver/0 free": HOLD + 500n, "driver/0 commitment": -(await commitmentIn(fixture, terms, 500n)) },
    });
  });

  it("works after the expiry too, as long as nobody expired the session", async () => {
    await networkHelpers.time.increaseTo(terms.expiresAt + 30n * DAY);

    expect(await outcomeOf(fixture, () => release(fixture.operator))).to.deep.equal(
      await wholeHoldBack(fixture.operator),
    );
  });

  it("counts against no limit, and leaves quorum and meter nothing to settle", async () => {
    const { settlement, operator } = fixture;
    await release(operator);

    const { events, changes } = await outcomeOf(fixture, () => settleBatch(fixture, [settlementGroup(terms)]));

    expect(events.map(([name]) => name)).to.deep.equal(["SettlementSkipped"]);
    expect(changes).to.deep.equal({});
    expect([...(await settlement.creditOf(operator.address, 0))]).to.deep.equal([0n, 0n]);
  });

  it("answers the session id", async () => {
    const { settlement, operator } = fixture;

    expect(await settlement.connect(operator).release.staticCall(terms, terms.opening, 0)).to.equal(sessionId);
  });
});

describe("ChargingSettlement.changeReleaser", () => {
  it("tells what changed, and nothing where nothing did", async () => {
    const fixture = await networkHelpers.loadFixture(fundedSettlement);
    const { settlement, operator, payer } = fixture;
    const change = async (isAppointed: boolean) => {
      const sent = await settlement.connect(operator).changeReleaser(payer.address, isAppointed);
      return eventsOf(await sent.wait(), settlement);
    };

    for (const isAppointed of [true, false]) {
      expect(await change(isAppointed)).to.deep.equal([
        ["ReleaserChanged", operator.address, payer.address, isAppointed],
      ]);
      expect(await change(isAppointed)).to.deep.equal([]);
      expect(await settlement.isReleaser(operator.address, payer.address)).to.equal(isAppointed);
    }
    expect(await settlement.isReleaser(payer.address, operator.address)).to.equal(false);
  });
});
