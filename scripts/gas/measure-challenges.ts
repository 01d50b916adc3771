import { ZeroHash } from "ethers";

import { evidenceProofOf, type ClaimEvidence } from "../../services/domain/claim-evidence.ts";
import { claimLeafOf } from "../../services/domain/claims.ts";
import { treeProofOf } from "../../services/domain/hash-tree.ts";
import { packTariff } from "../../services/domain/packed-tariff.ts";
import { type BenchMeters } from "./bench-meters.ts";
import type { BenchSession, BenchSessions } from "./bench-sessions.ts";
import { benchRules, type BenchWorld, receiptOf, tariff } from "./bench-world.ts";
import type { GasRows } from "./gas-rows.ts";

/** What the usual record says: `benchRecord` as `BenchMeters.recordOf` fills it. */
const RECORDED = { energyMicroWh: 1_456_700_000n, chargingSeconds: 3_600, connectedSeconds: 3_600 };

/** Challenges of a session settled alone and of the first of 100, a demand, its answer, and a conclusion. */
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

  /** What a record of each session gives; its meter would sign another one otherwise each time. */
  const records = new Map<string, ReturnType<BenchMeters["recordOf"]>>();
  async function recordOf(session: BenchSession): ReturnType<BenchMeters["recordOf"]> {
    const record = records.get(session.sessionId) ?? meters.recordOf(session);
    records.set(session.sessionId, record);
    return await record;
  }

  async function evidenceOf(session: BenchSession): Promise<ClaimEvidence> {
    const { payload, r, s } = await recordOf(session);
    return { sessionId: session.sessionId, isReadable: true, records: [{ payload, r: BigInt(r), s: BigInt(s) }] };
  }

  /** Settles a batch and says where the claim of its first session is. */
  async function settleFirst(planned: readonly BenchSession[], isTrue: boolean) {
    const [first] = planned;
    if (first === undefined) throw new Error("no session was planned");
    for (let start = 0; start < planned.length; start += 100)
      await sessions.openBatch(planned.slice(start, start + 100));
    const batch = await challenges.batchCount();
    const { claims, evidenceRoot } = await sessions.settleBatch(
      planned,
      isTrue ? () => RECORDED : undefined,
      isTrue ? evidenceOf : undefined,
    );
    const [claim] = claims;
    if (claim === undefined) throw new Error("no session was settled");
    const { terms } = first;
    const proof = treeProofOf(claims.map(claimLeafOf), 0);
    const place = { batch, index: 0, count: claims.length, proof, evidenceRoot, terms, tariff: packTariff(tariff) };
    return { first, place: { ...place, metering: claim.metering, isReadable: true } };
  }

  async function challengeFirst(planned: readonly BenchSession[], entry: string): Promise<void> {
    const { first, place } = await settleFirst(planned, false);
    gas.add(entry, 1, await receiptOf(challenges.challenge(place, [await meters.recordOf(first)])));
  }

  // Drivers whose accounts no single call before has left with a live session.
  await challengeFirst([await sessions.planSession(20)], "challenge");

  const shown = await settleFirst([await sessions.planSession(20)], true);
  gas.add("demandEvidence", 1, await receiptOf(challenges.demandEvidence(shown.place, ZeroHash)));
  const proof = evidenceProofOf([await evidenceOf(shown.first)], 0);
  const signed = [await recordOf(shown.first)];
  gas.add("showRecords", 1, await receiptOf(challenges.showRecords(shown.first.terms, signed, proof)));

  const missing = await settleFirst([await sessions.planSession(20)], false);
  await receiptOf(challenges.demandEvidence(missing.place, ZeroHash));
  await world.pass(benchRules.answerWindowSeconds + 1);
  gas.add("conclude", 1, await receiptOf(challenges.conclude(missing.first.terms, packTariff(tariff), [])));
  // The bonds are frozen now; without new ones nothing settles.
  for (const oracle of world.oracles) await world.oracleBonds.postBond(oracle, benchRules.leastBondMicro);

  const many = await Promise.all(Array.from({ length: 100 }, (_, index) => sessions.planSession(20 + index)));
  await challengeFirst(many, "challenge (first of 100)");
}
