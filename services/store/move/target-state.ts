import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import type { Connection } from "../postgres/connection.ts";
import { bringUpToDate } from "../postgres/schema.ts";
import { inTransaction } from "../postgres/transaction.ts";
import { cursorTable, giveBackAll, type TableShape } from "./shapes.ts";

/**
 * What a database is for a move. `empty`: nothing is there. `begun`: a move of this ledger began and did not end.
 * `done`: one ended.
 */
export type TargetState = "empty" | "begun" | "done";

const lockWait = "10s";
const moveRow = z.object({ source: z.string(), finished_at_ms: z.number().nullable() });
const foundRow = z.object({ found: z.string().nullable() });

/** Whose rows other rows are made of when they come, and those that refuse a change. */
const tablesWithTriggers = ["cdrs", "sessions", "ocpp_frames"] as const;

/**
 * Keeps other moves out of the database as long as the connection is open.
 * @throws STORE_UNAVAILABLE if another one works there
 */
export async function lockTarget(connection: Connection): Promise<void> {
  // A move that was killed holds the lock until the server has noticed.
  await connection.query(`SET lock_timeout = '${lockWait}'`);
  await connection.query("SELECT pg_advisory_lock(2301202018)");
}

/**
 * What the database is for a ledger with this mark.
 * @throws BACKUP_TARGET_TAKEN if it holds anything else
 */
export async function readTargetState(connection: Connection, source: string): Promise<TargetState> {
  const isThere = async (table: string): Promise<boolean> => {
    const { rows } = await connection.query(`SELECT to_regclass('${table}')::text AS found`);
    return foundRow.parse(rows[0]).found !== null;
  };
  if (!(await isThere("ledger_move"))) {
    const { rows } = await connection.query(
      `SELECT relname::text AS found FROM pg_class WHERE relnamespace = current_schema()::regnamespace
       AND relkind IN ('r', 'p', 'v', 'm', 'S') ORDER BY relname LIMIT 1`,
    );
    if (rows[0] === undefined) return "empty";
    throw taken(
      (await isThere("ledger_schema"))
        ? "The database holds a ledger already."
        : `The database holds ${foundRow.parse(rows[0]).found ?? ""} of another program.`,
    );
  }
  const { rows } = await connection.query("SELECT source, finished_at_ms FROM ledger_move");
  const { source: known, finished_at_ms: finishedAtMs } = moveRow.parse(rows[0]);
  if (known !== source) throw taken("The database holds what was moved there from another ledger.");
  return finishedAtMs === null ? "begun" : "done";
}

/** Makes the schema in an empty database. No service opens it until `finishTarget`. */
export async function beginTarget(connection: Connection, source: string): Promise<void> {
  await inTransaction(connection, ["BEGIN"], async () => {
    await bringUpToDate(connection, true);
    await connection.query(`CREATE TABLE ledger_move (
      only_row BIGINT PRIMARY KEY CHECK (only_row = 1), source TEXT NOT NULL, finished_at_ms BIGINT)`);
    await connection.query("INSERT INTO ledger_move (only_row, source) VALUES (1, $1)", [source]);
    // What these would write comes with the rows.
    for (const table of tablesWithTriggers) await connection.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
  });
}

/** Goes on with a move that another version of this program may have begun. */
export async function resumeTarget(connection: Connection): Promise<void> {
  await inTransaction(connection, ["BEGIN"], () => bringUpToDate(connection, true));
}

/** Takes away what a move that did not end has written. */
export async function emptyTarget(connection: Connection, shapes: readonly TableShape[]): Promise<void> {
  const names = shapes.map(({ name }) => (name === cursorTable ? "ocpp_station_places" : `"${name}"`));
  await connection.query(`TRUNCATE ${names.join(", ")}`);
}

/**
 * Makes a ledger of the rows: from here on a service opens it.
 * @param ordinals The highest ordinal that each table has given.
 */
export async function finishTarget(
  connection: Connection,
  ordinals: ReadonlyMap<string, number>,
  nowMs: number,
): Promise<void> {
  await inTransaction(connection, ["BEGIN"], async () => {
    // Stations of which nothing was handed on yet.
    await connection.query(`INSERT INTO ocpp_station_places (station_id, newest)
      SELECT station_id, max(station_ordinal) FROM ocpp_frames GROUP BY station_id ON CONFLICT (station_id) DO NOTHING`);
    for (const [table, highest] of ordinals) {
      await connection.query(
        `SELECT setval(pg_get_serial_sequence('${table}', 'ordinal'), $1::bigint, $2::bigint = 1)`,
        [Math.max(1, highest), highest === 0 ? 0 : 1],
      );
    }
    for (const sql of giveBackAll) await connection.query(sql);
    for (const table of tablesWithTriggers) await connection.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
    await connection.query("UPDATE ledger_move SET finished_at_ms = $1", [nowMs]);
  });
}

function taken(detail: string): WattproofError {
  return new WattproofError("BACKUP_TARGET_TAKEN", `${detail} Name an empty database.`);
}
