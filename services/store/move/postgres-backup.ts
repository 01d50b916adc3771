import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import type { Connection } from "../postgres/connection.ts";
import { requireCurrentSchema } from "../postgres/schema.ts";
import type { PostgresTarget } from "../postgres/target.ts";
import { inTransaction } from "../postgres/transaction.ts";
import { restoreLedger, writeBackup, type LedgerSummary } from "../sqlite/backup-ledger.ts";
import { migrations } from "../sqlite/migrations.ts";
import { copyLedger, onConnection, type MoveOptions } from "./move-ledger.ts";
import { readPostgresRows } from "./postgres-rows.ts";
import { createRowSum, isSameSum } from "./row-sum.ts";
import { currentShapes, giveBackAll } from "./shapes.ts";
import { sumSqliteRows, writeSqliteRows } from "./sqlite-rows.ts";

const triggerRow = z.object({ name: z.string(), sql: z.string() });

/**
 * Writes a backup of a ledger in PostgreSQL, as it is at one moment, while replicas work on it. It is a ledger in SQLite
 * like that of `backupLedger`, so that one kind of backup goes back into either store.
 * @throws BACKUP_TARGET_TAKEN if the file is there; STORE_MISSING, STORE_INCOMPLETE, STORE_UNAVAILABLE, STORE_CORRUPT
 */
export function backupPostgres(target: PostgresTarget, file: string): Promise<LedgerSummary> {
  return writeBackup(file, (draft) =>
    onConnection(target, (connection) =>
      inTransaction(connection, ["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"], async () => {
        await requireCurrentSchema(connection);
        await copyOut(connection, draft);
      }),
    ),
  );
}

/**
 * Puts a backup into a database of PostgreSQL in which nothing is. A run that was killed is repeated.
 * @throws BACKUP_UNUSABLE; BACKUP_TARGET_TAKEN if the database holds anything else; STORE_UNAVAILABLE, INTERRUPTED
 */
export async function restoreToPostgres(
  file: string,
  target: PostgresTarget,
  options: MoveOptions,
): Promise<LedgerSummary> {
  // A backup of an earlier version is brought up to date in a copy.
  const folder = mkdtempSync(join(tmpdir(), "wattproof-restore-"));
  try {
    const summary = restoreLedger(file, folder);
    await copyLedger(folder, target, options);
    return summary;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function copyOut(connection: Connection, path: string): Promise<void> {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  try {
    // The file is nobody's until it is whole.
    database.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN");
    for (const step of migrations) database.exec(step);
    const triggers = database
      .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
      .all()
      .map((row) => triggerRow.parse(row));
    // What they would write comes with the rows.
    for (const { name } of triggers) database.exec(`DROP TRIGGER "${name}"`);
    for (const shape of currentShapes()) {
      const sum = createRowSum();
      for await (const rows of readPostgresRows(connection, shape)) {
        writeSqliteRows(database, shape, rows);
        for (const row of rows) sum.add(row);
      }
      if (!isSameSum(sum.total(), sumSqliteRows(database, shape))) {
        throw new WattproofError("MOVE_DIFFERS", `${shape.name} is not in the file as it is in PostgreSQL.`);
      }
    }
    // Up to which frame those of all stations were handed on.
    database.exec(`INSERT INTO ocpp_frame_cursor (only_row, ordinal) SELECT 1, coalesce(
      (SELECT min(ordinal) - 1 FROM ocpp_frames LEFT JOIN ocpp_station_cursors AS cursors USING (station_id)
        WHERE ocpp_frames.station_ordinal > coalesce(cursors.station_ordinal, 0)),
      (SELECT max(ordinal) FROM ocpp_frames), 0)`);
    for (const sql of giveBackAll) database.exec(sql);
    for (const { sql } of triggers) database.exec(sql);
    database.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`);
  } finally {
    database.close();
  }
}
