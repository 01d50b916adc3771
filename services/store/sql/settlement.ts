import { z } from "zod";

import type { WriteOutcome } from "../sessions.ts";
import type { Batch, SettlementStore } from "../settlement.ts";
import type { Access } from "./access.ts";
import { createTransactionTable } from "./chain-transactions.ts";
import { readBatchRow } from "./rows.ts";
import { applyChange, areCurrent } from "./sessions.ts";

const itemRow = z.object({ session_id: z.string() });

export function createSettlementStore(access: Access): Omit<SettlementStore, "listCompleted"> {
  const transactions = createTransactionTable(access, "transactions");

  async function withItems(row: unknown): Promise<Batch> {
    const batch = readBatchRow(row);
    const sessionIds = (
      await access.all(
        "SELECT session_id FROM batch_items WHERE batch_id = ? AND is_released = 0 ORDER BY position",
        batch.batchId,
      )
    ).map((item) => itemRow.parse(item).session_id);
    return { ...batch, sessionIds };
  }

  async function create(...[batch, changes]: Parameters<SettlementStore["createBatch"]>): Promise<WriteOutcome> {
    if (!(await areCurrent(access, changes))) return "stale";
    await access.run(
      "INSERT INTO batches (batch_id, status, kind, created_at_ms) VALUES (?, 'formed', ?, ?)",
      batch.batchId,
      batch.kind,
      batch.createdAtMs,
    );
    for (const change of changes) await applyChange(access, change, null);
    for (const [position, sessionId] of batch.sessionIds.entries()) {
      await access.run(
        "INSERT INTO batch_items (batch_id, position, session_id) VALUES (?, ?, ?)",
        batch.batchId,
        position,
        sessionId,
      );
    }
    return "stored";
  }

  async function release(
    ...[batchId, changes, revertedTxHash]: Parameters<SettlementStore["releaseSessions"]>
  ): Promise<WriteOutcome> {
    if (!(await areCurrent(access, changes))) return "stale";
    for (const change of changes) await applyChange(access, change, null);
    if (revertedTxHash !== null) {
      await transactions.giveUp(batchId);
      await transactions.end(revertedTxHash, "reverted", null);
    }
    await access.run(
      `UPDATE batches SET status = 'failed' WHERE batch_id = ?
       AND NOT EXISTS (SELECT 1 FROM batch_items WHERE batch_id = ? AND is_released = 0)`,
      batchId,
      batchId,
    );
    return "stored";
  }

  return {
    createBatch: (batch, changes) => access.write(() => create(batch, changes)),
    findBatch: (batchId) =>
      access.snapshot(async () => {
        const row = await access.get(
          "SELECT batch_id, status, kind, created_at_ms FROM batches WHERE batch_id = ?",
          batchId,
        );
        return row === undefined ? null : await withItems(row);
      }),
    listOpenBatches: () =>
      access.snapshot(async () => {
        const batches: Batch[] = [];
        const open = await access.all(
          "SELECT batch_id, status, kind, created_at_ms FROM batches WHERE status IN ('formed', 'sent') ORDER BY ordinal",
        );
        for (const row of open) batches.push(await withItems(row));
        return batches;
      }),
    releaseSessions: (batchId, changes, revertedTxHash) =>
      access.write(() => release(batchId, changes, revertedTxHash)),
    listTransactions: (batchId) => access.read(() => transactions.list(batchId)),
    findTransaction: (txHash) => access.read(() => transactions.find(txHash)),
    listLiveNonces: () => access.read(() => transactions.listLiveNonces()),
    putTransaction: (transaction) =>
      access.write(async () => {
        await transactions.put(transaction);
      }),
    markSent: (txHash, sentAtMs) =>
      access.write(async () => {
        await transactions.markSent(txHash, sentAtMs);
        await access.run(
          `UPDATE batches SET status = 'sent' WHERE status = 'formed'
           AND batch_id = (SELECT batch_id FROM transactions WHERE tx_hash = ?)`,
          txHash,
        );
      }),
    abandonTransactions: (batchId) =>
      access.write(async () => {
        await transactions.giveUp(batchId);
        await access.run("UPDATE batches SET status = 'formed' WHERE batch_id = ? AND status = 'sent'", batchId);
      }),
  };
}
