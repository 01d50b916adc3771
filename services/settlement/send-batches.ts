import type { Ages } from "../observability/ages.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Batch, BatchKind, Store } from "../store/store.ts";
import type { StuckLimits } from "../config/stuck-settings.ts";
import type { BatchTask, TransactionPursuit } from "./pursue-transactions.ts";

/** Brings batches to the chain. The journal is written before every act, so that a restart goes on where it stopped. */
export interface BatchSender {
  /** Does the next step of every open batch. */
  sendBatches(signal: AbortSignal): Promise<void>;
}

export function createBatchSender(deps: {
  readonly store: Pick<Store, "listOpenBatches" | "noteAlert">;
  readonly pursuit: TransactionPursuit;
  readonly tasks: Readonly<Record<BatchKind, BatchTask>>;
  readonly desk: OperatorDesk;
  readonly metrics: Metrics;
  readonly now: () => number;
  readonly ages: Ages;
  readonly stuck: StuckLimits;
}): BatchSender {
  const { store, pursuit, tasks, desk, metrics, now, ages, stuck } = deps;

  async function tellStuck({ batchId, kind, status, sessionIds, createdAtMs }: Batch): Promise<void> {
    const ageMs = ages.ageMs(batchId, createdAtMs);
    if (ageMs < stuck.batchMs || !(await store.noteAlert("batch-stuck", batchId, now(), stuck.repeatMs))) return;
    desk.alert("batch-stuck", { batchId, kind, status, sessionIds, ageSeconds: ageMs / 1_000 });
  }

  return {
    async sendBatches(signal) {
      const batches = await store.listOpenBatches();
      metrics.openBatches.set(batches.length);
      const oldest = batches[0];
      metrics.oldestBatchSeconds.set(oldest === undefined ? 0 : ages.ageMs(oldest.batchId, oldest.createdAtMs) / 1_000);
      const failures: unknown[] = [];
      // Oldest first, so that transactions are handed over in the order of their nonces.
      for (const batch of batches) {
        if (signal.aborted) return;
        await tellStuck(batch);
        // One batch that cannot be sent must not keep the ones behind it.
        await pursuit.pursue(batch, tasks[batch.kind], signal).catch((error: unknown) => failures.push(error));
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
