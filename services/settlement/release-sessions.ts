import type { NextTry } from "../domain/session.ts";
import { transition } from "../domain/session.ts";
import { WattproofError, type ErrorCode } from "../errors.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Batch, Store, StoredSession } from "../store/store.ts";

/** Takes sessions out of a batch that will not carry them. */
export interface SessionReleaser {
  /**
   * @param options.revertedTxHash The transaction that carried them and reverted.
   * @param options.nextTryOf How a session goes on; by default at once, in the same lane.
   * @param options.abandonedFor Why none of them goes on before an operator decides: a code.
   * @throws STORE_CONTENDED if a session moved meanwhile
   */
  release(
    batch: Batch,
    sessionIds: readonly string[],
    options?: {
      readonly revertedTxHash?: string;
      readonly nextTryOf?: (session: StoredSession) => Promise<NextTry>;
      readonly abandonedFor?: ErrorCode;
    },
  ): Promise<void>;
  /** The sessions that the batch still has to bring to the chain; what ended otherwise is released. */
  keepWaiting(batch: Batch): Promise<readonly string[]>;
  /** For a batch that is too large for a transaction. */
  releaseHalf(batch: Batch): Promise<void>;
}

export function createSessionReleaser(deps: {
  readonly store: Store;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  readonly settlementAttempts: number;
}): SessionReleaser {
  const { store, desk, now } = deps;

  async function release(...[batch, sessionIds, options = {}]: Parameters<SessionReleaser["release"]>): Promise<void> {
    const { revertedTxHash = null, nextTryOf, abandonedFor } = options;
    const sessions = await Promise.all(sessionIds.map((sessionId) => store.findSession(sessionId)));
    const atMs = now();
    const carried = sessions.filter((session): session is StoredSession => session?.state.batchId === batch.batchId);
    const changes = await Promise.all(
      carried.map(async (session) => {
        const nextTry = nextTryOf === undefined ? {} : { nextTry: await nextTryOf(session) };
        const event = {
          kind: "released",
          isFailedAttempt: revertedTxHash !== null,
          attemptLimit: deps.settlementAttempts,
          ...nextTry,
          ...(abandonedFor === undefined ? {} : { abandonedFor }),
        } as const;
        const next = transition(session.state, event);
        return { sessionId: session.sessionId, expectedSequence: session.sequence, events: [event], next, atMs };
      }),
    );
    const outcome = await store.releaseSessions(batch.batchId, changes, revertedTxHash);
    if (outcome === "stale") throw new WattproofError("STORE_CONTENDED", "A session moved while it was released.");
    for (const { sessionId, next } of changes) {
      if (next.status === "skipped") desk.alert("settlement-abandoned", { sessionId, reason: next.reason });
    }
  }

  return {
    release,
    async keepWaiting(batch) {
      const sessions = await Promise.all(batch.sessionIds.map((sessionId) => store.findSession(sessionId)));
      const waiting = batch.sessionIds.filter((_sessionId, index) => sessions[index]?.state.status === "batched");
      const ended = batch.sessionIds.filter((sessionId) => !waiting.includes(sessionId));
      // What ended otherwise since the batch was formed would only be skipped.
      if (ended.length > 0) await release(batch, ended);
      return waiting;
    },
    async releaseHalf(batch) {
      const { sessionIds, batchId } = batch;
      if (sessionIds.length < 2) {
        desk.alert("settlement-refused", { batchId, detail: "One session is too large for a transaction." });
        return;
      }
      const surplus = sessionIds.slice(Math.ceil(sessionIds.length / 2));
      await release(batch, surplus);
      desk.note("batch-split", { batchId, released: surplus.length });
    },
  };
}
