import type { ChargingTransaction, NewChargingTransaction } from "../store/charging.ts";

/** How often each transaction was written, as far as it was read or written here. */
export interface Revisions {
  note(transactions: readonly Pick<ChargingTransaction, "ordinal" | "revision">[]): void;
  /** The transaction, to be written over what is known to be on disk. */
  over<Transaction extends NewChargingTransaction | ChargingTransaction>(transaction: Transaction): Transaction;
  forget(transactions: readonly Pick<ChargingTransaction, "ordinal">[]): void;
}

/** More than the transactions that are kept in memory. */
const limit = 65_536;

export function createRevisions(): Revisions {
  const known = new Map<number, number>();
  return {
    note(transactions) {
      for (const { ordinal, revision } of transactions) {
        const oldest = known.keys().next();
        if (known.size >= limit && oldest.done !== true) known.delete(oldest.value);
        known.set(ordinal, revision);
      }
    },
    over(transaction) {
      if (!("ordinal" in transaction)) return transaction;
      return { ...transaction, revision: known.get(transaction.ordinal) ?? transaction.revision };
    },
    forget(transactions) {
      for (const { ordinal } of transactions) known.delete(ordinal);
    },
  };
}
