import { WattproofError } from "../../errors.ts";

const sqliteCorrupt = 11;
const sqliteNotADatabase = 26;
/** Extended codes have the primary one in their lowest byte. */
const primaryMask = 0xff;

/** SQLite's primary result code; `null` for an error that is not SQLite's. */
export function sqliteCodeOf(error: unknown): number | null {
  const isSqlite = error instanceof Error && "errcode" in error && typeof error.errcode === "number";
  return isSqlite ? Number(error.errcode) & primaryMask : null;
}

/** SQLite found that the file is not what it wrote. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCodeOf(error);
  return code === sqliteCorrupt || code === sqliteNotADatabase;
}

/** What SQLite says becomes an error of the catalogue; what already is one stays. */
export function asStoreError(error: unknown): WattproofError {
  if (error instanceof WattproofError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new WattproofError(isDamage(error) ? "STORE_CORRUPT" : "STORE_UNAVAILABLE", detail, { cause: error });
}

/** Remembers that the ledger is damaged: what is written after that may be written over what could still be saved. */
export interface DamageLatch {
  /** Notes an error, and hands it on as one of the catalogue. */
  note(error: unknown): WattproofError;
  /** @throws STORE_CORRUPT once the ledger is known to be damaged */
  check(): void;
}

export function createDamageLatch(): DamageLatch {
  let damage: unknown = null;
  return {
    note(error) {
      if (isDamage(error)) damage ??= error;
      return asStoreError(error);
    },
    check() {
      if (damage !== null) {
        throw new WattproofError("STORE_CORRUPT", "The ledger is damaged; nothing is written.", { cause: damage });
      }
    },
  };
}
