import { DatabaseSync } from "node:sqlite";

import { WattproofError } from "../../errors.ts";
import { explain, ledgerName, lockName, prepareFile, tightenFolder } from "./ledger-folder.ts";
import { migrations } from "./migrations.ts";
import { sqliteCodeOf } from "./sqlite-errors.ts";

const busyTimeoutMs = 5_000;
const sqliteBusy = 5;

/**
 * Opens the ledger in a folder, making both where they are missing, and brings the schema up to date.
 * @throws STORE_UNAVAILABLE with the reason, STORE_CORRUPT if it is damaged or a newer version wrote it
 */
export function openDatabase(folder: string): DatabaseSync {
  const path = prepareFile(folder, ledgerName);
  let database: DatabaseSync | null = null;
  try {
    tightenFolder(folder);
    database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
    // FULL waits for the disk at every commit: with NORMAL a power cut loses commits that were answered.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    migrate(database);
    return database;
  } catch (error) {
    database?.close();
    throw explain(error, folder);
  }
}

function migrate(database: DatabaseSync): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (version > migrations.length) {
      throw new WattproofError(
        "STORE_CORRUPT",
        `The store has schema ${version}; this version knows ${migrations.length}.`,
      );
    }
    for (const step of migrations.slice(version)) database.exec(step);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/**
 * Makes this process the only service on a folder until it ends, in whatever way. Two would send with one nonce.
 * @throws STORE_UNAVAILABLE with the reason: another has it, or the folder cannot be written
 */
export function lockFolder(folder: string): { release(): void } {
  const path = prepareFile(folder, lockName);
  let lock: DatabaseSync | null = null;
  try {
    // The lock is one that SQLite asks of the operating system, so a process that is killed leaves none behind.
    lock = new DatabaseSync(path);
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock?.close();
    if (sqliteCodeOf(error) === sqliteBusy) {
      throw new WattproofError("STORE_UNAVAILABLE", "Another service works on this data folder.", { cause: error });
    }
    throw explain(error, folder);
  }
  const held = lock;
  return {
    release() {
      held.close();
    },
  };
}
