import { z } from "zod";

import type { Connection } from "../postgres/connection.ts";
import { inTransaction } from "../postgres/transaction.ts";
import { keepText } from "../postgres/values.ts";
import { createRowSum, type Row, type RowSum } from "./row-sum.ts";
import { cursorTable, type TableShape } from "./shapes.ts";

const rowsPerFetch = 1_000;
const countRow = z.object({ rows: z.number() });
const cell = z.union([z.string(), z.instanceof(Uint8Array), z.null()]);

/** The rows of a table as SQLite has it. */
function sourceOf({ name }: TableShape): string {
  return name === cursorTable
    ? "(SELECT station_id, handed_on AS station_ordinal FROM ocpp_station_places WHERE handed_on > 0) AS cursors"
    : `"${name}"`;
}

export async function countPostgresRows(connection: Connection, shape: TableShape): Promise<number> {
  const { rows } = await connection.query(`SELECT count(*) AS rows FROM ${sourceOf(shape)}`);
  return countRow.parse(rows[0]).rows;
}

/** Adds rows to a table. The database computes what it computes in any other row. */
export async function writePostgresRows(
  connection: Connection,
  shape: TableShape,
  rows: readonly Row[],
): Promise<void> {
  const columns = shape.columns.map(({ name }) => `"${name}"`).join(", ");
  const given = JSON.stringify(
    rows.map((row) => Object.fromEntries(shape.columns.map(({ name }, index) => [name, jsonOf(row[index] ?? null)]))),
  );
  if (shape.name === cursorTable) {
    // The newest place is that of the station's last frame; frames are copied before.
    await connection.query(
      `INSERT INTO ocpp_station_places (station_id, newest, handed_on)
       SELECT station_id, coalesce((SELECT max(frames.station_ordinal) FROM ocpp_frames AS frames
         WHERE frames.station_id = given.station_id), given.station_ordinal), given.station_ordinal
       FROM json_to_recordset($1::json) AS given (station_id text, station_ordinal bigint)`,
      [given],
    );
    return;
  }
  await connection.query(
    `INSERT INTO "${shape.name}" (${columns}) OVERRIDING SYSTEM VALUE
     SELECT ${columns} FROM json_populate_recordset(NULL::"${shape.name}", $1::json)`,
    [given],
  );
}

/** Sums a table as it is at one moment. */
export async function sumPostgresRows(
  connection: Connection,
  shape: TableShape,
  onRows: (count: number) => void,
): Promise<RowSum> {
  const sum = createRowSum();
  await inTransaction(connection, ["BEGIN READ ONLY"], async () => {
    for await (const rows of readPostgresRows(connection, shape)) {
      for (const row of rows) sum.add(row);
      onRows(rows.length);
    }
  });
  return sum.total();
}

/** Inside a transaction: the rows of a table, some at a time, in no order. */
export async function* readPostgresRows(connection: Connection, shape: TableShape): AsyncGenerator<readonly Row[]> {
  // Numbers come as text: those beyond JavaScript's must not be rounded.
  const columns = shape.columns.map(({ name, type }) =>
    type === "INTEGER" ? `CAST("${name}" AS TEXT) AS "${name}"` : `"${name}"`,
  );
  await connection.query(
    `DECLARE ledger_rows NO SCROLL CURSOR FOR SELECT ${columns.join(", ")} FROM ${sourceOf(shape)}`,
  );
  for (;;) {
    const { rows } = await connection.query(`FETCH ${rowsPerFetch} FROM ledger_rows`);
    if (rows.length === 0) break;
    yield rows.map((row) =>
      shape.columns.map(({ name, type }) => {
        const value = cell.parse(row[name]);
        return type === "INTEGER" && typeof value === "string" ? BigInt(value) : value;
      }),
    );
  }
  await connection.query("CLOSE ledger_rows");
}

function jsonOf(value: Row[number]): string | null {
  if (value === null) return null;
  if (typeof value === "string") return keepText(value);
  if (typeof value === "bigint") return value.toString();
  return `\\x${Buffer.from(value).toString("hex")}`;
}
