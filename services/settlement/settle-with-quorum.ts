import type { Chain } from "../chain/chain.ts";
import { findClaimObstacle, quorumFrom } from "../domain/claim-window.ts";
import type { NextTry, SessionState } from "../domain/session.ts";
import type { Ages } from "../observability/ages.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Batch, Store, StoredSession } from "../store/store.ts";
import { readClaimClock, windowOf } from "./claim-clock.ts";
import type { MeterProofs } from "./meter-proofs.ts";
import type { BatchTask } from "./pursue-transactions.ts";
import type { QuorumItem, SignatureGatherer } from "./quorum/gather-signatures.ts";
import type { SessionReleaser } from "./release-sessions.ts";
import { collectItem } from "./settlement-items.ts";

export interface QuorumPolicy {
  /** Pause before a quorum is asked again. */
  readonly retryMs: number;
  /** How long no quorum is to be had before meters' own signatures settle what they can. */
  readonly fallbackMs: number;
}

/** A request to other oracles has to stay below what they take: records grow by a third on the wire. */
const evidenceLimitBytes = 4 * 1024 * 1024;

/** Batches that a quorum of oracles signs. */
export function createQuorumTask(deps: {
  readonly store: Store;
  readonly chain: Chain;
  readonly gatherer: SignatureGatherer;
  readonly proofs: MeterProofs;
  readonly releaser: SessionReleaser;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
  readonly ages: Ages;
  readonly policy: QuorumPolicy;
}): BatchTask {
  const { store, chain, gatherer, releaser, desk, now, steadyNow, policy } = deps;
  /** When a batch without a quorum is tried again. Forgotten with the process, which only means that it asks earlier. */
  const pauses = new Map<string, number>();

  /** Since when the session has no quorum, by the steady clock. Of a new batch: since it was formed. */
  function lackingSinceMs({ batchId, createdAtMs }: Batch, state: SessionState | undefined): number {
    return state?.nextTry.quorumLackingSinceMs ?? steadyNow() - deps.ages.ageMs(batchId, createdAtMs);
  }

  async function nextTryOf(batch: Batch, { sessionId, state }: StoredSession): Promise<NextTry> {
    const quorumLackingSinceMs = lackingSinceMs(batch, state);
    const isOver = steadyNow() - quorumLackingSinceMs >= policy.fallbackMs;
    if (isOver && (await deps.proofs.findProof(sessionId)) !== null) {
      return { lane: "meter", notBeforeMs: null, quorumLackingSinceMs };
    }
    return { lane: "oracles", notBeforeMs: steadyNow() + policy.retryMs, quorumLackingSinceMs };
  }

  async function readItems(sessionIds: readonly string[]): Promise<readonly QuorumItem[]> {
    return Promise.all(
      sessionIds.map(async (sessionId) => ({
        sessionId,
        item: await collectItem(store, sessionId),
        records: await store.listRecords(sessionId),
      })),
    );
  }

  async function isLackingForLong(batch: Batch, sessionIds: readonly string[]): Promise<boolean> {
    const [first] = sessionIds;
    const session = first === undefined ? null : await store.findSession(first);
    return steadyNow() - lackingSinceMs(batch, session?.state) >= policy.fallbackMs;
  }

  /** Oracles can settle none of these any more: the meter can where the contract takes its records, else an operator decides. */
  async function leaveQuorum(batch: Batch, items: readonly QuorumItem[]): Promise<void> {
    for (const { sessionId } of items) {
      const isProven = (await deps.proofs.findProof(sessionId)) !== null;
      desk.alert("quorum-window-closed", { sessionId, goesOn: isProven ? "meter" : "operator" });
      const nextTryOf = ({ state }: StoredSession): Promise<NextTry> =>
        Promise.resolve({ ...state.nextTry, lane: "meter", notBeforeMs: null });
      await releaser.release(batch, [sessionId], isProven ? { nextTryOf } : { abandonedFor: "CLAIM_WINDOW_CLOSED" });
    }
  }

  /** The items that oracles can settle now; those that they cannot yet wait outside of the batch. */
  async function keepTimely(batch: Batch, items: readonly QuorumItem[]): Promise<readonly QuorumItem[]> {
    const clock = await readClaimClock(chain, Math.min(now(), steadyNow()));
    const timely: QuorumItem[] = [];
    const closed: QuorumItem[] = [];
    for (const item of items) {
      const window = windowOf(item.item, clock);
      const obstacle = findClaimObstacle(window, clock);
      const from = quorumFrom(window);
      if (obstacle === null) timely.push(item);
      else if (obstacle === "CLAIM_WINDOW_CLOSED" || from === null) closed.push(item);
      else {
        const notBeforeMs = steadyNow() + (from - clock.reachedSeconds) * 1_000;
        const { sessionId } = item;
        desk.note("claim-early", { sessionId, reason: obstacle, notBeforeMs });
        const nextTryOf = ({ state }: StoredSession): Promise<NextTry> =>
          Promise.resolve({ ...state.nextTry, notBeforeMs });
        await releaser.release(batch, [sessionId], { nextTryOf });
      }
    }
    await leaveQuorum(batch, closed);
    return timely;
  }

  return {
    async prepare(batch, signal) {
      const carried = await releaser.keepWaiting(batch);
      const { batchId } = batch;
      if (carried.length === 0 || steadyNow() < (pauses.get(batchId) ?? -Infinity)) return null;
      pauses.delete(batchId);
      const items = await keepTimely(batch, await readItems(carried));
      const waiting = items.map(({ sessionId }) => sessionId);
      if (waiting.length === 0) return null;
      const bytes = items.flatMap(({ records }) => records).reduce((sum, { record }) => sum + record.length, 0);
      if (bytes > evidenceLimitBytes && waiting.length > 1) {
        await releaser.releaseHalf({ ...batch, sessionIds: waiting });
        return null;
      }

      const { signed, leftOut } = await gatherer.gather(items, signal);
      if (leftOut.length > 0) {
        desk.alert("quorum-left-out", { batchId, sessionIds: leftOut });
        await releaser.release(batch, leftOut, { nextTryOf: (session) => nextTryOf(batch, session) });
      }
      if (signed !== null) return chain.encodeSettlement(signed.items, signed.evidenceRoot, signed.signatures);
      const lacking = waiting.filter((sessionId) => !leftOut.includes(sessionId));
      if (lacking.length === 0 || signal.aborted) return null;
      desk.alert("quorum-lacking", { batchId, sessions: lacking.length });
      if (await isLackingForLong(batch, lacking)) {
        await releaser.release(batch, lacking, { nextTryOf: (session) => nextTryOf(batch, session) });
      } else {
        pauses.set(batchId, steadyNow() + policy.retryMs);
      }
      return null;
    },
    refused(batch, detail) {
      desk.alert("settlement-refused", { batchId: batch.batchId, detail });
      return Promise.resolve();
    },
    tooLarge: (batch) => releaser.releaseHalf(batch),
    reverted: (batch, revertedTxHash) => releaser.release(batch, batch.sessionIds, { revertedTxHash }),
  };
}
