import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { WattproofError } from "../../services/errors.ts";

/** Where a demo keeps what it has to keep. */
export interface DataFolder {
  readonly path: string;
  readonly isTemporary: boolean;
  readonly chainJournalPath: string;
  readonly deploymentPath: string;
  readonly servicePath: string;
  readonly sessionsJournalPath: string;
  readonly receiptsPath: string;
  /** Gives the folder back; a temporary one is removed. */
  release(): void;
}

/**
 * Takes the folder at `path`, or a new temporary one, for this process alone: two chains that write one journal would
 * make it useless.
 *
 * @throws WattproofError DATA_FOLDER_IN_USE
 */
export function takeDataFolder(path: string | undefined): DataFolder {
  const isTemporary = path === undefined;
  const taken = isTemporary ? mkdtempSync(join(tmpdir(), "wattproof-")) : resolve(path);
  mkdirSync(taken, { recursive: true });
  const ownerPath = join(taken, "owner.pid");
  takeOwnership(ownerPath);

  return {
    path: taken,
    isTemporary,
    chainJournalPath: join(taken, "chain.journal"),
    deploymentPath: join(taken, "deployment.json"),
    servicePath: join(taken, "service"),
    sessionsJournalPath: join(taken, "sessions.journal"),
    receiptsPath: join(taken, "receipts"),
    release() {
      rmSync(isTemporary ? taken : ownerPath, { recursive: true, force: true });
    },
  };
}

function takeOwnership(ownerPath: string): void {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(ownerPath, `${process.pid}\n`, { flag: "wx" });

      return;
    } catch (error) {
      const owner = ownerOf(ownerPath);
      if (owner !== undefined && isRunning(owner)) {
        throw new WattproofError("DATA_FOLDER_IN_USE", `Process ${owner} has ${ownerPath}`, { cause: error });
      }
      // Its owner was killed and could not give it back.
      rmSync(ownerPath, { force: true });
    }
  }
  throw new WattproofError("DATA_FOLDER_IN_USE", `Another process took ${ownerPath} at the same moment`);
}

function ownerOf(ownerPath: string): number | undefined {
  try {
    const owner = Number(readFileSync(ownerPath, "utf8"));

    return Number.isSafeInteger(owner) && owner > 0 ? owner : undefined;
  } catch {
    // Given back in the meantime; the next attempt will tell.
    return undefined;
  }
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);

    return processId !== process.pid;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
