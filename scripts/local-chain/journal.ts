import {
  closeSync,
  existsSync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
  fsyncSync,
} from "node:fs";
import { dirname } from "node:path";

import { z } from "zod";

import { WattproofError } from "../../services/errors.ts";

const hex = z.string().regex(/^0x[0-9a-f]*$/u);
const header = z.strictObject({
  format: z.literal("wattproof-local-chain"),
  version: z.literal(1),
  chainId: z.int().positive(),
  genesisSeconds: z.int().nonnegative(),
});
const entry = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("transaction"), parentHash: hex, timestampSeconds: z.int(), raw: hex }),
  z.strictObject({ kind: z.literal("funding"), parentHash: hex, address: hex, balanceWei: hex }),
  z.strictObject({ kind: z.literal("block"), parentHash: hex, timestampSeconds: z.int() }),
]);

/** What a chain begins with. */
export type JournalHeader = z.infer<typeof header>;

/** One request that changes the chain, with the hash of the block that it was made on. */
export type JournalEntry = z.infer<typeof entry>;

/** Everything that ever changed a local chain, in order. */
export interface Journal {
  readonly header: JournalHeader;
  /** What was there when the journal was opened. */
  readonly entries: readonly JournalEntry[];
  /** Adds an entry. When it returns the entry is on the disk, and only then may it be executed. */
  append(next: JournalEntry): void;
  close(): void;
}

/**
 * Opens the journal at `path`, or begins one with `fresh`.
 *
 * A last line without its line feed was cut off by a crash before it was executed; it is dropped.
 *
 * @throws WattproofError LOCAL_CHAIN_JOURNAL_INVALID when any other line cannot be read.
 */
export function openJournal(path: string, fresh: JournalHeader): Journal {
  mkdirSync(dirname(path), { recursive: true });
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const wholeLength = text.lastIndexOf("\n") + 1;
  const [first, ...rest] = text.slice(0, wholeLength).split("\n").slice(0, -1);
  const descriptor = openSync(path, "a");
  ftruncateSync(descriptor, Buffer.byteLength(text.slice(0, wholeLength)));

  function write(value: JournalHeader | JournalEntry): void {
    const line = Buffer.from(`${JSON.stringify(value)}\n`);
    let written = 0;
    while (written < line.length) {
      written += writeSync(descriptor, line, written);
    }
    fdatasyncSync(descriptor);
  }

  try {
    if (first === undefined) {
      write(fresh);
      syncFolder(dirname(path));
    }

    return {
      header: first === undefined ? fresh : parseLine(header, path, first, 1),
      entries: rest.map((line, index) => parseLine(entry, path, line, index + 2)),
      append: write,
      close: () => {
        closeSync(descriptor);
      },
    };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function parseLine<Value>(schema: z.ZodType<Value>, path: string, line: string, number: number): Value {
  try {
    return schema.parse(JSON.parse(line));
  } catch (error) {
    throw new WattproofError("LOCAL_CHAIN_JOURNAL_INVALID", `${path}, line ${number}`, { cause: error });
  }
}

/** A new file survives a crash only once its folder is on the disk, too. */
function syncFolder(path: string): void {
  const descriptor = openSync(path, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}
