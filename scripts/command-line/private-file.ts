import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { WattproofError } from "../../services/errors.ts";

/** Its owner alone reads and writes it, whatever the umask lets through. */
const ownersAlone = 0o600;

/**
 * Writes a file that holds drivers' data or a key, for its owner alone. It is there whole or not at all: it is written
 * beside its place, brought to the disk, and then takes its place in one step.
 *
 * @param mustBeNew Whether a file that is there is kept, and writing refused.
 * @throws INPUT_UNREADABLE if it cannot be written, or is there and has to be new
 */
export function writePrivateFile(path: string, content: string, mustBeNew = false): void {
  try {
    if (isDevice(path)) {
      writeFileSync(path, content);
      return;
    }
    const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.new`);
    try {
      writeDraft(draft, content);
      if (mustBeNew) linkSync(draft, path);
      else renameSync(draft, path);
    } finally {
      rmSync(draft, { force: true });
    }
  } catch (error) {
    throw new WattproofError("INPUT_UNREADABLE", `${path} cannot be written.`, { cause: error });
  }
}

/**
 * The same for what comes piece by piece. It is there once the last piece is, and not at all if one fails to come.
 * @throws INPUT_UNREADABLE if it cannot be written, and what the pieces throw
 */
export async function writePrivatePieces(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const target = isDevice(path)
    ? path
    : join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.new`);
  const descriptor = attempt(path, () => openSync(target, target === path ? "w" : "wx", ownersAlone));
  try {
    try {
      for await (const piece of pieces)
        attempt(path, () => {
          writeFileSync(descriptor, piece);
        });
      if (target !== path)
        attempt(path, () => {
          fsyncSync(descriptor);
        });
    } finally {
      closeSync(descriptor);
    }
    if (target !== path)
      attempt(path, () => {
        renameSync(target, path);
      });
  } finally {
    if (target !== path) rmSync(target, { force: true });
  }
}

function attempt<Result>(path: string, write: () => Result): Result {
  try {
    return write();
  } catch (error) {
    throw new WattproofError("INPUT_UNREADABLE", `${path} cannot be written.`, { cause: error });
  }
}

function writeDraft(path: string, content: string): void {
  const descriptor = openSync(path, "wx", ownersAlone);
  try {
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A terminal, a pipe or the like, as in `--out /dev/stdout`: there is nothing to replace, and nobody to keep it from. */
function isDevice(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && !found.isFile() && !found.isDirectory();
}
