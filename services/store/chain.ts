import type { DisputeActSeed } from "../domain/dispute.ts";
import type { Tariff } from "../domain/tariff.ts";
import type { NewSession, SessionChange, StoredSession, WriteOutcome } from "./sessions.ts";
import type { SettlementTransaction } from "./settlement.ts";

/** A block that was read, to recognise later that the chain has changed. */
export interface BlockMark {
  readonly number: number;
  readonly hash: string;
}

/** What one range of blocks, or the undoing of one, changes. */
export interface ChainProgress {
  /** The cursor that the changes were computed from; `null` before the first block. */
  readonly expectedCursor: BlockMark | null;
  readonly cursor: BlockMark | null;
  /** Marks above this block are forgotten. */
  readonly forgetAboveBlock: number | null;
  readonly tariffs: readonly { readonly tariffId: string; readonly tariff: Tariff }[];
  readonly openings: readonly NewSession[];
  readonly changes: readonly SessionChange[];
  /** Sessions that opened again elsewhere, and the idTag that they have from now on. They keep their former ones. */
  readonly reopenings: readonly Pick<StoredSession, "sessionId" | "idTag">[];
  /** Transactions that the range contains, or contains no longer (`blockNumber` null: back to sent). */
  readonly transactions: readonly { readonly txHash: string; readonly blockNumber: number | null }[];
  /** What is to be done now. */
  readonly acts: readonly DisputeActSeed[];
  /** What is done, whoever did it. */
  readonly finishedActs: readonly Pick<DisputeActSeed, "sessionId" | "act">[];
  /** Sessions of which nothing is done any more. */
  readonly reopenedActs: readonly string[];
}

/** How far the chain was read, and what follows from its blocks. Durability and errors are those of the whole ledger. */
export interface ChainStore {
  /** The newest block that was read; `null` before the first. */
  readCursor(): Promise<BlockMark | null>;
  /** Marks of blocks that were read, highest first. */
  listBlockMarks(limit: number): Promise<readonly BlockMark[]>;
  /** Sessions that were opened or closed, or whose amounts changed, in a block above this one, as they became known. */
  listSessionsAbove(blockNumber: number): Promise<readonly StoredSession[]>;
  /** Transactions of batches that were seen in a block above this one, in the order of the blocks. */
  listTransactionsAbove(blockNumber: number): Promise<readonly SettlementTransaction[]>;
  /**
   * In one step: the cursor and all that follows from the blocks up to it. `stale` if the cursor is another block by now, or
   * a session of `changes` has moved on; sessions of `openings` may have changes in the same step. Durable on return.
   */
  commitChain(progress: ChainProgress): Promise<WriteOutcome>;
}
