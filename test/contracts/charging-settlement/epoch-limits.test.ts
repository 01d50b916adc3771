import { expect } from "chai";

import { defaultRules } from "../../../scripts/deploy/contract-set.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import type { Metering, Terms } from "../../helpers/session-terms.ts";
import {
  DAY,
  EPOCH_SECONDS,
  fundedUnder,
  HOLD,
  sessionIn,
  settleBatch,
  type SettlementFixture,
  settlementGroup,
  settlementOf,
  SettlementRefusal,
  termsOf,
  USUAL,
  USUAL_PRICE,
} from "../../helpers/settlement-fixture.ts";

const NOTHING: Metering = { energyMicroWh: 0n, chargingSeconds: 0n, connectedSeconds: 0n };

/** Two holds can be given back in an epoch, and one settled by unreadable records. */
async function narrow(): Promise<SettlementFixture> {
  const limits = { epochReturnLimitMicro: 2n * HOLD, epochUnreadableLimitMicro: HOLD };
  return await fundedUnder({ ...defaultRules, ...limits });
}

describe("ChargingSettlement.settleBatch, limits of an epoch", () => {
  let fixture: SettlementFixture;
  let sessions: readonly Terms[];

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(narrow);
    const { settlement, payer, driver } = fixture;
    sessions = [2n, 3n, 4n].map((lane) => termsOf(fixture, { lane }));
    for (const terms of sessions) {
      await settlement.connect(payer).deposit(driver.address, terms.lane, HOLD);
      await settlement.connect(driver).open(terms);
    }
  });

  async function refusalsOf(items: readonly (readonly [Terms, Metering, boolean])[]): Promise<readonly unknown[]> {
    const groups = items.map(([terms, metering, isReadable]) =>
      settlementGroup(terms, [settlementOf(terms, metering)], undefined, isReadable),
    );
    const { events } = await outcomeOf(fixture, () => settleBatch(fixture, groups));
    return events.filter(([name]) => name === "SettlementSkipped").map(([, sessionId]) => sessionId);
  }

  it("skips what could give back more than the limit, and settles it in the next epoch", async () => {
    const [first, second, third] = sessions;
    if (first === undefined || second === undefined || third === undefined) throw new Error("Too few sessions");
    const items = [first, second, third].map((terms) => [terms, NOTHING, true] as const);

    expect(await refusalsOf(items)).to.deep.equal([sessionIn(fixture, third)]);
    expect(await refusalsOf([[third, NOTHING, true]])).to.deep.equal([sessionIn(fixture, third)]);
    await networkHelpers.time.increase(EPOCH_SECONDS);
    expect(await refusalsOf([[third, NOTHING, true]])).to.deep.equal([]);
  });

  it("counts what is given back and not what is charged", async () => {
    const [first, second, third] = sessions;
    if (first === undefined || second === undefined || third === undefined) throw new Error("Too few sessions");

    // 30 − 7.81 twice leaves 15.62: less than the third one's hold.
    expect(await refusalsOf([first, second].map((terms) => [terms, USUAL, true] as const))).to.deep.equal([]);
    expect(2n * HOLD - 2n * (HOLD - USUAL_PRICE) < HOLD).to.equal(true);
    expect(await refusalsOf([[third, USUAL, true]])).to.deep.equal([sessionIn(fixture, third)]);
  });

  it("takes another operator's sessions in the same epoch", async () => {
    const { settlement, payer, driver, otherOperator } = fixture;
    const other = termsOf(fixture, { lane: 5n, operator: otherOperator.address });
    await settlement.connect(payer).deposit(driver.address, 5, HOLD);
    await settlement.connect(driver).open(other);
    const items = sessions.map((terms) => [terms, NOTHING, true] as const);

    expect(await refusalsOf([...items, [other, NOTHING, true]])).to.deep.equal([
      sessionIn(fixture, sessions[2] ?? other),
    ]);
  });

  it("limits apart, with their whole holds, what rests on records that the contract cannot read", async () => {
    const [first, second, third] = sessions;
    if (first === undefined || second === undefined || third === undefined) throw new Error("Too few sessions");

    expect(await refusalsOf([[first, USUAL, false]])).to.deep.equal([]);
    expect(await refusalsOf([[second, USUAL, false]])).to.deep.equal([sessionIn(fixture, second)]);
    expect(await refusalsOf([[second, USUAL, true]])).to.deep.equal([]);
    await networkHelpers.time.increase(EPOCH_SECONDS);
    expect(await refusalsOf([[third, USUAL, false]])).to.deep.equal([]);
  });

  it("names the reason, and says what its limits are", async () => {
    const { settlement } = fixture;
    const groups = sessions.map((terms) => settlementGroup(terms, [settlementOf(terms, NOTHING)]));
    const { events } = await outcomeOf(fixture, () => settleBatch(fixture, groups));

    expect(events.find(([name]) => name === "SettlementSkipped")?.[3]).to.equal(SettlementRefusal.EpochLimitReached);
    expect([await settlement.epochReturnLimitMicro(), await settlement.epochUnreadableLimitMicro()]).to.deep.equal([
      2n * HOLD,
      HOLD,
    ]);
    expect(DAY).to.equal(EPOCH_SECONDS);
  });
});
