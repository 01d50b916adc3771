import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

import type { z } from "zod";

import { WattproofError } from "../../services/errors.ts";

/** A small state in a file of its own, replaced as a whole. */
export interface KeptState<State> {
  /** What was there when it was opened; `null` where there was nothing. */
  readonly before: State | null;
  /** Replaces it. When it returns the new state is on the disk; until then the old one is. */
  keep(state: State): void;
}

/** @throws WattproofError JOURNAL_INVALID when there is a file that cannot be read */
export function openKeptState<State>(path: string, schema: z.ZodType<State>): KeptState<State> {
  mkdirSync(dirname(path), { recursive: true });

  return {
    before: existsSync(path) ? parse(path, schema) : null,
    keep(state) {
      const bytes = Buffer.from(`${JSON.stringify(state)}\n`);
      const descriptor = openSync(`${path}.new`, "w", 0o600);
      let written = 0;
      while (written < bytes.length) {
        written += writeSync(descriptor, bytes, written);
      }
      fsyncSync(descriptor);
      closeSync(descriptor);
      renameSync(`${path}.new`, path);
      const folder = openSync(dirname(path), "r");
      fsyncSync(folder);
      closeSync(folder);
    },
  };
}

function parse<State>(path: string, schema: z.ZodType<State>): State {
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    throw new WattproofError("JOURNAL_INVALID", path, { cause: error });
  }
}
