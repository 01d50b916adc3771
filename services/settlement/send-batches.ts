import type { Ages } from "../ages.ts";
import type { Metrics } from "../metrics.ts";
import type { BatchKind, Store } from "../store/store.ts";
import type { BatchTask, TransactionPursuit } from "./pursue-transactions.ts";

/** Brings batches to the chain. The journal is written before every act, so that a restart goes on where it stopped. */
export interface BatchSender {
  /** Does the next step of every open batch. */
  sendBatches(signal: AbortSignal): Promise<void>;
}

export function createBatchSender(deps: {
  readonly store: Pick<Store, "listOpenBatches">;
  readonly pursuit: TransactionPursuit;
  readonly tasks: Readonly<Record<BatchKind, BatchTask>>;
  readonly metrics: Metrics;
  readonly ages: Ages;
}): BatchSender {
  const { store, pursuit, tasks, metrics, ages } = deps;

  return {
    async sendBatches(signal) {
      const batches = await store.listOpenBatches();
      metrics.openBatches.set(batches.length);
      const oldest = batches[0];
      metrics.oldestBatchSeconds.set(oldest === undefined ? 0 : ages.ageMs(oldest.batchId, oldest.createdAtMs) / 1_000);
      // Oldest first, so that transactions are handed over in the order of their nonces.
      for (const batch of batches) {
        if (signal.aborted) return;
        await pursuit.pursue(batch, tasks[batch.kind], signal);
      }
    },
  };
}
