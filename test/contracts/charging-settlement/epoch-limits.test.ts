import { expect } from "chai";

import { defaultRules } from "../../../scripts/deploy/contract-set.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import type { Metering, Terms } from "../../helpers/session-terms.ts";
import {
  CHANGE_DELAY_SECONDS,
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

  it("gives an operator that has a multiple as much more, and no other", async () => {
    const { settlement, oracleCommittee, owner, operator, otherOperator, payer, driver } = fixture;
    await oracleCommittee.connect(owner).scheduleLimit(operator.address, 2);
    await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);
    const expiresAt = BigInt(await networkHelpers.time.latest()) + DAY;
    const opened: Terms[] = [];
    for (const [lane, named] of [
      [5n, operator],
      [6n, operator],
      [7n, operator],
      [8n, operator],
      [9n, otherOperator],
      [10n, otherOperator],
    ] as const) {
      await settlement.connect(payer).deposit(driver.address, lane, HOLD);
      const terms = termsOf(fixture, { lane, operator: named.address, expiresAt });
      await settlement.connect(driver).open(terms);
      opened.push(terms);
    }
    const [, , third, , , last] = opened;
    if (third === undefined || last === undefined) throw new Error("Too few sessions");

    // Holds by unreadable records: two of one operator, one of the other.
    const refused = await refusalsOf(opened.map((terms) => [terms, NOTHING, false] as const));
    expect(refused).to.deep.equal([third, opened[3] ?? last, last].map((terms) => sessionIn(fixture, terms)));
    // Holds given back at all: four of one operator.
    expect(await refusalsOf([third, opened[3] ?? last].map((terms) => [terms, NOTHING, true] as const))).to.deep.equal(
      [],
    );
  });

  it("skips everything where the limit was lowered below what was used, and goes on in the next epoch", async () => {
    const { settlement, oracleCommittee, owner, operator, payer, driver } = fixture;
    const by = oracleCommittee.connect(owner);
    await by.scheduleLimit(operator.address, 2);
    await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);
    // The delay is three days: what is scheduled in the middle of an epoch comes into force there.
    const now = BigInt(await networkHelpers.time.latest());
    await networkHelpers.time.increaseTo((now / EPOCH_SECONDS + 1n) * EPOCH_SECONDS + EPOCH_SECONDS / 2n);
    await by.scheduleLimit(operator.address, 1);
    const activeFrom = BigInt(await networkHelpers.time.latest()) + CHANGE_DELAY_SECONDS;
    const boundary = (activeFrom / EPOCH_SECONDS) * EPOCH_SECONDS;
    await networkHelpers.time.increaseTo(boundary);
    const expiresAt = boundary + DAY;
    const opened: Terms[] = [];
    for (const lane of [5n, 6n, 7n, 8n]) {
      await settlement.connect(payer).deposit(driver.address, lane, HOLD);
      opened.push(termsOf(fixture, { lane, expiresAt }));
    }
    for (const terms of opened) await settlement.connect(driver).open(terms);
    const [first, second, third, fourth] = opened;
    if (first === undefined || second === undefined || third === undefined || fourth === undefined) {
      throw new Error("Too few sessions");
    }
    expect(await refusalsOf([first, second, third].map((terms) => [terms, NOTHING, true] as const))).to.deep.equal([]);

    await networkHelpers.time.increaseTo(activeFrom);
    expect(await refusalsOf([[fourth, NOTHING, true]])).to.deep.equal([sessionIn(fixture, fourth)]);
    await networkHelpers.time.increaseTo(boundary + EPOCH_SECONDS);
    expect(await refusalsOf([[fourth, NOTHING, true]])).to.deep.equal([]);
  });
});
