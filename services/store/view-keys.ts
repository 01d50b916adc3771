/** A key that shows a session whole, as its digest: SHA-256 in hexadecimal digits. */
export interface ViewKey {
  readonly sessionId: string;
  readonly keySha256: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** The part of the ledger about who may see sessions; durability and errors are those of the whole. */
export interface ViewKeyStore {
  /** Adds it if the session has none yet. Durable on return. */
  putFirstViewKey(key: ViewKey): Promise<void>;
  /** Adds it; of each session the latest four are kept. Durable on return. */
  putViewKey(key: ViewKey): Promise<void>;
  /** Digests of the session's keys, in no order. */
  listViewKeys(sessionId: string): Promise<readonly string[]>;
}
