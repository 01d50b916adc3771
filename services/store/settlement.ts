import type { BatchStatus } from "../domain/batch.ts";
import type { Cdr } from "../domain/cdr.ts";
import type { Fees, TransactionStatus } from "../domain/chain-transaction.ts";
import type { SettlementLane } from "../domain/session.ts";
import type { SessionChange, StoredSession, WriteOutcome } from "./sessions.ts";

/** Who vouches for what a batch brings to the chain; `dispute`: one challenge, answer or conclusion. */
export type BatchKind = SettlementLane | "dispute";

export interface Batch {
  readonly batchId: string;
  readonly kind: BatchKind;
  readonly status: BatchStatus;
  readonly sessionIds: readonly string[];
  readonly createdAtMs: number;
}

/** One signed transaction for a batch. A replacement is another attempt with the same nonce. */
export interface SettlementTransaction extends Fees {
  readonly txHash: string;
  readonly batchId: string;
  readonly attempt: number;
  readonly nonce: number;
  readonly gasLimit: bigint;
  readonly calldata: string;
  readonly rawTransaction: string;
  readonly status: TransactionStatus;
  readonly sentAtMs: number | null;
  readonly blockNumber: number | null;
}

/** Batches and the transactions that carry them. Durability and errors are those of the whole ledger. */
export interface SettlementStore {
  /** Sessions that are completed, in no batch and may be in one of this lane now, oldest first. */
  listCompleted(
    limit: number,
    lane: SettlementLane,
    nowMs: number,
  ): Promise<readonly { readonly session: StoredSession; readonly cdr: Cdr; readonly completedAtMs: number }[]>;
  /**
   * Forms a batch and marks its sessions. `stale` if one of them has moved on: then no batch is formed. Durable on return,
   * before anything is sent.
   */
  createBatch(batch: Omit<Batch, "status">, changes: readonly SessionChange[]): Promise<WriteOutcome>;
  findBatch(batchId: string): Promise<Batch | null>;
  /** Batches that are formed or sent, oldest first. */
  listOpenBatches(): Promise<readonly Batch[]>;
  /**
   * Takes sessions out of a batch; a batch that is left with none ends as `failed`. A transaction that reverted is noted
   * in the same step, and its rivals are given up. `stale` if one of the sessions has moved on. Durable on return.
   */
  releaseSessions(
    batchId: string,
    changes: readonly SessionChange[],
    revertedTxHash: string | null,
  ): Promise<WriteOutcome>;
  /** Transactions of a batch, oldest attempt first. */
  listTransactions(batchId: string): Promise<readonly SettlementTransaction[]>;
  findTransaction(txHash: string): Promise<SettlementTransaction | null>;
  /** The nonces of transactions that may still be mined, each once, in order. */
  listLiveNonces(): Promise<readonly number[]>;
  /**
   * Keeps a signed transaction before it is sent; one that is there stays as it is. Durable on return.
   * @throws STORE_CONTENDED if a transaction of another batch has this nonce and may still be mined
   */
  putTransaction(transaction: SettlementTransaction): Promise<void>;
  /** Notes when a transaction was first handed to the endpoint; one that is over stays so. Durable on return. */
  markSent(txHash: string, sentAtMs: number): Promise<void>;
  /** Gives up the transactions of a batch because their nonce went elsewhere; the batch is `formed` again. Durable. */
  abandonTransactions(batchId: string): Promise<void>;
}
