import type { DatabaseSync } from "node:sqlite";

import type { Access } from "../sql/access.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { DamageLatch } from "./sqlite-errors.ts";

/**
 * SQLite answers at once, so a read or a write is over within one turn of the event loop, and nothing comes between its
 * statements.
 */
export function createAccess(database: DatabaseSync, commits: GroupCommit, latch: DamageLatch): Access {
  const statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();

  // The texts are constants of the store, so their number is bounded.
  function prepared(sql: string): ReturnType<DatabaseSync["prepare"]> {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  }

  async function read<Result>(work: () => Promise<Result>): Promise<Result> {
    // What a commit has written so far is not durable.
    await commits.whenIdle();
    try {
      return await work();
    } catch (error) {
      throw latch.note(error);
    }
  }

  return {
    // The methods are asynchronous for the sake of PostgreSQL; a statement that fails rejects.
    // eslint-disable-next-line @typescript-eslint/require-await
    all: async (sql, ...values) => prepared(sql).all(...values),
    // eslint-disable-next-line @typescript-eslint/require-await
    get: async (sql, ...values) => prepared(sql).get(...values),
    // eslint-disable-next-line @typescript-eslint/require-await
    run: async (sql, ...values) => Number(prepared(sql).run(...values).changes),
    // eslint-disable-next-line @typescript-eslint/require-await
    runEach: async (sql, rows) => {
      const statement = prepared(sql);
      for (const values of rows) statement.run(...values);
    },
    // eslint-disable-next-line @typescript-eslint/require-await
    insert: async (sql, ...values) => Number(prepared(sql).run(...values).lastInsertRowid),
    read,
    snapshot: read,
    write: (work) => commits.write(work),
  };
}
