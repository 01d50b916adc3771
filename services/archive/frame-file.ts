import { createHash } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

import { z } from "zod";

import { WattproofError } from "../errors.ts";
import type { ArchivableFrame, ArchiveFile } from "../store/archive.ts";
import { ocppProtocols } from "../store/ocpp.ts";

const format = "wattproof-frames-1";
const fileMode = 0o600;
const folderMode = 0o700;
/** What a file is named by that the archive wrote: its month in UTC, and its first and last frame. */
export const archiveName = /^frames-[0-9]{4}-[0-9]{2}-[0-9]+-[0-9]+\.ndjson\.gz$/u;

const headerSchema = z.object({ format: z.literal(format), month: z.string(), frames: z.number().int() });
const frameSchema = z.object({
  ordinal: z.number().int(),
  stationId: z.string(),
  stationOrdinal: z.number().int(),
  protocol: z.enum(ocppProtocols),
  direction: z.enum(["in", "out"]),
  receivedAtMs: z.number(),
  text: z.string(),
  action: z.string().nullable(),
  messageId: z.string().nullable(),
  answer: z.string().nullable(),
  ocppTransactionId: z.string().nullable(),
  faults: z.array(z.string()).nullable(),
  sessionIds: z.array(z.string()),
});
/** A frame as a file of the archive has it. */
export type ArchivedFrame = z.infer<typeof frameSchema>;

export interface ReadFile {
  readonly sha256: string;
  readonly frames: readonly ArchivedFrame[];
}

/** The month of a time in UTC, as `2026-11`. */
export function monthOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 7);
}

/**
 * Writes frames of one month to a file of their own: JSON lines behind a line about the file, compressed with gzip. The file
 * is on the disk, whole and read back, when this returns. A file of a run that was killed is written again.
 * @throws ARCHIVE_UNUSABLE
 */
export function writeFrameFile(
  folder: string,
  frames: readonly [ArchivableFrame, ...ArchivableFrame[]],
  nowMs: number,
): ArchiveFile {
  const [first] = frames;
  const last = frames.at(-1) ?? first;
  const month = monthOf(first.receivedAtMs);
  const name = `frames-${month}-${first.ordinal}-${last.ordinal}.ndjson.gz`;
  const lines = [{ format, month, frames: frames.length }, ...frames.map(lineOf)];
  const content = gzipSync(`${lines.map((line) => JSON.stringify(line)).join("\n")}\n`);
  try {
    mkdirSync(folder, { recursive: true, mode: folderMode });
    keepFile(folder, name, content);
  } catch (error) {
    throw new WattproofError("ARCHIVE_UNUSABLE", `${join(folder, name)} cannot be written.`, { cause: error });
  }
  const back = readFrameFile(join(folder, name));
  if (back.sha256 !== hashOf(content) || back.frames.length !== frames.length) {
    throw new WattproofError("ARCHIVE_UNUSABLE", `${join(folder, name)} is not what was written.`);
  }
  return {
    ...{ name, sha256: back.sha256, frames: frames.length, archivedAtMs: nowMs },
    ...{ firstOrdinal: first.ordinal, lastOrdinal: last.ordinal },
  };
}

/** Reads a file of the archive, whole. @throws ARCHIVE_UNUSABLE if it is not one, or not all of it is there */
export function readFrameFile(path: string): ReadFile {
  try {
    const content = readFileSync(path);
    const lines = gunzipSync(content).toString("utf8").split("\n");
    const header = headerSchema.parse(JSON.parse(lines[0] ?? ""));
    const frames = lines.slice(1, -1).map((line) => frameSchema.parse(JSON.parse(line)));
    if (lines.at(-1) !== "" || frames.length !== header.frames) throw new Error(`It has ${frames.length} frames.`);
    return { sha256: hashOf(content), frames };
  } catch (error) {
    throw new WattproofError("ARCHIVE_UNUSABLE", `${path} is not a whole file of the archive.`, { cause: error });
  }
}

function lineOf(frame: ArchivableFrame): ArchivedFrame {
  const { ordinal, stationId, stationOrdinal, protocol, direction, receivedAtMs, text, action } = frame;
  const { messageId, answer, ocppTransactionId, faults, sessionIds } = frame;
  return {
    ...{ ordinal, stationId, stationOrdinal, protocol, direction, receivedAtMs, text, action },
    ...{ messageId, answer, ocppTransactionId },
    faults: faults === null ? null : [...faults],
    sessionIds: [...sessionIds],
  };
}

/** Brings a file to the disk and to its place, at once or not at all. */
function keepFile(folder: string, name: string, content: Uint8Array): void {
  const draft = join(folder, `.${name}.new`);
  try {
    writeFileSync(draft, content, { mode: fileMode, flush: true });
    renameSync(draft, join(folder, name));
  } finally {
    rmSync(draft, { force: true });
  }
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function hashOf(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
