import { z } from "zod";

import { WattproofError } from "../../services/errors.ts";
import { openAppendOnlyFile } from "../journal/append-only-file.ts";

const hex = z.string().regex(/^0x[0-9a-f]*$/u);
const header = z.strictObject({
  kind: z.literal("wattproof-local-chain"),
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
 * @throws WattproofError JOURNAL_INVALID
 */
export function openJournal(path: string, fresh: JournalHeader): Journal {
  const file = openAppendOnlyFile<JournalHeader | JournalEntry>(path, z.union([header, entry]));
  const [first, ...rest] = file.lines;
  if (first === undefined) {
    file.append(fresh);
  }
  const entries = rest.filter((line) => line.kind !== "wattproof-local-chain");
  if ((first ?? fresh).kind !== "wattproof-local-chain" || entries.length !== rest.length) {
    file.close();
    throw new WattproofError("JOURNAL_INVALID", `${path} does not begin with one description of its chain`);
  }

  return {
    header: first?.kind === "wattproof-local-chain" ? first : fresh,
    entries,
    append(next) {
      file.append(next);
    },
    close() {
      file.close();
    },
  };
}
