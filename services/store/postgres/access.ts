import { AsyncLocalStorage } from "node:async_hooks";

import type { Access, SqlValue } from "../sql/access.ts";
import type { Answer, Connection } from "./connection.ts";
import type { Pool } from "./pool.ts";
import { asStoreError } from "./postgres-errors.ts";
import { statementOf } from "./statement.ts";
import { inTransaction } from "./transaction.ts";
import type { WriteLane } from "./write-lane.ts";

/** How the parts reach PostgreSQL. */
export interface PostgresAccess {
  readonly access: Access;
  /** Runs work whose statements go over this connection. */
  readonly within: <Result>(connection: Connection, work: () => Promise<Result>) => Promise<Result>;
}

/** The parts of the store do not carry their connection about: it is that of the read or write that they are called in. */
export function createAccess(pool: Pool, lane: WriteLane): PostgresAccess {
  const current = new AsyncLocalStorage<Connection>();

  function query(sql: string, values: readonly SqlValue[]): Promise<Answer> {
    const connection = current.getStore();
    if (connection === undefined) throw new Error("A statement stands outside of every read and write.");
    return connection.query(statementOf(sql), values);
  }

  async function failing<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      throw asStoreError(error);
    }
  }

  const access: Access = {
    all: async (sql, ...values) => (await query(sql, values)).rows,
    get: async (sql, ...values) => (await query(sql, values)).rows[0],
    run: async (sql, ...values) => (await query(sql, values)).changed,
    async runEach(sql, rows) {
      await Promise.all(rows.map((values) => query(sql, values)));
    },
    async insert(sql, ...values) {
      const { rows } = await query(`${sql} RETURNING ordinal`, values);
      return Number(rows[0]?.["ordinal"]);
    },
    read: (work) => failing(pool.use((connection) => current.run(connection, work))),
    snapshot: (work) =>
      failing(
        pool.use((connection) =>
          inTransaction(connection, ["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"], () =>
            current.run(connection, work),
          ),
        ),
      ),
    write: (work) => failing(lane.write((connection) => current.run(connection, work))),
  };

  return { access, within: (connection, work) => current.run(connection, work) };
}
