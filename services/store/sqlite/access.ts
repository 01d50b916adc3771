import type { DatabaseSync, SQLInputValue } from "node:sqlite";

import type { GroupCommit } from "./group-commit.ts";
import type { DamageLatch } from "./sqlite-errors.ts";

/** How the parts of the store reach the database. */
export interface Access {
  /** Prepared once, on first use. Inside `read` and `write` only. */
  all(sql: string, ...values: SQLInputValue[]): readonly Readonly<Record<string, unknown>>[];
  /** The first row, if any. */
  get(sql: string, ...values: SQLInputValue[]): Readonly<Record<string, unknown>> | undefined;
  /** @returns how many rows were changed. */
  run(sql: string, ...values: SQLInputValue[]): number;
  /** @returns the number of the row that was added. */
  insert(sql: string, ...values: SQLInputValue[]): number;
  read<Result>(work: () => Result): Promise<Result>;
  write<Result>(work: () => Result): Promise<Result>;
}

export function createAccess(database: DatabaseSync, commits: GroupCommit, latch: DamageLatch): Access {
  const statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();

  // The texts are constants of this folder, so their number is bounded.
  function prepared(sql: string): ReturnType<DatabaseSync["prepare"]> {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  }

  return {
    all: (sql, ...values) => prepared(sql).all(...values),
    get: (sql, ...values) => prepared(sql).get(...values),
    run: (sql, ...values) => Number(prepared(sql).run(...values).changes),
    insert: (sql, ...values) => Number(prepared(sql).run(...values).lastInsertRowid),
    read: (work) =>
      new Promise((resolve, reject) => {
        try {
          resolve(work());
        } catch (error) {
          reject(latch.note(error));
        }
      }),
    write: (work) => commits.write(work),
  };
}
