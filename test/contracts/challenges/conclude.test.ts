import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  BOND,
  bondedSessions,
  challenged,
  challengeOf,
  challengeOutcomeOf,
  OVERCLAIMED,
  OVERCLAIMED_PRICE,
  REWARD,
  settledAs,
  UNDERCLAIMED,
  UNDERCLAIMED_PRICE,
} from "../../helpers/challenge-fixture.ts";
import {
  type MeterSettlementFixture,
  meteredSessions,
  RECORDED,
  RECORDED_PRICE,
} from "../../helpers/meter-settlement-fixture.ts";
import {
  batchOf,
  CHANGE_DELAY_SECONDS,
  claimsOf,
  DAY,
  HOUR,
  sessionIn,
  settlementGroup,
  settlementOf,
  openedAs,
  termsOf,
} from "../../helpers/settlement-fixture.ts";
import { type LiveTerms } from "../../helpers/session-terms.ts";

const MISSING = RECORDED_PRICE - UNDERCLAIMED_PRICE;

describe("Challenges.conclude", () => {
  let fixture: MeterSettlementFixture;
  let terms: LiveTerms;
  let sessionId: string;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(bondedSessions);
    ({ terms } = fixture);
    sessionId = sessionIn(fixture, terms);
  });

  function conclude(session = terms) {
    const { challenges, thief } = fixture;
    return challengeOutcomeOf(fixture, () => challenges.connect(thief).conclude(session));
  }

  function concluded() {
    return [["ChallengeConcluded", sessionId, fixture.relayer.address]];
  }

  function oracleAt(index: number): string {
    const oracle = fixture.oracles[index];
    if (oracle === undefined) throw new Error("There are too few oracles");
    return oracle.address;
  }

  it("refuses a session without a dispute, and one whose dispute was concluded", async () => {
    const { challenges } = fixture;
    await expect(challenges.conclude(terms))
      .to.be.revertedWithCustomError(challenges, "DisputeUnknown")
      .withArgs(sessionId);
    const { answerableUntil } = await challenged(fixture, terms, OVERCLAIMED);
    await networkHelpers.time.increaseTo(answerableUntil);
    await conclude();

    await expect(challenges.conclude(terms))
      .to.be.revertedWithCustomError(challenges, "DisputeUnknown")
      .withArgs(sessionId);
  });

  it("refuses up to the last second of the answer window", async () => {
    const { answerableUntil } = await challenged(fixture, terms, OVERCLAIMED);
    await networkHelpers.time.setNextBlockTimestamp(answerableUntil);

    await expect(fixture.challenges.conclude(terms))
      .to.be.revertedWithCustomError(fixture.challenges, "AnswerPending")
      .withArgs(answerableUntil, answerableUntil);
  });

  it("pays the challenger from the signers' bonds, whoever sends it, where too much was charged", async () => {
    const { answerableUntil } = await challenged(fixture, terms, OVERCLAIMED);
    await networkHelpers.time.setNextBlockTimestamp(answerableUntil + 1n);

    expect(await conclude()).to.deep.equal({
      proofs: concluded(),
      events: [
        ["BondUsed", oracleAt(0), sessionId, REWARD],
        ["SessionCorrected", sessionId, fixture.relayer.address, 0n, 0n, REWARD],
      ],
      changes: { "oracle 0 bond": -REWARD, "relayer/0 free": REWARD },
    });
  });

  it("pays the operator, and then the challenger, where too little was charged", async () => {
    const { answerableUntil } = await challenged(fixture, terms, UNDERCLAIMED);
    await networkHelpers.time.setNextBlockTimestamp(answerableUntil + 1n);

    expect(await conclude()).to.deep.equal({
      proofs: concluded(),
      events: [
        ["BondUsed", oracleAt(0), sessionId, MISSING],
        ["BondUsed", oracleAt(0), sessionId, REWARD],
        ["SessionCorrected", sessionId, fixture.relayer.address, 0n, MISSING, REWARD],
      ],
      // The rest of the hold stays the driver's; the compensation is final. What was charged became final by time, too.
      changes: { "oracle 0 bond": -MISSING - REWARD, "operator final": MISSING, "relayer/0 free": REWARD },
    });
  });

  it("goes from bond to bond of those who signed, and spares the others", async () => {
    await loadWithoutBonds();
    const { settlement, challenges, relayer, oracles } = fixture;
    // The first oracle did not sign.
    const signers = oracles.slice(1);
    const group = settlementGroup(terms, [settlementOf(terms, { ...UNDERCLAIMED, energyMicroWh: 0n })]);
    await settlement.settleBatch(...(await batchOf(fixture, [group], signers)));
    const settled = { batch: 0n, claims: await claimsOf(fixture, [group]), settledAt: 0n };
    await challenges.connect(relayer).challenge(challengeOf(fixture, settled, terms));
    await postBonds(BOND, 2_000_000n, 30_000_000n);
    await networkHelpers.time.increase(DAY);

    const { changes } = await conclude();

    expect(changes).to.deep.equal({
      "oracle 1 bond": -2_000_000n,
      "oracle 2 bond": -(RECORDED_PRICE + REWARD - 2_000_000n),
      "operator final": RECORDED_PRICE,
      "relayer/0 free": REWARD,
    });
  });

  it("pays as far as the bonds go, the operator first, and leaves the rest unpaid", async () => {
    await loadWithoutBonds();
    const { answerableUntil } = await challenged(fixture, terms, UNDERCLAIMED);
    await networkHelpers.time.increaseTo(answerableUntil);
    const snapshot = await networkHelpers.takeSnapshot();
    for (const [first, second] of [
      [0n, 0n],
      [1_000_000n, 2_000_000n],
      [MISSING, 0n],
      [MISSING, 1n],
      [0n, MISSING + REWARD - 1n],
    ] as const) {
      await postBonds(first, second, BOND);
      const compensated = first + second < MISSING ? first + second : MISSING;
      const rewarded = first + second - compensated;

      const { events, changes } = await conclude();

      expect(events.at(-1)).to.deep.equal([
        "SessionCorrected",
        sessionId,
        fixture.relayer.address,
        0n,
        compensated,
        rewarded,
      ]);
      expect(changes["oracle 2 bond"]).to.equal(undefined);
      expect((changes["operator final"] ?? 0n) + (changes["relayer/0 free"] ?? 0n)).to.equal(first + second);
      await snapshot.restore();
    }
  });

  it("corrects also where no oracle has a bond", async () => {
    await loadWithoutBonds();
    const { answerableUntil } = await challenged(fixture, terms, OVERCLAIMED);
    await networkHelpers.time.increaseTo(answerableUntil);

    expect(await conclude()).to.deep.equal({
      proofs: concluded(),
      events: [["SessionCorrected", sessionId, fixture.relayer.address, 0n, 0n, 0n]],
      changes: {},
    });
  });

  it("finds the bonds of oracles that left, or resigned, right after they had signed", async () => {
    const { oracleCommittee, settlement, owner, oracles, thief, driver } = fixture;
    await settledAs(fixture, terms, RECORDED);
    const now = BigInt(await networkHelpers.time.latest()) + 1n;
    await networkHelpers.time.setNextBlockTimestamp(now);
    await oracleCommittee.connect(owner).schedule([thief.address], 1);
    const next = termsOf(fixture, { evse: 1n, meter: 1n, nonce: 1n, expiresAt: now + DAY });
    terms = await openedAs(fixture, driver, next);
    await networkHelpers.time.increase(2n * HOUR);
    await networkHelpers.time.setNextBlockTimestamp(now + CHANGE_DELAY_SECONDS - 2n);
    const settled = await settledAs(fixture, terms, OVERCLAIMED);
    for (const oracle of oracles.slice(0, 1)) await oracleCommittee.connect(oracle).resign();
    await networkHelpers.time.setNextBlockTimestamp(settled.settledAt + DAY);
    await fixture.challenges.connect(fixture.relayer).challenge(challengeOf(fixture, settled, terms));
    await networkHelpers.time.setNextBlockTimestamp(settled.settledAt + DAY + 12n * HOUR + 1n);

    for (const oracle of oracles) {
      await expect(settlement.connect(oracle).withdrawBond(1, oracle.address))
        .to.be.revertedWithCustomError(settlement, "BondBound")
        .withArgs(oracle.address);
    }
    expect((await conclude()).changes).to.deep.equal({ "oracle 0 bond": -REWARD, "relayer/0 free": REWARD });
  });

  it("gives an oracle that challenges itself no more than its own bond, and the driver what is the driver's", async () => {
    const { challenges, settlement, oracles } = fixture;
    const [oracle] = oracles;
    if (oracle === undefined) throw new Error("There are no oracles");
    const settled = await settledAs(fixture, terms, OVERCLAIMED);
    const { changes } = await challengeOutcomeOf(fixture, () =>
      challenges.connect(oracle).challenge(challengeOf(fixture, settled, terms)),
    );
    expect(changes["driver/0 free"]).to.equal(OVERCLAIMED_PRICE - RECORDED_PRICE);
    await networkHelpers.time.increase(DAY);

    await conclude();

    expect(await settlement.bondOf(oracle.address)).to.equal(BOND - REWARD);
    expect((await settlement.accountOf(oracle.address, 0)).freeMicro).to.equal(REWARD);
  });

  async function loadWithoutBonds(): Promise<void> {
    fixture = await networkHelpers.loadFixture(meteredSessions);
    ({ terms } = fixture);
    sessionId = sessionIn(fixture, terms);
  }

  async function postBonds(...amounts: readonly bigint[]): Promise<void> {
    const { settlement, payer } = fixture;
    for (const [index, amount] of amounts.entries()) {
      if (amount > 0n) await settlement.connect(payer).postBond(oracleAt(index), amount);
    }
  }
});
