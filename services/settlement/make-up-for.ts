import type { Chain } from "../chain/chain.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { BatchKind, Store } from "../store/store.ts";
import type { ChainFollower } from "./follow-chain.ts";
import type { BatchTask } from "./pursue-transactions.ts";

/** A block in which nothing was found is read again, in case another endpoint answers then. */
const pauseMs = 60_000;

/**
 * The same tasks, which notice a transaction that its receipt confirms and the events do not, although its block was read:
 * an endpoint left them out, and the block is read again.
 */
export function withEventsMadeUpFor(
  tasks: Readonly<Record<BatchKind, BatchTask>>,
  deps: {
    readonly store: Pick<Store, "readCursor" | "noteAlert">;
    readonly chain: Pick<Chain, "readReceipt">;
    readonly follower: Pick<ChainFollower, "rescan">;
    readonly desk: OperatorDesk;
    readonly now: () => number;
    /** Milliseconds since whenever, by a clock that never steps. */
    readonly elapsedMs: () => number;
    /** After how long what still lacks its events is told again. */
    readonly repeatMs: number;
    readonly signal: AbortSignal;
  },
): Readonly<Record<BatchKind, BatchTask>> {
  const { store, chain, follower, desk, now } = deps;
  /** When a batch's block was last read again. Forgotten with the process: then it is read earlier. */
  const rereadAtMs = new Map<string, number>();

  const succeeded: BatchTask["succeeded"] = async ({ batchId }, txHash, isConfirmed) => {
    if (!isConfirmed || deps.elapsedMs() - (rereadAtMs.get(batchId) ?? -Infinity) < pauseMs) return;
    const cursor = await store.readCursor();
    const block = (await chain.readReceipt(txHash))?.blockNumber ?? Infinity;
    if (cursor === null || block > cursor.number) return;
    rereadAtMs.set(batchId, deps.elapsedMs());
    if (await store.noteAlert("chain-events-missing", txHash, now(), deps.repeatMs)) {
      desk.alert("chain-events-missing", { batchId, txHash, blockNumber: block });
    }
    await follower.rescan({ from: block, to: block, isDryRun: false }, deps.signal);
  };
  return {
    oracles: { ...tasks.oracles, succeeded },
    meter: { ...tasks.meter, succeeded },
    dispute: { ...tasks.dispute, succeeded },
  };
}
