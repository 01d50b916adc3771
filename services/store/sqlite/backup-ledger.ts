import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import type { LedgerIdentity } from "../ledger.ts";
import { lockFolder } from "./database.ts";
import { explain, hasLedger, ledgerName, lockName, prepareFile, requireLedger } from "./ledger-folder.ts";
import { migrations } from "./migrations.ts";

/** What a ledger or its backup holds. */
export interface LedgerSummary {
  /** How many steps of the schema it has. */
  readonly schemaVersion: number;
  readonly sessions: number;
  /** The last block that was read; `null` before the first. */
  readonly followedBlock: number | null;
  /** `null`: no service of this version has opened it yet. */
  readonly identity: LedgerIdentity | null;
}

const fileMode = 0o600;
const oneNumber = z.object({ value: z.number() });
const identityRow = z.object({ chain_id: z.number(), settlement: z.string(), oracle: z.string() });

/**
 * Writes a backup of the ledger in a folder, as it is at one moment, beside the service that may be working on it.
 * The file is there whole and checked, or not at all.
 * @throws STORE_MISSING, BACKUP_TARGET_TAKEN if the file is there, STORE_UNAVAILABLE, STORE_CORRUPT
 */
export function backupLedger(folder: string, target: string): LedgerSummary {
  requireLedger(folder);
  requireFree(target);
  const draft = draftOf(target);
  try {
    const database = new DatabaseSync(join(folder, ledgerName), { readOnly: true, timeout: 30_000 });
    try {
      // Reads at one moment; the log that is not yet in the file is part of it.
      database.prepare("VACUUM INTO ?").run(draft);
    } finally {
      database.close();
    }
    return keepBackup(draft, target);
  } catch (error) {
    throw explain(error, folder);
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Has a ledger written to a file that becomes a backup, whole and checked, or is not there at all.
 * @param write Makes the ledger at the path that it is given.
 * @throws BACKUP_TARGET_TAKEN if the file is there, STORE_UNAVAILABLE, and what `write` throws
 */
export async function writeBackup(target: string, write: (draft: string) => Promise<void>): Promise<LedgerSummary> {
  requireFree(target);
  const draft = draftOf(target);
  try {
    await write(draft);
    return keepBackup(draft, target);
  } catch (error) {
    throw explain(error, dirname(target));
  } finally {
    rmSync(draft, { force: true });
  }
}

function keepBackup(draft: string, target: string): LedgerSummary {
  chmodSync(draft, fileMode);
  const summary = readLedgerSummary(draft);
  settleFile(draft, target);
  return summary;
}

/**
 * Puts a backup into a data folder in which no ledger is, and no service works. Done by root, it belongs to whose the
 * folder is.
 * @throws BACKUP_UNUSABLE, BACKUP_TARGET_TAKEN if the folder has a ledger, STORE_UNAVAILABLE
 */
export function restoreLedger(backup: string, folder: string): LedgerSummary {
  const summary = checkBackup(backup);
  const lock = lockFolder(folder);
  try {
    if (hasLedger(folder)) {
      throw new WattproofError(
        "BACKUP_TARGET_TAKEN",
        `${folder} holds a ledger; name an empty folder, or move it away.`,
      );
    }
    const path = prepareFile(folder, ledgerName);
    const draft = draftOf(path);
    try {
      copyFileSync(backup, draft);
      chmodSync(draft, fileMode);
      giveToOwnerOf(folder, [draft, join(folder, lockName)]);
      settleFile(draft, path);
    } finally {
      rmSync(draft, { force: true });
    }
    return summary;
  } catch (error) {
    throw explain(error, folder);
  } finally {
    lock.release();
  }
}

/** What is in a backup, checked page by page. @throws BACKUP_UNUSABLE */
export function checkBackup(backup: string): LedgerSummary {
  try {
    if (!existsSync(backup)) throw unusable(`${backup} is not there.`);
    return readLedgerSummary(backup);
  } catch (error) {
    if (error instanceof WattproofError) throw error;
    throw unusable(`${backup} is not a ledger.`, error);
  }
}

function readLedgerSummary(path: string): LedgerSummary {
  const database = new DatabaseSync(path, { readOnly: true });
  const numberOf = (statement: string): number | null =>
    oneNumber.safeParse(database.prepare(statement).get()).data?.value ?? null;
  const hasTable = (name: string): boolean =>
    database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name) !== undefined;
  try {
    const finding = String(database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"]);
    if (finding !== "ok") throw unusable(`It is damaged: ${finding.slice(0, 200)}`);
    if (!hasTable("sessions")) throw unusable(`${path} is not a ledger.`);
    const schemaVersion = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (schemaVersion > migrations.length) {
      throw unusable(`It has schema ${schemaVersion}; this version knows ${migrations.length}.`);
    }
    const identity = hasTable("ledger_identity")
      ? identityRow.safeParse(database.prepare("SELECT * FROM ledger_identity").get()).data
      : undefined;
    return {
      schemaVersion,
      sessions: numberOf("SELECT count(*) AS value FROM sessions") ?? 0,
      followedBlock: numberOf("SELECT number AS value FROM chain_cursor"),
      identity:
        identity === undefined
          ? null
          : { chainId: identity.chain_id, settlement: identity.settlement, oracle: identity.oracle },
    };
  } finally {
    database.close();
  }
}

function requireFree(path: string): void {
  if (existsSync(path)) throw new WattproofError("BACKUP_TARGET_TAKEN", `${path} is there; backups replace nothing.`);
}

function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.new`);
}

/** What root puts there is the service's, which is the user of the folder and cannot read what is root's. */
function giveToOwnerOf(folder: string, paths: readonly string[]): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(folder);
  for (const path of paths) chownSync(path, uid, gid);
}

/** Brings a file to the disk and to its place. */
function settleFile(draft: string, path: string): void {
  for (const place of [draft, dirname(path)]) {
    const descriptor = openSync(place, "r");
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    if (place === draft) renameSync(draft, path);
  }
}

function unusable(detail: string, cause?: unknown): WattproofError {
  return new WattproofError("BACKUP_UNUSABLE", detail, { cause });
}
