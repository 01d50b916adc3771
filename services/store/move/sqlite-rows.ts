import type { DatabaseSync } from "node:sqlite";

import { z } from "zod";

import { createRowSum, type Row, type RowSum } from "./row-sum.ts";
import { cursorTable, type TableShape } from "./shapes.ts";

const countRow = z.object({ rows: z.number() });
const sequenceRow = z.object({ seq: z.number() });
const cell = z.union([z.string(), z.bigint(), z.instanceof(Uint8Array), z.null()]);

/** A cursor at 0 says no more than none does. */
function sourceOf({ name }: TableShape): string {
  return name === cursorTable ? `"${name}" WHERE station_ordinal > 0` : `"${name}"`;
}

/** How many rows a table of a ledger in SQLite has. */
export function countSqliteRows(database: DatabaseSync, shape: TableShape): number {
  return countRow.parse(database.prepare(`SELECT count(*) AS rows FROM ${sourceOf(shape)}`).get()).rows;
}

/** The rows of a table in the order of its key, without the first so many. */
export function* readSqliteRows(database: DatabaseSync, shape: TableShape, skip = 0): Generator<Row> {
  // As bytes: SQLite's library for Node ends a text at a character U+0000, which a hostile charger may send.
  const columns = shape.columns
    .map(({ name, type }) => (type === "TEXT" ? `CAST("${name}" AS BLOB) AS "${name}"` : `"${name}"`))
    .join(", ");
  const order = shape.key.length === 0 ? "rowid" : shape.key.map((name) => `"${name}"`).join(", ");
  const statement = database.prepare(`SELECT ${columns} FROM ${sourceOf(shape)} ORDER BY ${order} LIMIT -1 OFFSET ?`);
  statement.setReadBigInts(true);
  for (const row of statement.iterate(skip)) {
    yield shape.columns.map(({ name, type }) => {
      const value = cell.parse(row[name]);
      return type === "TEXT" && value instanceof Uint8Array ? Buffer.from(value).toString() : value;
    });
  }
}

export function sumSqliteRows(database: DatabaseSync, shape: TableShape): RowSum {
  const sum = createRowSum();
  for (const row of readSqliteRows(database, shape)) sum.add(row);
  return sum.total();
}

/** Inside a transaction: adds rows to a table. */
export function writeSqliteRows(database: DatabaseSync, shape: TableShape, rows: readonly Row[]): void {
  const columns = shape.columns.map(({ name }) => `"${name}"`).join(", ");
  const marks = shape.columns.map(() => "?").join(", ");
  const statement = database.prepare(`INSERT INTO "${shape.name}" (${columns}) VALUES (${marks})`);
  for (const row of rows) statement.run(...row);
}

/** The highest `ordinal` that a table has given, also to rows that are gone; 0 before the first. */
export function highestOrdinal(database: DatabaseSync, { name }: TableShape): number {
  const given = database.prepare("SELECT seq FROM sqlite_sequence WHERE name = ?").get(name);
  const kept = database.prepare(`SELECT coalesce(max(ordinal), 0) AS seq FROM "${name}"`).get();
  return Math.max(sequenceRow.optional().parse(given)?.seq ?? 0, sequenceRow.parse(kept).seq);
}
