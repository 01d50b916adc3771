import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  statfsSync,
} from "node:fs";
import { join } from "node:path";

import { WattproofError } from "../../errors.ts";
import { asStoreError, sqliteCodeOf } from "./sqlite-errors.ts";

/** The file that holds the ledger. */
export const ledgerName = "wattproof.sqlite";
/** The file that a service locks as long as it works. */
export const lockName = "service-lock.sqlite";
/** What the ledger is called after it was moved to another store, so that no service goes on with it. */
const movedName = `${ledgerName}.moved`;
/** With the files that SQLite puts beside a database. */
const ownNames = new Set(
  [ledgerName, lockName].flatMap((name) => [name, `${name}-wal`, `${name}-shm`, `${name}-journal`]),
);

// Cards and drivers are in it, and nobody but the service's user has to read them.
const folderMode = 0o700;
const fileMode = 0o600;
const othersMask = 0o077;
const sqliteFull = 13;
/** SQLite needs a few pages for whatever it does. */
const scarceBytes = 65_536;

/** Whether the folder holds a ledger. One that was begun and never written is none. */
export function hasLedger(folder: string): boolean {
  const status = statSync(join(folder, ledgerName), { throwIfNoEntry: false });
  return status?.isFile() === true && status.size > 0;
}

/**
 * Refuses a folder without a ledger, because an empty one in the place of the right one forgets what was signed.
 * @throws STORE_MISSING
 */
export function requireLedger(folder: string): void {
  if (hasLedger(folder)) return;
  if (existsSync(join(folder, movedName))) {
    throw new WattproofError(
      "STORE_MISSING",
      `The ledger of ${folder} was moved to PostgreSQL. Name it by WATTPROOF_STORE; the old one is ${movedName}.`,
    );
  }
  const state = existsSync(folder) ? "holds no ledger" : "does not exist";
  throw new WattproofError(
    "STORE_MISSING",
    `The data folder ${folder} ${state}. If it is the right one, something is not mounted. For a new service start once with --init (WATTPROOF_INIT=1).`,
  );
}

/**
 * Gives a ledger that is closed and was moved to another store a name under which no service finds it.
 * @returns the path that it has now
 * @throws STORE_UNAVAILABLE with the reason
 */
export function setAsideLedger(folder: string): string {
  const path = join(folder, movedName);
  try {
    if (existsSync(path)) throw new WattproofError("STORE_UNAVAILABLE", `${path} is there already.`);
    // What is still in SQLite's log goes along, and first: without it the ledger would be older than it is.
    for (const suffix of ["-wal", ""]) {
      const from = join(folder, ledgerName + suffix);
      if (existsSync(from)) renameSync(from, path + suffix);
    }
    return path;
  } catch (error) {
    throw explain(error, folder);
  }
}

/**
 * Makes the folder and a file of ours in it where they are missing, for this user alone whatever the umask is.
 * @returns the path of the file
 * @throws STORE_UNAVAILABLE with the reason
 */
export function prepareFile(folder: string, name: string): string {
  const path = join(folder, name);
  try {
    mkdirSync(folder, { recursive: true, mode: folderMode });
    closeSync(openSync(path, "a", fileMode));
  } catch (error) {
    throw explain(error, folder);
  }
  return path;
}

/**
 * Takes from others the right to read a ledger that an earlier version left open to them. A folder that holds anything
 * else is somebody's, and stays as it is.
 * @returns what was changed
 */
export function tightenFolder(folder: string): readonly string[] {
  const tightened: string[] = [];
  const names = readdirSync(folder);
  for (const name of names.filter((one) => ownNames.has(one))) tighten(join(folder, name), fileMode, tightened);
  if (names.every((name) => ownNames.has(name))) tighten(folder, folderMode, tightened);
  return tightened;
}

function tighten(path: string, mode: number, tightened: string[]): void {
  // SQLite may remove what it put beside a database at any time.
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined || (status.mode & othersMask) === 0) return;
  try {
    chmodSync(path, mode);
    tightened.push(path);
  } catch (error) {
    throw explain(error, path);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the user's share of the disk is used up",
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "it is mounted read-only",
  ENOTDIR: "a file is where a folder should be",
  EEXIST: "a file is where the folder should be",
  EISDIR: "a folder is where a file should be",
  EMFILE: "this process has too many files open",
  EIO: "the disk fails",
};

/** What went wrong with the ledger in words that say what to do. What is an error of the catalogue already stays. */
export function explain(error: unknown, folder: string): WattproofError {
  if (error instanceof WattproofError) return error;
  const reason = reasonOf(error, folder);
  if (reason === null) return asStoreError(error);
  return new WattproofError("STORE_UNAVAILABLE", `The data folder ${folder} cannot be used: ${reason}.`, {
    cause: error,
  });
}

function reasonOf(error: unknown, folder: string): string | null {
  const known = error instanceof Error && "code" in error ? reasons[String(error.code)] : undefined;
  if (known !== undefined) return known;
  const code = sqliteCodeOf(error);
  if (code === null) return null;
  // SQLite calls a disk that is full an error of input and output where it happens to a file beside the database.
  if (code === sqliteFull || freeBytesOf(folder) < scarceBytes) return reasons["ENOSPC"] ?? null;
  return null;
}

function freeBytesOf(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    // Nothing is known about it, so nothing is said about it.
    return Number.POSITIVE_INFINITY;
  }
}
