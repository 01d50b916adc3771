import { isDeepStrictEqual } from "node:util";
import { readdirSync } from "node:fs";
import { join } from "node:path";

import { WattproofError } from "../errors.ts";
import type { ArchiveFile } from "../store/archive.ts";
import { archiveName, readFrameFile, type ArchivedFrame, type ReadFile } from "./frame-file.ts";

export interface ArchiveFinding {
  readonly name: string;
  /** `unreadable`: not a whole file. `differs`: not the file that the ledger wrote. `missing`: the ledger wrote it. */
  readonly fault: "unreadable" | "differs" | "missing" | "contradicts";
}

export interface ArchiveReport {
  readonly files: number;
  /** Each counted once, in however many files it stands. */
  readonly frames: number;
  readonly sessions: number;
  readonly findings: readonly ArchiveFinding[];
}

/**
 * Reads every file of an archive, and compares it with what the ledger says that it wrote.
 * @param expected `null`: no ledger is asked.
 * @param onFrame Is told of each frame once.
 * @throws ARCHIVE_UNUSABLE if the folder cannot be read
 */
export function checkArchive(
  folder: string,
  expected: readonly ArchiveFile[] | null,
  onFrame: (frame: ArchivedFrame) => void = () => undefined,
): ArchiveReport {
  const names = namesIn(folder);
  const findings: ArchiveFinding[] = [];
  const seen = new Map<number, ArchivedFrame>();
  const sessions = new Set<string>();
  for (const name of names) {
    const file = readOrNull(join(folder, name));
    if (file === null) {
      findings.push({ name, fault: "unreadable" });
      continue;
    }
    // A run that was killed may have left a file of this name, which the next one has written again.
    const known = expected?.filter((one) => one.name === name) ?? [];
    if (known.length > 0 && !known.some(({ sha256 }) => sha256 === file.sha256))
      findings.push({ name, fault: "differs" });
    for (const frame of file.frames) {
      const former = seen.get(frame.ordinal);
      if (former === undefined) {
        seen.set(frame.ordinal, frame);
        for (const sessionId of frame.sessionIds) sessions.add(sessionId);
        onFrame(frame);
      } else if (!isDeepStrictEqual(former, frame)) findings.push({ name, fault: "contradicts" });
    }
  }
  for (const { name } of expected ?? []) if (!names.includes(name)) findings.push({ name, fault: "missing" });
  return { files: names.length, frames: seen.size, sessions: sessions.size, findings };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => archiveName.test(name))
      .sort();
  } catch (error) {
    throw new WattproofError("ARCHIVE_UNUSABLE", `${folder} cannot be read.`, { cause: error });
  }
}

function readOrNull(path: string): ReadFile | null {
  try {
    return readFrameFile(path);
  } catch (error) {
    if (error instanceof WattproofError && error.code === "ARCHIVE_UNUSABLE") return null;
    throw error;
  }
}
