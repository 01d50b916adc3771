import { DatabaseSync } from "node:sqlite";

import { z } from "zod";

import { migrations } from "../sqlite/migrations.ts";

/** A table of the ledger as every store has it: its columns without those that the database computes. */
export interface TableShape {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  /** Columns by which rows are read in one order. */
  readonly key: readonly string[];
}

type ColumnType = "INTEGER" | "TEXT" | "BLOB";

/** Where each station's frames were handed on to. SQLite keeps it in this table, PostgreSQL in `ocpp_station_places`. */
export const cursorTable = "ocpp_station_cursors";

/** Who works on a ledger, and where stations are connected. Nobody does, and none is, when it has come to a new place. */
export const runtimeTables: ReadonlySet<string> = new Set(["replicas", "leases", "station_holds"]);
/** Gives back what replicas had of the ledger; epochs go on. */
export const giveBackAll: readonly string[] = [
  "DELETE FROM replicas",
  "UPDATE leases SET replica_id = NULL, until_ms = 0",
  "UPDATE station_holds SET replica_id = NULL, connection = NULL",
];

/** SQLite's own, and what can be told from the frames and from `cursorTable`. */
const derivedTables = new Set(["sqlite_sequence", "ocpp_frame_cursor"]);

const nameRow = z.object({ name: z.string() });
const columnRow = z.object({
  name: z.string(),
  type: z.enum(["INTEGER", "TEXT", "BLOB"]),
  pk: z.number(),
  hidden: z.number(),
});
const referenceRow = z.object({ table: z.string() });

/** Every table of this version's schema, each behind those that it refers to. */
export function currentShapes(): readonly TableShape[] {
  const database = new DatabaseSync(":memory:");
  try {
    for (const step of migrations) database.exec(step);
    const names = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")
      .all()
      .map((row) => nameRow.parse(row).name)
      .filter((name) => !derivedTables.has(name));
    return orderByReference(database, names).map((name) => shapeOf(database, name));
  } finally {
    database.close();
  }
}

function shapeOf(database: DatabaseSync, name: string): TableShape {
  const columns = database
    .prepare(`PRAGMA table_xinfo("${name}")`)
    .all()
    .map((row) => columnRow.parse(row))
    .filter(({ hidden }) => hidden === 0);
  const key = columns.filter(({ pk }) => pk > 0).sort((left, right) => left.pk - right.pk);
  return {
    name,
    columns: columns.map(({ name: column, type }) => ({ name: column, type })),
    key: key.map((column) => column.name),
  };
}

function orderByReference(database: DatabaseSync, names: readonly string[]): readonly string[] {
  const ordered = new Set<string>();
  function add(name: string): void {
    if (ordered.has(name)) return;
    for (const row of database.prepare(`PRAGMA foreign_key_list("${name}")`).all()) {
      const { table } = referenceRow.parse(row);
      if (table !== name) add(table);
    }
    ordered.add(name);
  }
  for (const name of names) add(name);
  return [...ordered];
}
