import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { ledgerName } from "./ledger-folder.ts";
import { asStoreError } from "./sqlite-errors.ts";

/** Any of these means that the ledger was in use. */
const usedTables = ["sessions", "chain_cursor", "ledger_identity"];

/**
 * Whether the ledger of a folder began under the first contracts, so that nothing of it can be settled. Changes nothing, and
 * takes one that was not brought up to date yet.
 * @throws STORE_UNAVAILABLE, STORE_CORRUPT
 */
export function isOfOlderContracts(folder: string): boolean {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(join(folder, ledgerName), { readOnly: true, timeout: 5_000 });
    const reading = database;
    const names = reading.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    const tables = new Set(names.map(({ name }) => name));
    const hasRow = (table: string): boolean =>
      tables.has(table) && reading.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() !== undefined;
    return tables.has("older_contracts") ? hasRow("older_contracts") : usedTables.some(hasRow);
  } catch (error) {
    throw asStoreError(error);
  } finally {
    database?.close();
  }
}
