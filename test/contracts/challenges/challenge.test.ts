import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  ANSWER_WINDOW_SECONDS,
  bondedSessions,
  challengeOf,
  challengeOutcomeOf,
  OVERCLAIMED,
  OVERCLAIMED_PRICE,
  settledAs,
  settledBatch,
  type SettledBatch,
  UNDERCLAIMED,
  UNDERCLAIMED_PRICE,
} from "../../helpers/challenge-fixture.ts";
import { activeMeter } from "../../helpers/meter-registry-fixture.ts";
import { type MeterSettlementFixture, RECORDED_PRICE, recordPair } from "../../helpers/meter-settlement-fixture.ts";
import { createTestKey } from "../../helpers/ocmf.ts";
import { packMetering, type Terms, type LiveTerms } from "../../helpers/session-terms.ts";
import {
  CHALLENGE_WINDOW_SECONDS,
  DAY,
  DEPOSIT,
  EPOCH_SECONDS,
  sessionIn,
  settlementGroup,
  settlementOf,
  termsOf,
  isLive,
  openedAs,
  HOUR,
} from "../../helpers/settlement-fixture.ts";

const TOO_MUCH = OVERCLAIMED_PRICE - RECORDED_PRICE;

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
    return await challengeOutcomeOf(fixture, () => challenges.connect(relayer).challenge(call));
  }

  async function openedAgain(changes: Partial<Terms> = {}): Promise<LiveTerms> {
    const { settlement, driver } = fixture;
    const lane = changes.lane ?? 0n;
    const { nonce } = await settlement.accountOf(driver.address, lane);
    const expiresAt = BigInt(await networkHelpers.time.latest()) + DAY;
    const again = termsOf(fixture, { evse: 1n, meter: 1n, nonce, expiresAt, ...changes });
    return await openedAs(fixture, driver, again);
  }

  /** The whole outcome of a challenge in the driver's favour. */
  async function refunded(settled: SettledBatch, session: Terms, chargedMicro: bigint, provenMicro: bigint) {
    const now = BigInt(await networkHelpers.time.latest());
    const sessionId = sessionIn(fixture, session);
    const { relayer } = fixture;
    const difference = chargedMicro - provenMicro;
    const answerableUntil = now + ANSWER_WINDOW_SECONDS;
    return {
      proofs: [
        ["ClaimChallenged", settled.batch, sessionId, relayer.address, chargedMicro, provenMicro, answerableUntil],
      ],
      events: [["SessionCorrected", sessionId, relayer.address, difference, 0n, 0n]],
      changes: {
        [`driver/${session.lane.toString()} free`]: difference,
        "operator provisional": -difference,
      },
    };
  }

  it("gives the driver what was charged too much, at once and from the operator's provisional credit", async () => {
    const settled = await settledAs(fixture, terms, OVERCLAIMED);

    const outcome = await challenge(settled, terms);

    expect(outcome).to.deep.equal(await refunded(settled, terms, OVERCLAIMED_PRICE, RECORDED_PRICE));
    const { challenges, relayer } = fixture;
    const now = BigInt(await networkHelpers.time.latest());
    expect([...(await challenges.disputeOf(sessionIn(fixture, terms)))]).to.deep.equal([
      relayer.address,
      now + ANSWER_WINDOW_SECONDS,
      1n,
      0b011n,
      OVERCLAIMED_PRICE,
      RECORDED_PRICE,
      settled.settledAt,
      settled.claims[0]?.metering,
    ]);
  });

  it("pays nothing yet for what was charged too little", async () => {
    const settled = await settledAs(fixture, terms, UNDERCLAIMED);

    const outcome = await challenge(settled, terms);

    const expected = await refunded(settled, terms, UNDERCLAIMED_PRICE, RECORDED_PRICE);
    expect(outcome).to.deep.equal({ proofs: expected.proofs, events: [], changes: {} });
  });

  it("takes a begin record and the end record that follows it", async () => {
    const settled = await settledAs(fixture, terms, OVERCLAIMED);

    const outcome = await challenge(settled, terms, { records: [...recordPair(fixture, terms)] });

    expect(outcome).to.deep.equal(await refunded(settled, terms, OVERCLAIMED_PRICE, RECORDED_PRICE));
  });

  it("corrects a time connected that no signed clock shows", async () => {
    const overstayed = { energyMicroWh: 12_345_000_000n, chargingSeconds: 5_400n, connectedSeconds: 8_400n };
    // (140 − 90 minutes) × 0.10 = 5.00 more, so 12.85525 net; 8.1 % tax 1.041275.
    await networkHelpers.time.increase(HOUR);
    const settled = await settledAs(fixture, terms, overstayed);

    expect(await challenge(settled, terms)).to.deep.equal(await refunded(settled, terms, 13_896_525n, RECORDED_PRICE));
  });

  it("takes place in batches of one, two and 300 sessions, at the first, middle and last", async () => {
    const { settlement, erc20, payer, driver } = fixture;
    await settledAs(fixture, terms, OVERCLAIMED);
    await settledAs(fixture, otherTerms, OVERCLAIMED);
    await erc20.mint(payer.address, 300n * DEPOSIT);
    await erc20.connect(payer).approve(await settlement.getAddress(), 300n * DEPOSIT);
    const sessions: LiveTerms[] = [];
    for (let lane = 2n; lane < 302n; lane += 1n) {
      await settlement.connect(payer).deposit(driver.address, lane, 30_000_000n);
      sessions.push(await openedAgain({ lane }));
    }
    const group = (some: readonly LiveTerms[]) =>
      settlementGroup(
        terms,
        some.map((one) => settlementOf(one, OVERCLAIMED)),
      );
    const many = await settledBatch(fixture, [group(sessions.slice(0, 150)), group(sessions.slice(150))]);
    // 299 − 256 = 43: the same bit in the two words of the map.
    for (const place of [0, 43, 44, 150, 255, 256, 299]) {
      const session = sessions[place];
      if (session === undefined) throw new Error("There are too few sessions");
      const { events } = await challenge(many, session);
      expect(events[0]?.slice(0, 4)).to.deep.equal([
        "SessionCorrected",
        sessionIn(fixture, session),
        fixture.relayer.address,
        TOO_MUCH,
      ]);
      await expect(challenge(many, session)).to.be.revertedWithCustomError(fixture.challenges, "AlreadyChallenged");
    }
  }).timeout(240_000);

  it("takes place for a session between others that were skipped", async () => {
    const never = { ...terms, nonce: 9n };
    const items = [never, terms, never, otherTerms, never].map((one) => settlementOf(one, OVERCLAIMED));
    await settledBatch(fixture, [settlementGroup(terms, items)]);
    const claims = [terms, otherTerms].map((one) => ({
      sessionId: sessionIn(fixture, one),
      metering: packMetering(OVERCLAIMED, 0n, one.opening),
    }));
    const settled = { batch: 0n, claims, settledAt: 0n };

    for (const session of [otherTerms, terms]) {
      expect(await challenge(settled, session)).to.deep.equal(
        await refunded(settled, session, OVERCLAIMED_PRICE, RECORDED_PRICE),
      );
    }
  });

  it("goes by the whole hold of a session that was topped up", async () => {
    const { settlement, driver } = fixture;
    await settlement.connect(driver).topUp(otherTerms, otherTerms.opening, 0, 1_000_000n);
    await networkHelpers.time.increase(14n * HOUR);
    const claim = { energyMicroWh: 300_000_000_000n, chargingSeconds: 0n, connectedSeconds: 0n };
    const settled = await settledAs(fixture, otherTerms, claim, 1_000_000n);

    expect(await challenge(settled, otherTerms)).to.deep.equal(
      await refunded(settled, otherTerms, otherTerms.holdMicro + 1_000_000n, RECORDED_PRICE),
    );
  });

  it("is not kept from it by the driver, who has withdrawn all", async () => {
    const { settlement, driver } = fixture;
    const settled = await settledAs(fixture, terms, OVERCLAIMED);
    const { freeMicro } = await settlement.accountOf(driver.address, 0);
    await settlement.connect(driver).withdraw(0, freeMicro, driver.address);

    expect(await challenge(settled, terms)).to.deep.equal(
      await refunded(settled, terms, OVERCLAIMED_PRICE, RECORDED_PRICE),
    );
    await settlement.connect(driver).withdraw(0, TOO_MUCH, driver.address);
  });

  it("takes place after the account was used for other sessions, one of them live", async () => {
    const settled = await settledAs(fixture, terms, OVERCLAIMED);
    await settledAs(fixture, await openedAgain(), OVERCLAIMED);
    const live = await openedAgain();

    expect(await challenge(settled, terms)).to.deep.equal(
      await refunded(settled, terms, OVERCLAIMED_PRICE, RECORDED_PRICE),
    );
    expect(await isLive(fixture, live)).to.equal(true);
  });

  it("finds the credit in the epoch of the settlement, from its first second to its last", async () => {
    const snapshot = await networkHelpers.takeSnapshot();
    const epoch = (fixture.startedAt / EPOCH_SECONDS + 1n) * EPOCH_SECONDS;
    for (const settledAt of [epoch - 1n, epoch, epoch + EPOCH_SECONDS - 1n]) {
      for (const after of [1n, EPOCH_SECONDS - 1n, CHALLENGE_WINDOW_SECONDS]) {
        await networkHelpers.time.setNextBlockTimestamp(settledAt);
        const settled = await settledAs(fixture, terms, OVERCLAIMED);
        await networkHelpers.time.setNextBlockTimestamp(settledAt + after);

        expect(await challenge(settled, terms), `${settledAt.toString()} + ${after.toString()}`).to.deep.equal(
          await refunded(settled, terms, OVERCLAIMED_PRICE, RECORDED_PRICE),
        );
        expect([...(await fixture.settlement.creditOf(terms.operator, 0))]).to.deep.equal([0n, RECORDED_PRICE]);
        await snapshot.restore();
      }
    }
  });

  it("counts the operator's other credit of both epochs apart", async () => {
    const { settlement } = fixture;
    const epoch = (fixture.startedAt / EPOCH_SECONDS + 1n) * EPOCH_SECONDS;
    await networkHelpers.time.setNextBlockTimestamp(epoch - 10n);
    const before = await settledAs(fixture, terms, OVERCLAIMED);
    await networkHelpers.time.setNextBlockTimestamp(epoch + 10n);
    const after = await settledAs(fixture, otherTerms, OVERCLAIMED);

    await challenge(before, terms);
    await challenge(after, otherTerms);

    expect([...(await settlement.creditOf(terms.operator, 0))]).to.deep.equal([0n, 2n * RECORDED_PRICE]);
    await networkHelpers.time.increaseTo(epoch + EPOCH_SECONDS);
    expect([...(await settlement.creditOf(terms.operator, 0))]).to.deep.equal([RECORDED_PRICE, RECORDED_PRICE]);
    await networkHelpers.time.increaseTo(epoch + 2n * EPOCH_SECONDS);
    expect([...(await settlement.creditOf(terms.operator, 0))]).to.deep.equal([2n * RECORDED_PRICE, 0n]);
  });

  it("takes the credit under the terms' agreement, and no partner has had it before", async () => {
    const { partnerAgreements, settlement, operator, otherOperator } = fixture;
    await partnerAgreements.connect(operator).propose([{ partner: otherOperator.address, shareBps: 5_000 }]);
    await partnerAgreements.connect(otherOperator).sign(1);
    await settledAs(fixture, terms, OVERCLAIMED);
    const shared = await openedAgain({ agreement: 1n });
    const settled = await settledAs(fixture, shared, OVERCLAIMED);
    await expect(settlement.connect(otherOperator).withdrawCredit(operator.address, 1, 1, otherOperator.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(1n, 0n);

    const { changes } = await challenge(settled, shared);

    expect(changes).to.deep.equal({ "driver/0 free": TOO_MUCH, "operator shared provisional": -TOO_MUCH });
  });

  it("is not kept from it by an operator who retires, exchanges or revokes the meter", async () => {
    const { meterRegistry, operator, registryFixture } = fixture;
    const settled = await settledAs(fixture, terms, OVERCLAIMED);
    const snapshot = await networkHelpers.takeSnapshot();
    const escapes = [
      () => meterRegistry.connect(operator).retireMeter(1),
      () => activeMeter(registryFixture, { evse: 1n, key: createTestKey("secp256r1") }),
      () => meterRegistry.connect(operator).revokeMeter(1),
    ];
    for (const escape of escapes) {
      await escape();
      expect(await challenge(settled, terms)).to.deep.equal(
        await refunded(settled, terms, OVERCLAIMED_PRICE, RECORDED_PRICE),
      );
      await snapshot.restore();
    }
    // Also where the key was revoked before the wrong settlement.
    await meterRegistry.connect(operator).revokeMeter(2);
    const later = await settledAs(fixture, otherTerms, OVERCLAIMED);
    expect(await challenge(later, otherTerms)).to.deep.equal(
      await refunded(later, otherTerms, OVERCLAIMED_PRICE, RECORDED_PRICE),
    );
  });

  it("corrects the same, whoever sends a copy of it first", async () => {
    const { challenges, driver, thief } = fixture;
    const settled = await settledAs(fixture, terms, OVERCLAIMED);
    const call = challengeOf(fixture, settled, terms);

    const { changes } = await challengeOutcomeOf(fixture, () => challenges.connect(thief).challenge(call));

    expect(changes).to.deep.equal({ "driver/0 free": TOO_MUCH, "operator provisional": -TOO_MUCH });
    await expect(challenges.connect(driver).challenge(call)).to.be.revertedWithCustomError(
      challenges,
      "AlreadyChallenged",
    );
  });

  it("is closed to whoever would correct without a challenge", async () => {
    const { settlement, thief, oracles, owner } = fixture;
    const correction = {
      sessionId: sessionIn(fixture, terms),
      driver: thief.address,
      lane: 0,
      operator: terms.operator,
      agreement: 0,
      settledAt: 0,
      chargedMicro: 1,
      provenMicro: 0,
      challenger: thief.address,
      rewardMicro: 1,
      liable: oracles.map(({ address }) => address),
    };
    for (const caller of [thief, owner, ...oracles]) {
      await expect(settlement.connect(caller).correct(correction))
        .to.be.revertedWithCustomError(settlement, "NotNeighbour")
        .withArgs(caller.address);
    }
  });
});
