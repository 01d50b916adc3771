import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  bondedSessions,
  challengeOf,
  challengeOutcomeOf,
  OVERCLAIMED,
  OVERCLAIMED_PRICE,
  settledAs,
  settledBatch,
  type SettledBatch,
} from "../../helpers/challenge-fixture.ts";
import {
  type MeterSettlementFixture,
  RECORDED_PRICE,
  recordOf,
  recordPair,
} from "../../helpers/meter-settlement-fixture.ts";
import { beginReading, endReading } from "../../helpers/ocmf.ts";
import type { LiveTerms, Terms } from "../../helpers/session-terms.ts";
import {
  CHALLENGE_WINDOW_SECONDS,
  DAY,
  DEPOSIT,
  EPOCH_SECONDS,
  sessionIn,
  settlementGroup,
  settlementOf,
  termsOf,
  openedAs,
} from "../../helpers/settlement-fixture.ts";

const TOO_MUCH = OVERCLAIMED_PRICE - RECORDED_PRICE;
/** By hand: 0.50 flat + 5 × 0.45 = 2.25 + 90 × 0.02 = 1.80, so 4.55 net; 8.1 % tax 0.36855. */
const LESS_PRICE = 4_918_550n;

describe("Challenges.challenge", () => {
  let fixture: MeterSettlementFixture;
  let terms: LiveTerms;
  let otherTerms: LiveTerms;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(bondedSessions);
    ({ terms, otherTerms } = fixture);
  });

  async function challenge(settled: SettledBatch, session: Terms, changes: Parameters<typeof challengeOf>[3] = {}) {
    const { challenges, relayer } = fixture;
    const call = challengeOf(fixture, settled, session, changes);
    return await challengeOutcomeOf(fixture, () => challenges.connect(relayer).challenge(...call));
  }

  /** The whole outcome of a challenge that lowers a price: no bond, no reward. */
  function lowered(settled: SettledBatch, session: Terms, paidMicro: bigint, provenMicro: bigint) {
    const sessionId = sessionIn(fixture, session);
    const { relayer } = fixture;
    const difference = paidMicro - provenMicro;
    return {
      proofs: [["ClaimChallenged", settled.batch, sessionId, relayer.address, paidMicro, provenMicro]],
      bonds: [],
      events: [["SessionCorrected", sessionId, relayer.address, difference]],
      changes: { [`driver/${session.lane.toString()} free`]: difference, "operator provisional": -difference },
    };
  }

  it("gives the driver what was charged too much, at once, from the operator's provisional credit alone", async () => {
    const settled = await settledAs(fixture, terms, OVERCLAIMED);

    expect(await challenge(settled, terms)).to.deep.equal(lowered(settled, terms, OVERCLAIMED_PRICE, RECORDED_PRICE));
    expect(await fixture.challenges.loweredTo(sessionIn(fixture, terms))).to.deep.equal([RECORDED_PRICE, true]);
  });

  it("takes two records, and a session whose hold was raised", async () => {
    const { settlement, driver } = fixture;
    await settlement.connect(driver).topUp(terms, terms.opening, 0, 5_000_000n);
    const settled = await settledAs(fixture, terms, OVERCLAIMED, 5_000_000n);

    const records = [...recordPair(fixture, terms)];

    expect((await challenge(settled, terms, { records })).changes).to.deep.equal({
      "driver/0 free": TOO_MUCH,
      "operator provisional": -TOO_MUCH,
    });
  });

  it("lowers the price again by a later record, and no record raises it", async () => {
    const settled = await settledAs(fixture, terms, OVERCLAIMED);
    const less = recordOf(fixture, terms, {
      readings: [beginReading, { ...endReading, RV: "105.000" }],
      header: { PG: '"T8"' },
    });
    await challenge(settled, terms);

    expect(await challenge(settled, terms, { records: [less] })).to.deep.equal(
      lowered(settled, terms, RECORDED_PRICE, LESS_PRICE),
    );
    const { challenges, relayer } = fixture;
    for (const [records, provenMicro] of [
      [[recordOf(fixture, terms)], RECORDED_PRICE],
      [[less], LESS_PRICE],
    ] as const) {
      await expect(
        challenges.connect(relayer).challenge(...challengeOf(fixture, settled, terms, { records: [...records] })),
      )
        .to.be.revertedWithCustomError(challenges, "NothingToCorrect")
        .withArgs(provenMicro, LESS_PRICE);
    }
  });

  it("counts the lower price only, whichever record came first", async () => {
    const settled = await settledAs(fixture, terms, OVERCLAIMED);
    const records = [
      recordOf(fixture, terms, { readings: [beginReading, { ...endReading, RV: "105.000" }], header: { PG: '"T8"' } }),
    ];

    await challenge(settled, terms, { records });

    const { freeMicro } = await fixture.settlement.accountOf(terms.driver, 0);
    expect(freeMicro).to.equal(DEPOSIT - LESS_PRICE);
  });

  it("finds a session anywhere in a batch of an odd size, and skipped ones between", async () => {
    const { settlement, driver, payer } = fixture;
    const sessions = [terms, { ...terms, nonce: 77n }, otherTerms];
    for (let lane = 2n; lane < 6n; lane += 1n) {
      await settlement.connect(payer).deposit(driver.address, lane, 30_000_000n);
      sessions.push(await openedAs(fixture, driver, termsOf(fixture, { evse: 1n, meter: 1n, lane })));
    }
    const items = sessions.map((session) => settlementOf(session, OVERCLAIMED));
    const whole = await settledBatch(fixture, [settlementGroup(terms, items)]);
    const leaves = whole.leaves.map((leaf, place) => (place === 1 ? `0x${"00".repeat(32)}` : leaf));
    const settled = { ...whole, leaves };

    for (const session of sessions.filter(({ nonce }) => nonce !== 77n)) {
      expect((await challenge(settled, session)).changes["operator provisional"]).to.equal(-TOO_MUCH);
    }
  });

  it("works in the last second of the window, in the next epoch too, and not one later", async () => {
    const { challenges, relayer } = fixture;
    const settled = await settledAs(fixture, terms, OVERCLAIMED);
    const deadline = settled.settledAt + CHALLENGE_WINDOW_SECONDS;
    const call = challengeOf(fixture, settled, terms);
    const snapshot = await networkHelpers.takeSnapshot();

    await networkHelpers.time.setNextBlockTimestamp(deadline + 1n);
    await expect(challenges.connect(relayer).challenge(...call))
      .to.be.revertedWithCustomError(challenges, "WindowPassed")
      .withArgs(deadline + 1n, deadline);
    await snapshot.restore();
    await networkHelpers.time.setNextBlockTimestamp(deadline);
    await challenges.connect(relayer).challenge(...call);

    await networkHelpers.time.increase(EPOCH_SECONDS + DAY);
    expect([...(await fixture.settlement.creditOf(terms.operator, 0))]).to.deep.equal([RECORDED_PRICE, 0n]);
  });

  it("takes an overcharge from a claim that was made by unreadable records, too", async () => {
    const group = settlementGroup(terms, [settlementOf(terms, OVERCLAIMED)], undefined, false);
    const settled = await settledBatch(fixture, [group]);

    expect((await challenge(settled, terms)).changes["driver/0 free"]).to.equal(TOO_MUCH);
  });
});
