/** Whose ledger it is: what was signed in the name of one oracle for one contract says nothing about another. */
export interface LedgerIdentity {
  readonly chainId: number;
  /** Address of the settlement contract. */
  readonly settlement: string;
  readonly oracle: string;
}

/** Whose ledger it is, whether it answers, and its end. */
export interface LedgerStore {
  /**
   * Says whose ledger it is; one that names nobody is named. Durable on return.
   * @param formerOracle The oracle that it may have been of, where its key was rotated.
   * @throws STORE_FOREIGN if it is of another deployment or oracle, STORE_OF_OLDER_CONTRACTS if it began under contracts of
   * which nothing can be settled
   */
  claimLedger(owner: LedgerIdentity, formerOracle: string | null): Promise<"claimed" | "known" | "handed-over">;

  /** Writes and reads back. @throws STORE_UNAVAILABLE */
  probe(): Promise<void>;
  /** Waits for what was begun and closes; later writes reject with STORE_UNAVAILABLE. A second call does nothing. */
  close(): Promise<void>;
}
