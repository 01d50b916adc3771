import { createHash } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { WattproofError } from "../../errors.ts";
import type { Connection, PoolSettings } from "../postgres/connection.ts";
import { createPool } from "../postgres/pool.ts";
import { asStoreError } from "../postgres/postgres-errors.ts";
import type { PostgresTarget } from "../postgres/target.ts";
import { lockFolder, openDatabase } from "../sqlite/database.ts";
import { explain, ledgerName, requireLedger, setAsideLedger } from "../sqlite/ledger-folder.ts";
import { countPostgresRows, sumPostgresRows, writePostgresRows } from "./postgres-rows.ts";
import { isSameSum, type Row, type RowSum } from "./row-sum.ts";
import { currentShapes, runtimeTables, type TableShape } from "./shapes.ts";
import { countSqliteRows, highestOrdinal, readSqliteRows, sumSqliteRows } from "./sqlite-rows.ts";
import {
  beginTarget,
  emptyTarget,
  finishTarget,
  lockTarget,
  readTargetState,
  resumeTarget,
  type TargetState,
} from "./target-state.ts";

export interface MoveOptions {
  /** Takes away first what an earlier move of this ledger has written and did not finish. */
  readonly isAnew: boolean;
  readonly signal: AbortSignal;
  /** Called before the first row with how many steps there are, each row being written and compared. */
  readonly onBegin: (steps: number) => void;
  readonly onSteps: (steps: number) => void;
}

export interface MovedTable extends RowSum {
  readonly table: string;
}

export interface Move {
  /** What the database was for this ledger before. */
  readonly targetWas: TargetState;
  /** Rows that this run has written. */
  readonly written: number;
  /** Every table with the sum that it has on both sides. */
  readonly tables: readonly MovedTable[];
}

/** What a move would do. */
export interface MovePlan {
  readonly targetIs: TargetState;
  readonly rows: number;
  readonly rowsThere: number;
}

const rowsPerCommit = 500;
const connectionSettings: PoolSettings = {
  connections: 1,
  waitMs: 15_000,
  statementTimeoutMs: 600_000,
  idleTransactionMs: 60_000,
};

/**
 * Copies the ledger of a folder into a database of PostgreSQL, compares both row by row, and gives the old one a name
 * under which no service finds it. The database becomes a ledger with its last commit: a run that was killed leaves one
 * that no service opens, and the next run goes on behind the last row that it has.
 * @throws STORE_MISSING, STORE_UNAVAILABLE if a service works on the folder, STORE_CORRUPT; BACKUP_TARGET_TAKEN if the
 *   database holds anything else; MOVE_DIFFERS if both are not the same in the end; INTERRUPTED
 */
export async function moveLedger(folder: string, target: PostgresTarget, options: MoveOptions): Promise<Move> {
  const move = await copyLedger(folder, target, options);
  setAsideLedger(folder);
  return move;
}

/** What `moveLedger` does, but the folder keeps its ledger. */
export async function copyLedger(folder: string, target: PostgresTarget, options: MoveOptions): Promise<Move> {
  requireLedger(folder);
  const lock = lockFolder(folder);
  try {
    const database = openDatabase(folder);
    try {
      return await onConnection(target, (connection) => copyInto(connection, database, options));
    } finally {
      database.close();
    }
  } finally {
    lock.release();
  }
}

/** What `moveLedger` would do. Changes nothing, and a service may work on the folder meanwhile. */
export async function planMove(folder: string, target: PostgresTarget): Promise<MovePlan> {
  requireLedger(folder);
  const database = new DatabaseSync(join(folder, ledgerName), { readOnly: true, timeout: 30_000 });
  try {
    const shapes = currentShapes();
    // One of an earlier version lacks tables; they come with the move.
    const rows = shapes
      .filter((shape) => hasTable(database, shape.name))
      .reduce((count, shape) => count + countSqliteRows(database, shape), 0);
    return await onConnection(target, async (connection) => {
      const targetIs = await readTargetState(connection, markOf(database));
      let rowsThere = 0;
      if (targetIs !== "empty") for (const shape of shapes) rowsThere += await countPostgresRows(connection, shape);
      return { targetIs, rows, rowsThere };
    });
  } catch (error) {
    throw explain(error, folder);
  } finally {
    database.close();
  }
}

function hasTable(database: DatabaseSync, name: string): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name) !== undefined;
}

/** Runs work with one connection. @throws STORE_UNAVAILABLE, STORE_CORRUPT, and what the work throws */
export async function onConnection<Result>(
  target: PostgresTarget,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const pool = createPool(target, connectionSettings);
  try {
    return await pool.use(work);
  } catch (error) {
    throw asStoreError(error);
  } finally {
    await pool.close();
  }
}

async function copyInto(connection: Connection, database: DatabaseSync, options: MoveOptions): Promise<Move> {
  const shapes = currentShapes();
  const source = markOf(database);
  await lockTarget(connection);
  const targetWas = await readTargetState(connection, source);
  const rows = shapes.reduce((count, shape) => count + countSqliteRows(database, shape), 0);
  options.onBegin(2 * rows);
  let written = 0;
  if (targetWas === "empty") await beginTarget(connection, source);
  if (targetWas === "begun") await resumeTarget(connection);
  if (targetWas === "begun" && options.isAnew) await emptyTarget(connection, shapes);
  if (targetWas !== "done") {
    for (const shape of shapes) written += await copyTable(connection, database, shape, options);
  }
  const tables: MovedTable[] = [];
  const advice =
    targetWas === "done"
      ? "A service has worked on the database since it was moved: nothing was changed."
      : "If a service worked on the folder since the move began, move again with --anew.";
  const compared = targetWas === "done" ? shapes.filter(({ name }) => !runtimeTables.has(name)) : shapes;
  for (const shape of compared) tables.push(await compare(connection, database, shape, { ...options, advice }));
  if (targetWas !== "done") {
    const ordinals = new Map(
      shapes
        .filter(({ columns }) => columns.some(({ name }) => name === "ordinal"))
        .filter(({ key }) => key.length === 1 && key[0] === "ordinal")
        .map((shape) => [shape.name, highestOrdinal(database, shape)]),
    );
    await finishTarget(connection, ordinals, Date.now());
  }
  return { targetWas, written, tables };
}

/** Rows are written in one order, so that the number of those that are there says where to go on. */
async function copyTable(
  connection: Connection,
  database: DatabaseSync,
  shape: TableShape,
  { signal, onSteps }: MoveOptions,
): Promise<number> {
  const there = await countPostgresRows(connection, shape);
  onSteps(there);
  let written = 0;
  let part: Row[] = [];
  async function flush(): Promise<void> {
    if (part.length === 0) return;
    requireGoingOn(signal);
    await writePostgresRows(connection, shape, part);
    written += part.length;
    onSteps(part.length);
    part = [];
  }
  for (const row of readSqliteRows(database, shape, there)) {
    part.push(row);
    if (part.length === rowsPerCommit) await flush();
  }
  await flush();
  return written;
}

async function compare(
  connection: Connection,
  database: DatabaseSync,
  shape: TableShape,
  { signal, onSteps, advice }: MoveOptions & { readonly advice: string },
): Promise<MovedTable> {
  requireGoingOn(signal);
  const here = sumSqliteRows(database, shape);
  const there = await sumPostgresRows(connection, shape, onSteps);
  if (isSameSum(here, there)) return { table: shape.name, ...here };
  throw new WattproofError(
    "MOVE_DIFFERS",
    `${shape.name} has ${here.rows} rows in the folder and ${there.rows} in PostgreSQL, and they are not the same. ${advice}`,
  );
}

function requireGoingOn(signal: AbortSignal): void {
  if (signal.aborted) throw new WattproofError("INTERRUPTED", "The same command goes on where this one ended.");
}

/** By which a later run knows the ledger that it began with. */
function markOf(database: DatabaseSync): string {
  const table = "ledger_identity";
  const identity = hasTable(database, table) ? database.prepare(`SELECT * FROM ${table}`).all() : [];
  return createHash("sha256").update(JSON.stringify(identity)).digest("hex");
}
