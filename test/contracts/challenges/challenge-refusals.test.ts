import { expect } from "chai";
import { toBeHex, ZeroHash } from "ethers";

import { defaultRules } from "../../../scripts/deploy/contract-set.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import {
  bondedSessions,
  bondedUnder,
  type ChallengeCall,
  challengeOf,
  OVERCLAIMED,
  settledAs,
  settledBatch,
  type SettledBatch,
} from "../../helpers/challenge-fixture.ts";
import { linksOf } from "../../helpers/claims.ts";
import {
  type MeterSettlementFixture,
  RECORDED,
  RECORDED_PRICE,
  recordOf,
  tagIn,
} from "../../helpers/meter-settlement-fixture.ts";
import { packMetering, type LiveTerms } from "../../helpers/session-terms.ts";
import {
  batchOf,
  CHALLENGE_WINDOW_SECONDS,
  sessionIn,
  settlementGroup,
  settlementOf,
  TARIFF,
  tariffWith,
  termsOf,
  openedAs,
  HOUR,
} from "../../helpers/settlement-fixture.ts";

async function ringOfOne(): Promise<MeterSettlementFixture> {
  return await bondedUnder({ ...defaultRules, challengeRingSize: 1 });
}

describe("Challenges.challenge refuses", () => {
  let fixture: MeterSettlementFixture;
  let terms: LiveTerms;
  let otherTerms: LiveTerms;
  let settled: SettledBatch;

  /** Two sessions of two groups in one batch, both claimed too high. */
  async function settleBoth(): Promise<SettledBatch> {
    const groups = [terms, otherTerms].map((one) => settlementGroup(one, [settlementOf(one, OVERCLAIMED)]));
    return await settledBatch(fixture, groups);
  }

  async function expectRefusal(
    call: ChallengeCall,
    error: string,
    parameters: readonly unknown[],
    contract: { readonly interface: MeterSettlementFixture["challenges"]["interface"] } | object = fixture.challenges,
  ): Promise<void> {
    const { challenges, relayer } = fixture;
    const assertion = expect(challenges.connect(relayer).challenge(call)).to.be.revertedWithCustomError(
      contract as never,
      error,
    );
    await (parameters.length === 0 ? assertion : assertion.withArgs(...parameters));
  }

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(bondedSessions);
    ({ terms, otherTerms } = fixture);
    settled = await settleBoth();
  });

  it("a batch that was not settled", async () => {
    for (const batch of [1n, 2n ** 256n - 1n]) {
      await expectRefusal(challengeOf(fixture, settled, terms, { batch }), "BatchUnknown", [batch]);
    }
  });

  it("a batch whose place in the ring was used again", async () => {
    fixture = await networkHelpers.loadFixture(ringOfOne);
    ({ terms, otherTerms } = fixture);
    const first = await settledAs(fixture, terms, OVERCLAIMED);
    await networkHelpers.time.increase(CHALLENGE_WINDOW_SECONDS + 1n);
    await settledAs(fixture, otherTerms, OVERCLAIMED);

    await expectRefusal(challengeOf(fixture, first, terms), "BatchUnknown", [0n]);
  });

  it("a batch whose window is over, from the very second on", async () => {
    const deadline = settled.settledAt + CHALLENGE_WINDOW_SECONDS;
    await networkHelpers.time.setNextBlockTimestamp(deadline + 1n);

    await expectRefusal(challengeOf(fixture, settled, terms), "WindowPassed", [deadline + 1n, deadline]);
  });

  it("a claim that is not the batch's, at this place, or with other sessions after it", async () => {
    const [first, second] = settled.claims;
    const links = linksOf(settled.claims);
    if (first === undefined || second === undefined) throw new Error("The batch has too few sessions");
    const unclaimed = { sessionId: toBeHex(7, 32), metering: 7n };
    const bad: Partial<ChallengeCall>[] = [
      { metering: packMetering(RECORDED, 0n, terms.opening) },
      { metering: packMetering(OVERCLAIMED, 1n, terms.opening) },
      { metering: packMetering(OVERCLAIMED, 0n, { ...terms.opening, openedAt: terms.opening.openedAt + 1n }) },
      { metering: packMetering(OVERCLAIMED, 0n, { ...terms.opening, salt: terms.opening.salt ^ 1n }) },
      { previousLink: toBeHex(1, 32) },
      { previousLink: links[1] ?? ZeroHash },
      { previousLink: links[2] ?? ZeroHash },
      { later: [] },
      { later: [first] },
      { later: [second, second] },
      { later: [unclaimed] },
      { later: [{ ...second, metering: second.metering + 1n }] },
      { previousLink: links[1] ?? ZeroHash, later: [] },
      { terms: { ...terms, holdMicro: terms.holdMicro + 1n } },
      { terms: otherTerms },
    ];
    for (const changes of bad) {
      const call = challengeOf(fixture, settled, terms, changes);
      await expectRefusal(call, "ClaimNotInBatch", [sessionIn(fixture, call.terms)]);
    }
    const last = challengeOf(fixture, settled, otherTerms, { previousLink: ZeroHash });
    await expectRefusal(last, "ClaimNotInBatch", [sessionIn(fixture, otherTerms)]);
  });

  it("a session that was in the batch and not settled", async () => {
    const { settlement, driver } = fixture;
    const again = await openedAs(fixture, driver, termsOf(fixture, { evse: 1n, meter: 1n, nonce: 1n }));
    await networkHelpers.time.increase(2n * HOUR);
    const never = { ...again, nonce: 9n };
    const group = settlementGroup(again, [settlementOf(never, OVERCLAIMED), settlementOf(again, OVERCLAIMED)]);
    const [content, signatures] = await batchOf(fixture, [group]);
    await settlement.settleBatch(content, signatures);
    const all = {
      batch: 1n,
      settledAt: 0n,
      claims: [never, again].map((one) => ({
        sessionId: sessionIn(fixture, one),
        metering: packMetering(OVERCLAIMED, 0n, again.opening),
      })),
    };

    await expectRefusal(challengeOf(fixture, all, never), "ClaimNotInBatch", [sessionIn(fixture, never)]);
    await expectRefusal(challengeOf(fixture, all, again), "ClaimNotInBatch", [sessionIn(fixture, again)]);
    await fixture.challenges.challenge(challengeOf(fixture, { ...all, claims: all.claims.slice(1) }, again));
  });

  it("a tariff that is not the terms'", async () => {
    const dearer = tariffWith({ priceNanoPerKwh: 900_000_000n });
    const dearerId = await fixture.tariffRegistry.tariffIdOf(dearer);

    await expectRefusal(challengeOf(fixture, settled, terms, { tariff: dearer }), "TariffMismatch", [
      dearerId,
      terms.tariffId,
    ]);
  });

  it("records that prove nothing of the session", async () => {
    const { meterSettlement, scanner } = fixture;
    const expected = tagIn(fixture, terms);
    const foreign = challengeOf(fixture, settled, terms, { records: [recordOf(fixture, otherTerms)] });
    await expectRefusal(foreign, "RecordSignatureInvalid", [0n], meterSettlement);
    const ofAnother = recordOf(fixture, terms, { header: { ID: `"${tagIn(fixture, otherTerms)}"` } });
    await expectRefusal(
      challengeOf(fixture, settled, terms, { records: [ofAnother] }),
      "IdTagMissing",
      [0n, expected],
      meterSettlement,
    );
    await expectRefusal(
      challengeOf(fixture, settled, terms, { records: [] }),
      "RecordCountWrong",
      [0n],
      meterSettlement,
    );
    const unreadable = recordOf(fixture, terms, { header: { PG: '"X"' } });
    await expectRefusal(challengeOf(fixture, settled, terms, { records: [unreadable] }), "RecordRefused", [], scanner);
  });

  it("a session that was settled as its meter has it, and one whose price is the same at any rate", async () => {
    const { driver } = fixture;
    const right = await openedAs(fixture, driver, termsOf(fixture, { evse: 1n, meter: 1n, nonce: 1n }));
    const rightly = await settledAs(fixture, right, RECORDED);
    await expectRefusal(challengeOf(fixture, rightly, right), "NothingToCorrect", [RECORDED_PRICE]);

    // The hold is below both prices.
    const next = termsOf(fixture, { evse: 1n, meter: 1n, nonce: 2n, holdMicro: 1_000_000n });
    const small = await openedAs(fixture, driver, next);
    const capped = await settledAs(fixture, small, OVERCLAIMED);
    await expectRefusal(challengeOf(fixture, capped, small), "NothingToCorrect", [1_000_000n]);
  });

  it("a session that was challenged before, by whomever", async () => {
    const { challenges, driver, relayer } = fixture;
    await challenges.connect(driver).challenge(challengeOf(fixture, settled, terms));

    for (const caller of [driver, relayer]) {
      await expect(challenges.connect(caller).challenge(challengeOf(fixture, settled, terms)))
        .to.be.revertedWithCustomError(challenges, "AlreadyChallenged")
        .withArgs(sessionIn(fixture, terms));
    }
  });

  it("a session that was challenged, answered and concluded before", async () => {
    const { challenges, relayer } = fixture;
    const late = settled.settledAt + CHALLENGE_WINDOW_SECONDS;
    for (const session of [terms, otherTerms]) {
      await challenges.connect(relayer).challenge(challengeOf(fixture, settled, session));
    }
    const readings = [
      { TM: '"2026-03-01T10:00:00,000+0100 S"', TX: '"B"', RV: "100", RI: '"1-b:1.8.0"', RU: '"kWh"', ST: '"G"' },
      { TM: '"2026-03-01T11:30:00,000+0100 S"', TX: '"E"', RV: "120", RI: '"1-b:1.8.0"', RU: '"kWh"', ST: '"G"' },
    ];
    await challenges.answer(terms, TARIFF, [recordOf(fixture, terms, { readings })]);
    await networkHelpers.time.increaseTo(late - 100n);
    await challenges.conclude(otherTerms);

    for (const session of [terms, otherTerms]) {
      await expectRefusal(challengeOf(fixture, settled, session), "AlreadyChallenged", [sessionIn(fixture, session)]);
    }
  });
});
