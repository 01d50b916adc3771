import { z } from "zod";

import type { WriteOutcome } from "../sessions.ts";
import type { Batch, SettlementStore, SettlementTransaction } from "../settlement.ts";
import type { Access } from "./access.ts";
import { readBatchRow, readTransactionRow } from "./rows.ts";
import { applyChange, areCurrent } from "./sessions.ts";

const itemRow = z.object({ session_id: z.string() });

export function createSettlementStore(access: Access): Omit<SettlementStore, "listCompleted"> {
  function withItems(row: unknown): Batch {
    const batch = readBatchRow(row);
    const sessionIds = access
      .all("SELECT session_id FROM batch_items WHERE batch_id = ? AND is_released = 0 ORDER BY position", batch.batchId)
      .map((item) => itemRow.parse(item).session_id);
    return { ...batch, sessionIds };
  }

  function create(...[batch, changes]: Parameters<SettlementStore["createBatch"]>): WriteOutcome {
    if (!areCurrent(access, changes)) return "stale";
    access.run(
      "INSERT INTO batches (batch_id, status, kind, created_at_ms) VALUES (?, 'formed', ?, ?)",
      batch.batchId,
      batch.kind,
      batch.createdAtMs,
    );
    for (const change of changes) applyChange(access, change, null);
    for (const [position, sessionId] of batch.sessionIds.entries()) {
      access.run(
        "INSERT INTO batch_items (batch_id, position, session_id) VALUES (?, ?, ?)",
        batch.batchId,
        position,
        sessionId,
      );
    }
    return "stored";
  }

  function release(
    ...[batchId, changes, revertedTxHash]: Parameters<SettlementStore["releaseSessions"]>
  ): WriteOutcome {
    if (!areCurrent(access, changes)) return "stale";
    for (const change of changes) applyChange(access, change, null);
    if (revertedTxHash !== null) {
      giveUpTransactions(batchId);
      access.run("UPDATE transactions SET status = 'reverted' WHERE tx_hash = ?", revertedTxHash);
    }
    access.run(
      `UPDATE batches SET status = 'failed' WHERE batch_id = ?
       AND NOT EXISTS (SELECT 1 FROM batch_items WHERE batch_id = ? AND is_released = 0)`,
      batchId,
      batchId,
    );
    return "stored";
  }

  function giveUpTransactions(batchId: string): void {
    access.run(
      "UPDATE transactions SET status = 'replaced' WHERE batch_id = ? AND status IN ('prepared', 'sent')",
      batchId,
    );
  }

  function put(transaction: SettlementTransaction): void {
    access.run(
      `INSERT INTO transactions (tx_hash, batch_id, attempt, nonce, gas_limit, max_fee_per_gas,
         max_priority_fee_per_gas, calldata, raw_transaction, status, sent_at_ms, block_number)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tx_hash) DO NOTHING`,
      transaction.txHash,
      transaction.batchId,
      transaction.attempt,
      transaction.nonce,
      transaction.gasLimit.toString(),
      transaction.maxFeePerGas.toString(),
      transaction.maxPriorityFeePerGas.toString(),
      transaction.calldata,
      transaction.rawTransaction,
      transaction.status,
      transaction.sentAtMs,
      transaction.blockNumber,
    );
  }

  return {
    createBatch: (batch, changes) => access.write(() => create(batch, changes)),
    findBatch: (batchId) =>
      access.read(() => {
        const row = access.get("SELECT batch_id, status, kind, created_at_ms FROM batches WHERE batch_id = ?", batchId);
        return row === undefined ? null : withItems(row);
      }),
    listOpenBatches: () =>
      access.read(() =>
        access
          .all(
            "SELECT batch_id, status, kind, created_at_ms FROM batches WHERE status IN ('formed', 'sent') ORDER BY ordinal",
          )
          .map(withItems),
      ),
    releaseSessions: (batchId, changes, revertedTxHash) =>
      access.write(() => release(batchId, changes, revertedTxHash)),
    listTransactions: (batchId) =>
      access.read(() =>
        access.all("SELECT * FROM transactions WHERE batch_id = ? ORDER BY attempt", batchId).map(readTransactionRow),
      ),
    findTransaction: (txHash) =>
      access.read(() => {
        const row = access.get("SELECT * FROM transactions WHERE tx_hash = ?", txHash);
        return row === undefined ? null : readTransactionRow(row);
      }),
    listLiveNonces: () =>
      access.read(() =>
        access
          .all("SELECT DISTINCT nonce FROM transactions WHERE status IN ('prepared', 'sent') ORDER BY nonce")
          .map((row) => z.number().parse(row["nonce"])),
      ),
    putTransaction: (transaction) =>
      access.write(() => {
        put(transaction);
      }),
    markSent: (txHash, sentAtMs) =>
      access.write(() => {
        access.run(
          `UPDATE transactions SET status = 'sent', sent_at_ms = coalesce(sent_at_ms, ?)
           WHERE tx_hash = ? AND status IN ('prepared', 'sent')`,
          sentAtMs,
          txHash,
        );
        access.run(
          `UPDATE batches SET status = 'sent' WHERE status = 'formed'
           AND batch_id = (SELECT batch_id FROM transactions WHERE tx_hash = ?)`,
          txHash,
        );
      }),
    abandonTransactions: (batchId) =>
      access.write(() => {
        giveUpTransactions(batchId);
        access.run("UPDATE batches SET status = 'formed' WHERE batch_id = ? AND status = 'sent'", batchId);
      }),
  };
}
