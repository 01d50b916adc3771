import { createHash } from "node:crypto";

import type { Ages } from "../observability/ages.ts";
import type { BatchPolicy } from "../domain/batch.ts";
import { nextBatch } from "../domain/batch.ts";
import { withHold } from "../domain/cdr.ts";
import { heldMicroOf } from "../domain/session-amounts.ts";
import type { SettlementLane } from "../domain/session.ts";
import { transition } from "../domain/session.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Store, StoredSession } from "../store/store.ts";

/** So many times the batches in flight are open at most, those included that do not move. */
const stuckBatchFactor = 4;

/** Puts completed sessions into batches. Nothing is sent, so that doing it again is safe. */
export interface BatchFormer {
  /** @returns how many batches were formed. */
  formBatches(signal: AbortSignal): Promise<number>;
}

export function createBatchFormer(deps: {
  readonly store: Store;
  readonly policy: BatchPolicy;
  /** Most batches that are not confirmed at once; completed sessions wait in the store. */
  readonly batchesInFlight: number;
  /** Age from which on a batch no longer counts among them. */
  readonly stuckBatchMs: number;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
  /** How long ago something was done, by a clock that does not step. */
  readonly ages: Ages;
}): BatchFormer {
  const { store, policy, desk, now } = deps;

  async function formOne(kind: SettlementLane): Promise<boolean> {
    const waiting = await store.listCompleted(policy.maxItems, kind, deps.steadyNow());
    const sessions = new Map(waiting.map(({ session }) => [session.sessionId, session]));
    const nowMs = now();
    const candidates = waiting.map(({ session, cdr, completedAtMs }) => ({
      sessionId: session.sessionId,
      completedAtMs: nowMs - deps.ages.ageMs(`completed ${session.sessionId} ${completedAtMs}`, completedAtMs),
      chargedMicro: withHold(cdr, heldMicroOf(session)).chargedMicro,
    }));
    // What a meter settles has waited for a quorum before.
    const maxAgeMs = kind === "oracles" ? policy.maxAgeMs : 0;
    const chosen = nextBatch(candidates, { ...policy, maxAgeMs }, nowMs).flatMap(
      ({ sessionId }) => sessions.get(sessionId) ?? [],
    );
    if (chosen.length === 0) return false;

    const batchId = batchIdOf(chosen);
    const createdAtMs = now();
    const event = { kind: "batched", batchId } as const;
    const outcome = await store.createBatch(
      { batchId, kind, sessionIds: chosen.map(({ sessionId }) => sessionId), createdAtMs },
      chosen.map(({ sessionId, sequence, state }) => ({
        sessionId,
        expectedSequence: sequence,
        events: [event],
        next: transition(state, event),
        atMs: createdAtMs,
      })),
    );
    if (outcome === "stored") desk.note("batch-formed", { batchId, kind, items: chosen.length });
    return outcome === "stored";
  }

  return {
    async formBatches(signal) {
      let formed = 0;
      const open = (await store.listOpenBatches()).filter(({ kind }) => kind !== "dispute");
      // A batch that does not move holds no place, or a few of them would end settlement; neither do they pile up.
      const moving = open.filter(
        ({ batchId, createdAtMs }) => deps.ages.ageMs(batchId, createdAtMs) < deps.stuckBatchMs,
      );
      const most = stuckBatchFactor * deps.batchesInFlight;
      let room = Math.min(deps.batchesInFlight - moving.length, most - open.length);
      for (const kind of ["oracles", "meter"] as const) {
        while (room > 0 && !signal.aborted && (await formOne(kind))) {
          formed += 1;
          room -= 1;
        }
      }
      return formed;
    },
  };
}

/** Deterministic: the same sessions at the same step of their lives make the same batch. */
function batchIdOf(sessions: readonly StoredSession[]): string {
  const hash = createHash("sha256");
  for (const { sessionId, sequence } of sessions) hash.update(`${sessionId}:${sequence};`);
  return hash.digest("hex");
}
