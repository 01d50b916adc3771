import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

import type { z } from "zod";

import { WattproofError } from "../../services/errors.ts";

/** A file of lines of JSON that only grows. */
export interface AppendOnlyFile<Line> {
  /** What was there when the file was opened. */
  readonly lines: readonly Line[];
  /** Adds a line. When it returns the line is on the disk. */
  append(line: Line): void;
  close(): void;
}

/**
 * Opens the file at `path`, or makes it. A last line without its line feed was cut off by a crash while it was written,
 * so nothing was built upon it yet; it is dropped.
 *
 * @throws WattproofError JOURNAL_INVALID when any other line cannot be read.
 */
export function openAppendOnlyFile<Line>(path: string, schema: z.ZodType<Line>): AppendOnlyFile<Line> {
  mkdirSync(dirname(path), { recursive: true });
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  const whole = bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1);
  const lines = whole
    .toString("utf8")
    .split("\n")
    .slice(0, -1)
    .map((line, index) => parseLine(schema, path, line, index + 1));
  const descriptor = openSync(path, "a");
  ftruncateSync(descriptor, whole.length);
  syncFolder(dirname(path));

  return {
    lines,
    append(line) {
      const text = Buffer.from(`${JSON.stringify(line)}\n`);
      let written = 0;
      while (written < text.length) {
        written += writeSync(descriptor, text, written);
      }
      fdatasyncSync(descriptor);
    },
    close() {
      closeSync(descriptor);
    },
  };
}

function parseLine<Line>(schema: z.ZodType<Line>, path: string, line: string, number: number): Line {
  try {
    return schema.parse(JSON.parse(line));
  } catch (error) {
    throw new WattproofError("JOURNAL_INVALID", `${path}, line ${number}`, { cause: error });
  }
}

/** A new file survives a crash only once its folder is on the disk, too. */
function syncFolder(path: string): void {
  const descriptor = openSync(path, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}
