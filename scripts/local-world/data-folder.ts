import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { WattproofError } from "../../services/errors.ts";
import { lockFolder } from "../../services/store/sqlite/database.ts";

/** Where a demo keeps what it has to keep. */
export interface DataFolder {
  readonly path: string;
  readonly isTemporary: boolean;
  readonly chainJournalPath: string;
  readonly deploymentPath: string;
  readonly servicePath: string;
  readonly sessionsJournalPath: string;
  readonly receiptsPath: string;
  readonly chargerStatePath: string;
  /** Gives the folder back; a temporary one is removed. */
  release(): void;
}

/**
 * Takes the folder at `path`, or a new temporary one, for this process alone: two chains that write one journal would
 * make it useless. The lock is one of the operating system, so a process that is killed leaves none behind.
 *
 * @throws WattproofError DATA_FOLDER_IN_USE
 */
export function takeDataFolder(path: string | undefined): DataFolder {
  const isTemporary = path === undefined;
  const taken = isTemporary ? mkdtempSync(join(tmpdir(), "wattproof-")) : resolve(path);
  const lock = lockOf(taken);

  return {
    path: taken,
    isTemporary,
    chainJournalPath: join(taken, "chain.journal"),
    deploymentPath: join(taken, "deployment.json"),
    servicePath: join(taken, "service"),
    sessionsJournalPath: join(taken, "sessions.journal"),
    receiptsPath: join(taken, "receipts"),
    chargerStatePath: join(taken, "charger.json"),
    release() {
      lock.release();
      if (isTemporary) {
        rmSync(taken, { recursive: true, force: true });
      }
    },
  };
}

function lockOf(folder: string): { release(): void } {
  try {
    return lockFolder(folder);
  } catch (error) {
    const detail = error instanceof WattproofError ? error.detail : "";
    throw new WattproofError("DATA_FOLDER_IN_USE", `${folder}: ${detail}`, { cause: error });
  }
}
