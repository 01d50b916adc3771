import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import type { SettlementTransaction } from "../settlement.ts";
import type { Access } from "./access.ts";
import { reader } from "./rows.ts";

/** Signed transactions in a table of their own, each for one owner: a batch, or a job of the relay. */
export interface TransactionTable {
  /** Those of one owner, oldest attempt first; `batchId` is the owner's id. */
  list(ownerId: string): Promise<readonly SettlementTransaction[]>;
  find(txHash: string): Promise<SettlementTransaction | null>;
  listAbove(blockNumber: number): Promise<readonly SettlementTransaction[]>;
  /** Nonces of those that may still be mined, in order. */
  listLiveNonces(): Promise<readonly number[]>;
  /** Inside a write. One that is there already stays as it is. @throws STORE_CONTENDED if its nonce is another owner's */
  put(transaction: SettlementTransaction): Promise<void>;
  /** Inside a write. The first time counts, and one that is over stays so. */
  markSent(txHash: string, sentAtMs: number): Promise<void>;
  /** Inside a write: those of one owner that may still be mined will not be. */
  giveUp(ownerId: string): Promise<void>;
  /** Inside a write. @param blockNumber Where it was mined; `null`: as far as that is known already. */
  end(txHash: string, status: "confirmed" | "reverted", blockNumber: number | null): Promise<void>;
}

/** The two tables have the same columns, except for the name of the owner's. */
const ownerColumns = { transactions: "batch_id", relay_transactions: "job_id" } as const;

const bigText = z.string().transform(BigInt);
const nonceRow = z.object({ nonce: z.number() });
const readTransactionRow = reader(
  "transaction",
  z
    .object({
      tx_hash: z.string(),
      owner_id: z.string(),
      attempt: z.number(),
      nonce: z.number(),
      gas_limit: bigText,
      max_fee_per_gas: bigText,
      max_priority_fee_per_gas: bigText,
      calldata: z.string(),
      raw_transaction: z.string(),
      status: z.enum(["prepared", "sent", "confirmed", "reverted", "replaced"]),
      sent_at_ms: z.number().nullable(),
      block_number: z.number().nullable(),
    })
    .transform((row): SettlementTransaction => ({
      txHash: row.tx_hash,
      batchId: row.owner_id,
      attempt: row.attempt,
      nonce: row.nonce,
      gasLimit: row.gas_limit,
      maxFeePerGas: row.max_fee_per_gas,
      maxPriorityFeePerGas: row.max_priority_fee_per_gas,
      calldata: row.calldata,
      rawTransaction: row.raw_transaction,
      status: row.status,
      sentAtMs: row.sent_at_ms,
      blockNumber: row.block_number,
    })),
);

export function createTransactionTable(access: Access, table: keyof typeof ownerColumns): TransactionTable {
  const owner = ownerColumns[table];
  const live = "status IN ('prepared', 'sent')";

  async function listBy(condition: string, value: string | number): Promise<readonly SettlementTransaction[]> {
    return (await access.all(`SELECT *, ${owner} AS owner_id FROM ${table} WHERE ${condition}`, value)).map(
      readTransactionRow,
    );
  }

  return {
    list: (ownerId) => listBy(`${owner} = ? ORDER BY attempt`, ownerId),
    find: async (txHash) => (await listBy("tx_hash = ?", txHash))[0] ?? null,
    listAbove: (blockNumber) => listBy("block_number > ? ORDER BY block_number, nonce, attempt", blockNumber),
    listLiveNonces: async () =>
      (await access.all(`SELECT DISTINCT nonce FROM ${table} WHERE ${live} ORDER BY nonce`)).map(
        (row) => nonceRow.parse(row).nonce,
      ),
    async put(transaction) {
      const rival = await access.get(
        `SELECT 1 FROM ${table} WHERE nonce = ? AND ${owner} <> ? AND ${live}`,
        transaction.nonce,
        transaction.batchId,
      );
      if (rival !== undefined) throw new WattproofError("STORE_CONTENDED", "The nonce belongs to another transaction.");
      await access.run(
        `INSERT INTO ${table} (tx_hash, ${owner}, attempt, nonce, gas_limit, max_fee_per_gas, max_priority_fee_per_gas,
           calldata, raw_transaction, status, sent_at_ms, block_number)
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
    },
    async markSent(txHash, sentAtMs) {
      await access.run(
        `UPDATE ${table} SET status = 'sent', sent_at_ms = coalesce(sent_at_ms, ?) WHERE tx_hash = ? AND ${live}`,
        sentAtMs,
        txHash,
      );
    },
    async giveUp(ownerId) {
      await access.run(`UPDATE ${table} SET status = 'replaced' WHERE ${owner} = ? AND ${live}`, ownerId);
    },
    async end(txHash, status, blockNumber) {
      await access.run(
        `UPDATE ${table} SET status = ?, block_number = coalesce(?, block_number) WHERE tx_hash = ?`,
        status,
        blockNumber,
        txHash,
      );
    },
  };
}
