import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import type { Connection } from "./connection.ts";
import type { Pool } from "./pool.ts";
import { schemaSteps } from "./schema-steps.ts";
import { inTransaction } from "./transaction.ts";

const versionRow = z.object({ version: z.number(), least_reader: z.number() });
/** Another number than that of the writes, for those go on beside a step that adds. */
const lockSchema = "SELECT pg_advisory_xact_lock(2301202017)";

/**
 * Brings the schema up to date, one replica at a time. Others of the version before go on meanwhile.
 * @param isInit Whether a ledger is made where there is none.
 * @throws STORE_MISSING; STORE_INCOMPLETE; STORE_CORRUPT where a newer version took away what this one uses
 */
export async function migrate(pool: Pool, isInit: boolean): Promise<void> {
  await pool.use((connection) =>
    inTransaction(connection, ["BEGIN", lockSchema], async () => {
      await requireNoMove(connection);
      await bringUpToDate(connection, isInit);
    }),
  );
}

/** Inside a transaction: what `migrate` does. */
export async function bringUpToDate(connection: Connection, isInit: boolean): Promise<void> {
  const steps = schemaSteps();
  await connection.query(lockSchema);
  const { version, leastReader } = await readVersion(connection);
  if (version === 0 && !isInit) {
    throw new WattproofError(
      "STORE_MISSING",
      "The database holds no ledger. If it is the right one, its data are missing. For a new service start once with --init (WATTPROOF_INIT=1).",
    );
  }
  if (steps.length < leastReader) {
    throw new WattproofError(
      "STORE_CORRUPT",
      `The store has schema ${version}; this version knows ${steps.length}, and what it uses is no longer there.`,
    );
  }
  if (version >= steps.length) return;
  let least = leastReader;
  for (const [index, { sql, isContraction }] of steps.entries()) {
    if (index < version) continue;
    await connection.query(sql);
    if (isContraction) least = index + 1;
  }
  await connection.query(
    {
      name: "write-version",
      text: `INSERT INTO ledger_schema (only_row, version, least_reader) VALUES (1, $1, $2)
        ON CONFLICT (only_row) DO UPDATE SET version = excluded.version, least_reader = excluded.least_reader`,
    },
    [steps.length, least],
  );
}

/**
 * Inside a transaction that writes nothing: the database holds a ledger of exactly this version.
 * @throws STORE_MISSING, STORE_INCOMPLETE; STORE_UNAVAILABLE if the schema is another version's
 */
export async function requireCurrentSchema(connection: Connection): Promise<void> {
  const { rows } = await connection.query("SELECT to_regclass('ledger_schema') IS NOT NULL AS is_known");
  if (rows[0]?.["is_known"] !== 1) throw new WattproofError("STORE_MISSING", "The database holds no ledger.");
  await requireNoMove(connection);
  const answer = await connection.query("SELECT version, least_reader FROM ledger_schema");
  const { version } = versionRow.parse(answer.rows[0]);
  const known = schemaSteps().length;
  if (version === known) return;
  throw new WattproofError(
    "STORE_UNAVAILABLE",
    `The database has schema ${version}; this version knows ${known}. Use the version that works on it.`,
  );
}

/** @throws STORE_INCOMPLETE while `store move` brings a ledger here */
async function requireNoMove(connection: Connection): Promise<void> {
  const { rows } = await connection.query("SELECT to_regclass('ledger_move') IS NOT NULL AS is_known");
  if (rows[0]?.["is_known"] !== 1) return;
  const unfinished = await connection.query("SELECT 1 FROM ledger_move WHERE finished_at_ms IS NULL");
  if (unfinished.rows.length === 0) return;
  throw new WattproofError("STORE_INCOMPLETE", "Run `wattproof store move` again: it goes on where it ended.");
}

async function readVersion(
  connection: Connection,
): Promise<{ readonly version: number; readonly leastReader: number }> {
  await connection.query(`CREATE TABLE IF NOT EXISTS ledger_schema (
    only_row BIGINT PRIMARY KEY CHECK (only_row = 1), version BIGINT NOT NULL, least_reader BIGINT NOT NULL)`);
  const { rows } = await connection.query("SELECT version, least_reader FROM ledger_schema");
  if (rows[0] === undefined) return { version: 0, leastReader: 0 };
  const row = versionRow.parse(rows[0]);
  return { version: row.version, leastReader: row.least_reader };
}
