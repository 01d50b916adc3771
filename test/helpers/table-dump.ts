import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const tables = [
  "messages",
  "tariffs",
  "sessions",
  "session_events",
  "records",
  "meter_keys",
  "register_spans",
  "cdrs",
  "batches",
  "batch_items",
  "transactions",
] as const;

export type Row = Readonly<Record<string, unknown>>;

/** All rows of a table, in the order of its key. */
export function readTable(dataPath: string, table: (typeof tables)[number] | "stations"): readonly Row[] {
  const database = new DatabaseSync(join(dataPath, "wattproof.sqlite"), { readOnly: true });
  try {
    const statement = database.prepare(`SELECT * FROM ${table}`);
    statement.setReadBigInts(true);
    return statement.all();
  } finally {
    database.close();
  }
}

/** Everything that messages can change. */
export function dumpTables(dataPath: string): Readonly<Record<string, readonly Row[]>> {
  return Object.fromEntries(tables.map((table) => [table, readTable(dataPath, table)]));
}
