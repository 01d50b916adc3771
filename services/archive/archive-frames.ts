/*
 * Takes frames that nothing needs any more out of the ledger, into compressed files.
 *
 * What comes in: the ledger, a folder, and the time before which frames are old. Which of those may go, the ledger alone
 * decides (`ArchiveStore`), in the commit that removes them.
 *
 * What is guaranteed: a frame is in a file on the disk before it leaves the ledger. A run that is killed leaves a file whose
 * frames are in the ledger as well; the next one writes them again, so that a frame may stand in two files, and never in none.
 *
 * Who calls: `wattproof store archive`, beside a service that may be at work.
 */
import type { ArchivableFrame, ArchiveFile } from "../store/archive.ts";
import type { Store } from "../store/store.ts";
import { WattproofError } from "../errors.ts";
import { monthOf, writeFrameFile } from "./frame-file.ts";

/** Frames in a file, and in a commit: so few that chargers do not notice how long the commit takes. */
const framesPerFile = 2_000;

export interface ArchiveDeps {
  readonly store: Pick<Store, "listArchivableFrames" | "removeArchivedFrames">;
  readonly folder: string;
  /** Frames that arrived before go, in milliseconds since 1970. */
  readonly beforeMs: number;
  readonly now: () => number;
  /** Ends it between two files. */
  readonly signal: AbortSignal;
  readonly onFile?: (file: ArchiveFile) => void;
  /** At most; by default 2,000. */
  readonly framesPerFile?: number;
}

/**
 * Archives all that can be.
 * @returns the files that were written
 * @throws ARCHIVE_UNUSABLE, INTERRUPTED, STORE_CONTENDED if another run works on the same ledger, STORE_UNAVAILABLE
 */
export async function archiveFrames(deps: ArchiveDeps): Promise<readonly ArchiveFile[]> {
  const { store, folder, beforeMs, now, signal } = deps;
  const written: ArchiveFile[] = [];
  let after = 0;
  for (;;) {
    if (signal.aborted) throw new WattproofError("INTERRUPTED", "The same command goes on where this one ended.");
    const listed = await store.listArchivableFrames(beforeMs, after, deps.framesPerFile ?? framesPerFile);
    const frames = firstMonth(listed);
    if (frames === null) return written;
    const file = writeFrameFile(folder, frames, now());
    const ordinals = frames.map(({ ordinal }) => ordinal);
    await store.removeArchivedFrames(file, ordinals, beforeMs);
    after = file.lastOrdinal;
    written.push(file);
    deps.onFile?.(file);
  }
}

/** The frames up to where another month begins; `null`: there are none. */
function firstMonth(frames: readonly ArchivableFrame[]): readonly [ArchivableFrame, ...ArchivableFrame[]] | null {
  const [first, ...others] = frames;
  if (first === undefined) return null;
  const month = monthOf(first.receivedAtMs);
  const next = others.findIndex(({ receivedAtMs }) => monthOf(receivedAtMs) !== month);
  return [first, ...(next === -1 ? others : others.slice(0, next))];
}
