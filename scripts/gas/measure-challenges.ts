import { packTariff } from "../../services/domain/packed-tariff.ts";
import { linkClaims } from "../../services/domain/claims.ts";
import { type BenchMeters } from "./bench-meters.ts";
import type { BenchSession, BenchSessions } from "./bench-sessions.ts";
import { benchRules, type BenchWorld, receiptOf, tariff } from "./bench-world.ts";
import type { GasRows } from "./gas-rows.ts";

/** What the usual record says: `benchRecord` as `BenchMeters.recordOf` fills it. */
const RECORDED = { energyMicroWh: 1_456_700_000n, chargingSeconds: 3_600, connectedSeconds: 3_600 };

/** A challenge of a session settled alone and of the first of 100, an answer, and a conclusion. */
export async function measureChallenges({
  world,
  sessions,
  meters,
  gas,
}: {
  readonly world: BenchWorld;
  readonly sessions: BenchSessions;
  readonly meters: BenchMeters;
  readonly gas: GasRows;
}): Promise<void> {
  const { challenges } = world;

  /** Settles a batch and challenges its first session with a record that has `more` kWh than the usual one. */
  async function challengeFirst(planned: readonly BenchSession[], entry: string, more: number): Promise<BenchSession> {
    const [first] = planned;
    if (first === undefined) throw new Error("no session was planned");
    await sessions.openBatch(planned);
    const batch = await challenges.batchCount();
    const { claims } = await sessions.settleBatch(planned, more === 0 ? undefined : () => RECORDED);
    const [claim, ...later] = claims;
    if (claim === undefined) throw new Error("no session was settled");
    const call = {
      batch,
      previousLink: linkClaims([]),
      terms: first.terms,
      tariff: packTariff(tariff),
      metering: claim.metering,
      later,
      records: [await meters.recordOf(first, more)],
    };
    gas.add(entry, 1, await receiptOf(challenges.challenge(call)));
    return first;
  }

  // Drivers whose accounts no single call before has left with a live session.
  const tooMuch = await challengeFirst([await sessions.planSession(20)], "challenge (too much)", 0);
  await world.pass(benchRules.answerWindowSeconds + 1);
  gas.add("conclude (too much)", 1, await receiptOf(challenges.conclude(tooMuch.terms)));

  const tooLittle = await challengeFirst([await sessions.planSession(20)], "challenge (too little)", 3);
  await world.pass(benchRules.answerWindowSeconds + 1);
  gas.add("conclude (too little)", 1, await receiptOf(challenges.conclude(tooLittle.terms)));

  const answered = await challengeFirst([await sessions.planSession(20)], "challenge (answered)", 3);
  const shown = [await meters.recordOf(answered)];
  gas.add("answer", 1, await receiptOf(challenges.answer(answered.terms, packTariff(tariff), shown)));

  const many = await Promise.all(Array.from({ length: 100 }, (_, index) => sessions.planSession(20 + index)));
  await challengeFirst(many, "challenge (first of 100)", 0);
}
