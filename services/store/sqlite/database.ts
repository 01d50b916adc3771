import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { WattproofError } from "../../errors.ts";
import { asStoreError } from "./group-commit.ts";
import { migrations } from "./migrations.ts";

const busyTimeoutMs = 5_000;

/**
 * Opens the ledger in a folder, making both where they are missing, and brings the schema up to date.
 * @throws STORE_UNAVAILABLE, STORE_CORRUPT if a newer version wrote it
 */
export function openDatabase(folder: string): DatabaseSync {
  try {
    mkdirSync(folder, { recursive: true });
    const database = new DatabaseSync(join(folder, "wattproof.sqlite"), {
      timeout: busyTimeoutMs,
      enableForeignKeyConstraints: true,
    });
    // FULL waits for the disk at every commit: with NORMAL a power cut loses commits that were answered.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    migrate(database);
    return database;
  } catch (error) {
    throw asStoreError(error);
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
 * @throws STORE_UNAVAILABLE if another has it
 */
export function lockFolder(folder: string): { release(): void } {
  mkdirSync(folder, { recursive: true });
  // The lock is one that SQLite asks of the operating system, so a process that is killed leaves none behind.
  const lock = new DatabaseSync(join(folder, "service-lock.sqlite"));
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    throw new WattproofError("STORE_UNAVAILABLE", "Another service works on this data folder.", { cause: error });
  }
  return {
    release() {
      lock.close();
    },
  };
}
