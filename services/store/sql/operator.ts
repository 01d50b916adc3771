import { z } from "zod";

import { quarterMs, type QuarterTotals } from "../../domain/energy-totals.ts";
import { sessionStatuses, type SessionStatus } from "../../domain/session.ts";
import { WattproofError } from "../../errors.ts";
import type { CreditKey, DatedSession, NewestSessionsQuery, OperatorStore, PipelineCounts } from "../operator.ts";
import type { Access } from "./access.ts";
import { reader, readSessionRow } from "./rows.ts";
import { sessionColumns } from "./sessions.ts";

/**
 * What the operator's page sums up, in a table of its own in the order of time: sums over a month must not read the JSON
 * of a month, since they would hold up the messages of chargers meanwhile. Triggers keep it, so that no path of the
 * service can forget it.
 */
export const operatorStep = `
  CREATE TABLE cdr_totals (
    -- Quarters of an hour since 1970.
    quarter INTEGER NOT NULL,
    session_id TEXT NOT NULL REFERENCES cdrs (session_id),
    energy_micro_wh INTEGER NOT NULL,
    gross_micro INTEGER NOT NULL,
    held_micro INTEGER NOT NULL,
    -- NULL until the chain has settled the session.
    settled_micro INTEGER,
    PRIMARY KEY (quarter, session_id)
  ) STRICT, WITHOUT ROWID;

  CREATE VIEW cdr_amounts AS SELECT created_at_ms / ${quarterMs} AS quarter, session_id,
      CAST (json_extract (content, '$.energyMicroWh') AS INTEGER) AS energy_micro_wh,
      CAST (json_extract (content, '$.price.grossMicro') AS INTEGER) AS gross_micro,
      CAST (json_extract (terms, '$.holdMicro') AS INTEGER)
        + coalesce (CAST (json_extract (state, '$.topUps[#-1].totalMicro') AS INTEGER), 0) AS held_micro,
      CAST (json_extract (state, '$.closing.chargedMicro') AS INTEGER) AS settled_micro
    FROM cdrs JOIN sessions USING (session_id);

  INSERT INTO cdr_totals SELECT * FROM cdr_amounts;
  CREATE TRIGGER cdr_totals_begin AFTER INSERT ON cdrs BEGIN
    INSERT INTO cdr_totals SELECT * FROM cdr_amounts WHERE session_id = new.session_id;
  END;
  CREATE TRIGGER cdr_totals_follow AFTER UPDATE OF state ON sessions BEGIN
    INSERT OR REPLACE INTO cdr_totals SELECT * FROM cdr_amounts WHERE session_id = new.session_id;
  END;

  ALTER TABLE sessions ADD COLUMN operator TEXT AS (json_extract (terms, '$.operator')) VIRTUAL;
  ALTER TABLE sessions ADD COLUMN agreement INTEGER AS (coalesce (json_extract (terms, '$.agreement'), 0)) VIRTUAL;
  CREATE INDEX sessions_credit ON sessions (operator, agreement);

  CREATE INDEX messages_station ON messages (station_id, received_at_ms);
`;

/** By what a page of the operator's sessions is found: the time of the opening, and the state at one EVSE. */
export const operatorSearchStep = `
  ALTER TABLE sessions ADD COLUMN opened_at_seconds INTEGER AS (json_extract (state, '$.opening.openedAt')) VIRTUAL;
  CREATE INDEX sessions_opened_at ON sessions (opened_at_seconds, ordinal);
  CREATE INDEX sessions_at_evse_status ON sessions (terms_evse, status, ordinal);
`;

/** One status at one EVSE, or at all of them. */
interface NewestPage {
  readonly status: SessionStatus;
  readonly operator: string | null;
  readonly evse: number | null;
  readonly time: {
    readonly fromSeconds: number | null;
    readonly untilSeconds: number | null;
    /** The least and the greatest that a session of this time has. */
    readonly ordinals: readonly [number, number];
  } | null;
  readonly find: NonNullable<NewestSessionsQuery["find"]> | null;
  readonly beforeOrdinal: number;
  readonly limit: number;
}

/** Behind every text that begins so: ids and tags have characters of ASCII alone. */
function endOf(prefix: string): string {
  return `${prefix}~`;
}

/** What reads one page, newest first, by an index for each filter. */
export function newestSessionsPage({ status, operator, evse, time, find, beforeOrdinal, limit }: NewestPage): {
  readonly sql: string;
  readonly values: readonly (string | number)[];
} {
  const conditions: readonly (readonly [string, readonly (string | number)[]])[] = [
    ["status = ?", [status]],
    ...(operator === null ? [] : [["operator = ?", [operator]] as const]),
    ...(evse === null ? [] : [["terms_evse = ?", [evse]] as const]),
    ...(time === null
      ? []
      : [
          ["ordinal BETWEEN ? AND ?", time.ordinals] as const,
          [
            "opened_at_seconds BETWEEN ? AND ?",
            [time.fromSeconds ?? 0, (time.untilSeconds ?? Number.MAX_SAFE_INTEGER) - 1],
          ] as const,
        ]),
    ...(find?.kind === "session"
      ? [["session_id >= ? AND session_id < ?", [find.prefix, endOf(find.prefix)]] as const]
      : []),
    ...(find?.kind === "tag"
      ? [
          [
            "session_id IN (SELECT session_id FROM session_tags WHERE tag >= ? AND tag < ?)",
            [find.prefix, endOf(find.prefix)],
          ] as const,
        ]
      : []),
    ["ordinal < ?", [beforeOrdinal]],
  ];
  return {
    sql: `SELECT ordinal, ${sessionColumns},
            (SELECT at_ms FROM session_events AS first WHERE first.session_id = sessions.session_id
               AND first.sequence = 0) AS opened_at_ms,
            (SELECT at_ms FROM session_events AS last WHERE last.session_id = sessions.session_id
               AND last.sequence = sessions.sequence - 1) AS changed_at_ms
          FROM sessions WHERE ${conditions.map(([text]) => text).join(" AND ")} ORDER BY ordinal DESC LIMIT ?`,
    values: [...conditions.flatMap(([, bound]) => bound), limit],
  };
}

const bigText = z.string().transform(BigInt);
const datesRow = z.object({ opened_at_ms: z.number(), changed_at_ms: z.number() });
const countRow = z.object({ count: z.number() });
const ordinalRow = z.object({ ordinal: z.number() });
const boundRow = z.object({ ordinal: z.number().nullable() });
const batchedRow = z.object({ status: z.enum(["formed", "sent"]), count: z.number() });
const openBatchesRow = z.object({ count: z.number(), oldest: z.number().nullable() });
const actsRow = z.object({ open: z.number(), given_up: z.number() });
const operatorRow = z.object({ operator: z.string() });
const statusRow = z.object({ status: z.enum(sessionStatuses), count: z.number() });
const creditKeyRow = z.object({ operator: z.string(), agreement: z.number() });
const readActivityRow = reader(
  "station",
  z
    .object({ station_id: z.string(), last_message_at_ms: z.number().nullable() })
    .transform((row) => ({ stationId: row.station_id, lastMessageAtMs: row.last_message_at_ms })),
);
const readTotalsRow = reader(
  "sum of charge detail records",
  z
    .object({ quarter: z.number(), sessions: z.number(), energy: bigText, billed: bigText, settled: bigText })
    .transform((row): QuarterTotals => ({
      startsAtMs: row.quarter * quarterMs,
      sessions: row.sessions,
      energyMicroWh: row.energy,
      billedMicro: row.billed,
      settledMicro: row.settled,
    })),
);

export function createOperatorStore(access: Access): OperatorStore {
  async function listOf(page: NewestPage): Promise<readonly (DatedSession & Ordered)[]> {
    const { sql, values } = newestSessionsPage(page);
    return (await access.all(sql, ...values)).map((row) => {
      const { opened_at_ms: openedAtMs, changed_at_ms: changedAtMs } = datesRow.parse(row);
      return { ordinal: ordinalRow.parse(row).ordinal, session: readSessionRow(row), openedAtMs, changedAtMs };
    });
  }

  /** The ordinals between which sessions of a time lie; most others do not. */
  async function boundsOf(fromSeconds: number | null, untilSeconds: number | null): Promise<readonly [number, number]> {
    const first = await access.get(
      "SELECT min(ordinal) AS ordinal FROM sessions WHERE opened_at_seconds >= ?",
      fromSeconds ?? 0,
    );
    const last = await access.get(
      "SELECT max(ordinal) AS ordinal FROM sessions WHERE opened_at_seconds < ?",
      untilSeconds ?? Number.MAX_SAFE_INTEGER,
    );
    return [boundRow.parse(first).ordinal ?? Number.MAX_SAFE_INTEGER, boundRow.parse(last).ordinal ?? -1];
  }

  async function listNewest(query: NewestSessionsQuery): Promise<readonly DatedSession[]> {
    const { statuses, operator, limit, evses = null, fromSeconds = null, untilSeconds = null, find = null } = query;
    const isOfTime = fromSeconds !== null || untilSeconds !== null;
    const time = isOfTime ? { fromSeconds, untilSeconds, ordinals: await boundsOf(fromSeconds, untilSeconds) } : null;
    const beforeOrdinal = await ordinalOf(query.before);
    const found: (DatedSession & Ordered)[] = [];
    for (const status of statuses) {
      for (const evse of evses ?? [null]) {
        found.push(...(await listOf({ status, operator, evse, time, find, beforeOrdinal, limit })));
      }
    }
    return found
      .sort((left, right) => right.ordinal - left.ordinal)
      .slice(0, limit)
      .map(({ session, openedAtMs, changedAtMs }) => ({ session, openedAtMs, changedAtMs }));
  }

  async function ordinalOf(sessionId: string | null): Promise<number> {
    if (sessionId === null) return Number.MAX_SAFE_INTEGER;
    const row = await access.get("SELECT ordinal FROM sessions WHERE session_id = ?", sessionId);
    if (row === undefined) throw new WattproofError("QUERY_INVALID", "before names no session.");
    return ordinalRow.parse(row).ordinal;
  }

  async function count(sql: string): Promise<number> {
    return countRow.parse(await access.get(sql)).count;
  }

  async function countPipeline(operator: string | null): Promise<PipelineCounts> {
    const ofOperator = "AND session_id IN (SELECT session_id FROM sessions WHERE operator = ? AND status = 'batched')";
    const batched = new Map(
      (
        await access.all(
          `SELECT status, count(*) AS count FROM batches CROSS JOIN batch_items USING (batch_id)
           WHERE status IN ('formed', 'sent') AND is_released = 0 ${operator === null ? "" : ofOperator} GROUP BY status`,
          ...(operator === null ? [] : [operator]),
        )
      )
        .map((row) => batchedRow.parse(row))
        .map((row) => [row.status, row.count]),
    );
    const open = openBatchesRow.parse(
      await access.get(
        "SELECT count(*) AS count, min(created_at_ms) AS oldest FROM batches WHERE status IN ('formed', 'sent')",
      ),
    );
    const acts = actsRow.parse(
      await access.get(
        `SELECT count(*) FILTER (WHERE status IN ('due', 'prepared')) AS open,
           count(*) FILTER (WHERE status = 'given-up') AS given_up FROM dispute_acts`,
      ),
    );
    return {
      formedSessions: batched.get("formed") ?? 0,
      sentSessions: batched.get("sent") ?? 0,
      openBatches: open.count,
      oldestBatchAtMs: open.oldest,
      pendingMessages: await count("SELECT count(*) AS count FROM messages WHERE outcome IS NULL"),
      parkedFrames: await count("SELECT count(*) AS count FROM ocpp_parked_frames"),
      openActs: acts.open,
      givenUpActs: acts.given_up,
    };
  }

  return {
    listNewestSessions: (query) => access.snapshot(() => listNewest(query)),
    countPipeline: (operator) => access.snapshot(() => countPipeline(operator)),
    countSessionsOf: (operator) => access.read(() => countSessionsOf(access, operator)),
    listOperators: (limit) => access.snapshot(() => listOperators(access, limit)),
    countStations: () => access.read(() => count("SELECT count(*) AS count FROM stations")),
    sumSessions: (fromMs, untilMs, operator) =>
      access.read(async () =>
        (
          await access.all(
            // Sums of integers are exact in SQLite; as text they stay so on the way here.
            `SELECT quarter, count(*) AS sessions,
               CAST (sum(energy_micro_wh) AS TEXT) AS energy,
               CAST (sum(billed_micro) AS TEXT) AS billed,
               CAST (sum(settled_micro) AS TEXT) AS settled
             FROM session_totals WHERE quarter >= ? AND quarter < ? ${operator === null ? "" : "AND operator = ?"}
             GROUP BY quarter ORDER BY quarter`,
            Math.floor(fromMs / quarterMs),
            Math.ceil(untilMs / quarterMs),
            ...(operator === null ? [] : [operator]),
          )
        ).map(readTotalsRow),
      ),
    listCreditKeys: (after, limit, operator) => access.snapshot(() => listKeys(access, after, limit, operator)),
    listStationsAfter: (after, limit, prefix = "") =>
      access.read(async () =>
        (
          await access.all(
            `SELECT station_id, (SELECT max(received_at_ms) FROM messages
               WHERE messages.station_id = stations.station_id AND source <> 'peer')
               AS last_message_at_ms
             FROM stations WHERE station_id > ? AND station_id >= ? AND station_id < ? ORDER BY station_id LIMIT ?`,
            // Every id is behind the empty one.
            after ?? "",
            prefix,
            endOf(prefix),
            limit,
          )
        ).map(readActivityRow),
      ),
  };
}

/** One step through the index for each answer, however many sessions an operator has. */
async function listKeys(
  access: Access,
  after: CreditKey | null,
  limit: number,
  operator: string | null,
): Promise<readonly CreditKey[]> {
  const keys: CreditKey[] = [];
  // No agreement has a number below 0.
  let last = after ?? { operator: operator ?? "", agreement: -1 };
  while (keys.length < limit) {
    const row = await access.get(
      `SELECT operator, agreement FROM sessions WHERE (operator, agreement) > (?, ?)
       ORDER BY operator, agreement LIMIT 1`,
      last.operator,
      last.agreement,
    );
    if (row === undefined) break;
    last = creditKeyRow.parse(row);
    if (operator !== null && last.operator !== operator) break;
    keys.push(last);
  }
  return keys;
}

/** One step through the index for each, too. */
async function listOperators(access: Access, limit: number): Promise<readonly string[]> {
  const operators: string[] = [];
  while (operators.length < limit) {
    const row = await access.get(
      "SELECT operator FROM sessions WHERE operator > ? ORDER BY operator LIMIT 1",
      operators.at(-1) ?? "",
    );
    if (row === undefined) break;
    operators.push(operatorRow.parse(row).operator);
  }
  return operators;
}

async function countSessionsOf(access: Access, operator: string): Promise<ReadonlyMap<SessionStatus, number>> {
  const counts = new Map<SessionStatus, number>(sessionStatuses.map((status) => [status, 0]));
  const sql = "SELECT status, count(*) AS count FROM sessions WHERE operator = ? GROUP BY status";
  for (const row of await access.all(sql, operator)) {
    const { status, count: sessions } = statusRow.parse(row);
    counts.set(status, sessions);
  }
  return counts;
}

interface Ordered {
  readonly ordinal: number;
}
