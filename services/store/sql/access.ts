/** What a column can hold and a statement can be given. */
export type SqlValue = string | number | bigint | Uint8Array | null;
/** A row by the names of its columns. */
export type SqlRow = Readonly<Record<string, unknown>>;

/**
 * How the parts of the store reach their database. What stands in this folder is written once for SQLite and for
 * PostgreSQL, in the SQL that both take.
 *
 * - `all`, `get`, `run` and `insert` are called inside `read`, `snapshot` and `write` alone, and whoever calls them awaits
 *   nothing else there: in SQLite everybody waits for the end of a write.
 * - Writes come one after another, over all replicas of a ledger: what a write reads stays so until it is durable.
 */
export interface Access {
  all(sql: string, ...values: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  /** The first row, if any. */
  get(sql: string, ...values: readonly SqlValue[]): Promise<SqlRow | undefined>;
  /** @returns how many rows were changed. */
  run(sql: string, ...values: readonly SqlValue[]): Promise<number>;
  /** The same statement once with each of these values, in order and in one step to the database. */
  runEach(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<void>;
  /** @returns the `ordinal` of the row that was added. */
  insert(sql: string, ...values: readonly SqlValue[]): Promise<number>;
  /** For what one query answers. */
  read<Result>(work: () => Promise<Result>): Promise<Result>;
  /** For what several queries answer together: they see one state. */
  snapshot<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Resolves with what `work` does after that is durable; rejects, with nothing written, if it rejects. */
  write<Result>(work: () => Promise<Result>): Promise<Result>;
}
