import { z } from "zod";

import { withoutBinding } from "../../domain/cdr.ts";
import type { SessionState, SessionStatus } from "../../domain/session.ts";
import { sessionStatuses } from "../../domain/session.ts";
import { WattproofError } from "../../errors.ts";
import type { NewSession, SessionChange, SessionQuery, Store, StoredSession } from "../store.ts";
import type { Access } from "./access.ts";
import { decodeCdr, decodeTariff, encode } from "./codec.ts";
import { isBound } from "./evidence.ts";
import { queueInvoices } from "./invoices.ts";
import { readSessionRow } from "./rows.ts";

export const sessionColumns = "session_id, id_tag, terms, state, sequence";
/** All idTags that sessions have had, through reorganisations; and which ledgers are of the first contracts. */
export const openingStep = `
  CREATE TABLE session_tags (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    tag TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL REFERENCES sessions (session_id)
  ) STRICT;
  CREATE INDEX session_tags_session ON session_tags (session_id, ordinal);
  INSERT OR IGNORE INTO session_tags (tag, session_id) SELECT id_tag, session_id FROM sessions ORDER BY ordinal;
  DROP INDEX sessions_id_tag;

  -- The idTag that the record carried when it came, if that was its session's. It binds while the session has that idTag.
  ALTER TABLE records ADD COLUMN bound_tag TEXT;
  UPDATE records SET bound_tag = (SELECT id_tag FROM sessions WHERE sessions.session_id = records.session_id)
    WHERE is_bound = 1;

  -- A row where the ledger began under contracts that knew no time of opening. Nothing of theirs can be settled.
  CREATE TABLE older_contracts (only_row INTEGER PRIMARY KEY CHECK (only_row = 1)) STRICT;
  INSERT INTO older_contracts (only_row) SELECT 1 WHERE EXISTS (SELECT 1 FROM chain_cursor)
    OR EXISTS (SELECT 1 FROM sessions) OR EXISTS (SELECT 1 FROM ledger_identity);
`;

/** Sessions of one driver one after the other, without a look at those of others. */
export const driverStep = `
  ALTER TABLE sessions ADD COLUMN driver TEXT AS (json_extract (terms, '$.driver')) VIRTUAL;
  CREATE INDEX sessions_driver ON sessions (driver, ordinal);
`;

/** A page of an operator's or of an EVSE's sessions is read without the others. */
export const sessionPagesStep = `
  CREATE INDEX sessions_of_operator ON sessions (operator, ordinal);
  CREATE INDEX sessions_at_evse ON sessions (terms_evse, ordinal);
`;

const tagRow = z.object({ tag: z.string() });
const countRow = z.object({ status: z.enum(sessionStatuses), count: z.number() });

const endedStatuses: readonly SessionStatus[] = ["settled", "expired"];

/** What reads one page of sessions behind a place, by an index for each filter. @param after `null`: from the beginning */
export function sessionPage(
  { status, limit, operator, driver, evse, isEnded, order = "oldest-first" }: SessionQuery,
  after: number | null,
): { readonly sql: string; readonly values: readonly (string | number)[] } {
  const isNewestFirst = order === "newest-first";
  const statuses =
    isEnded === undefined ? null : sessionStatuses.filter((one) => endedStatuses.includes(one) === isEnded);
  const conditions: readonly (readonly [string, readonly (string | number)[]])[] = [
    ...(status === null ? [] : [["status = ?", [status]] as const]),
    ...(statuses === null ? [] : [[`status IN (${statuses.map(() => "?").join(", ")})`, statuses] as const]),
    ...(operator === undefined ? [] : [["operator = ?", [operator]] as const]),
    ...(driver === undefined ? [] : [["driver = ?", [driver]] as const]),
    ...(evse === undefined ? [] : [["terms_evse = ?", [evse]] as const]),
    [isNewestFirst ? "ordinal < ?" : "ordinal > ?", [after ?? (isNewestFirst ? Number.MAX_SAFE_INTEGER : 0)]],
  ];
  return {
    sql: `SELECT ${sessionColumns} FROM sessions WHERE ${conditions.map(([text]) => text).join(" AND ")}
          ORDER BY ordinal ${isNewestFirst ? "DESC" : "ASC"} LIMIT ?`,
    values: [...conditions.flatMap(([, bound]) => bound), limit],
  };
}

export function createSessionStore(
  access: Access,
): Pick<
  Store,
  | "findSession"
  | "findSessionByIdTag"
  | "listIdTags"
  | "listSessions"
  | "countSessions"
  | "findCdr"
  | "findTariff"
  | "listCompleted"
> {
  async function ordinalOf(sessionId: string | null): Promise<number> {
    if (sessionId === null) return 0;
    const row = await access.get("SELECT ordinal FROM sessions WHERE session_id = ?", sessionId);
    if (row === undefined) throw new WattproofError("QUERY_INVALID", "after names no session.");
    return z.number().parse(row["ordinal"]);
  }

  async function list(query: SessionQuery): Promise<readonly StoredSession[]> {
    const { sql, values } = sessionPage(query, query.after === null ? null : await ordinalOf(query.after));
    return (await access.all(sql, ...values)).map(readSessionRow);
  }

  return {
    findSession: (sessionId) =>
      access.read(async () => {
        const row = await access.get(`SELECT ${sessionColumns} FROM sessions WHERE session_id = ?`, sessionId);
        return row === undefined ? null : readSessionRow(row);
      }),
    findSessionByIdTag: (idTag) =>
      access.read(async () => {
        const row = await access.get(
          `SELECT ${sessionColumns} FROM session_tags JOIN sessions USING (session_id) WHERE tag = ?`,
          idTag,
        );
        return row === undefined ? null : readSessionRow(row);
      }),
    listIdTags: (sessionId) =>
      access.read(async () =>
        (await access.all("SELECT tag FROM session_tags WHERE session_id = ? ORDER BY ordinal", sessionId)).map(
          (row) => tagRow.parse(row).tag,
        ),
      ),
    listSessions: (query) => access.snapshot(() => list(query)),
    countSessions: () =>
      access.read(async () => {
        const counts = new Map<SessionStatus, number>(sessionStatuses.map((status) => [status, 0]));
        for (const row of await access.all("SELECT status, count(*) AS count FROM sessions GROUP BY status")) {
          const { status, count } = countRow.parse(row);
          counts.set(status, count);
        }
        return counts;
      }),
    findCdr: (sessionId) =>
      access.read(async () => {
        const row = await access.get(
          `SELECT content, CASE WHEN EXISTS (SELECT 1 FROM records WHERE records.session_id = cdrs.session_id AND ${isBound} = 0)
             THEN 1 ELSE 0 END AS is_unbound FROM cdrs WHERE session_id = ?`,
          sessionId,
        );
        if (row === undefined) return null;
        const cdr = decodeCdr(row["content"]);
        return row["is_unbound"] === 1 ? withoutBinding(cdr) : cdr;
      }),
    findTariff: (tariffId) =>
      access.read(async () => {
        const row = await access.get("SELECT content FROM tariffs WHERE tariff_id = ?", tariffId);
        return row === undefined ? null : decodeTariff(row["content"]);
      }),
    listCompleted: (limit, lane, nowMs) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${sessionColumns}, content, completed_at_ms FROM sessions JOIN cdrs USING (session_id)
             WHERE status = 'completed' AND lane = ? AND (not_before_ms IS NULL OR not_before_ms <= ?)
             ORDER BY completed_at_ms, ordinal LIMIT ?`,
            lane,
            nowMs,
            limit,
          )
        ).map((row) => ({
          session: readSessionRow(row),
          cdr: decodeCdr(row["content"]),
          completedAtMs: z.number().parse(row["completed_at_ms"]),
        })),
      ),
  };
}

/** Inside a write: whether every session still has the events that the changes were computed from. */
export async function areCurrent(access: Access, changes: readonly SessionChange[]): Promise<boolean> {
  for (const { sessionId, expectedSequence } of changes) {
    const row = await access.get("SELECT sequence FROM sessions WHERE session_id = ?", sessionId);
    if (row?.["sequence"] !== expectedSequence) return false;
  }
  return true;
}

/** Inside a write, after `areCurrent`. */
export async function applyChange(access: Access, change: SessionChange, messageId: string | null): Promise<void> {
  const { sessionId, next, atMs } = change;
  let sequence = change.expectedSequence;
  for (const event of change.events) {
    await access.run(
      "INSERT INTO session_events (session_id, sequence, event, message_id, at_ms) VALUES (?, ?, ?, ?, ?)",
      sessionId,
      sequence,
      encode(event),
      messageId,
      atMs,
    );
    sequence += 1;
  }
  await access.run(
    `UPDATE sessions SET state = ?, status = ?, sequence = ?, opening_block = ?, closing_block = ?, amounts_block = ?,
       lane = ?, not_before_ms = ?,
       status_since_ms = CASE WHEN status = ? THEN status_since_ms ELSE ? END,
       completed_at_ms = CASE WHEN ? = 'completed' THEN coalesce(completed_at_ms, ?) ELSE completed_at_ms END
     WHERE session_id = ?`,
    encode(next),
    next.status,
    sequence,
    next.opening.blockNumber,
    next.closing?.position.blockNumber ?? null,
    newestAmountsBlock(next),
    next.nextTry.lane,
    next.nextTry.notBeforeMs,
    next.status,
    atMs,
    next.status,
    atMs,
    sessionId,
  );
  await access.run(
    "UPDATE batch_items SET is_released = 1 WHERE session_id = ? AND is_released = 0 AND batch_id IS DISTINCT FROM ?",
    sessionId,
    next.batchId,
  );
  await queueInvoices(access, sessionId, change.events);
}

function newestAmountsBlock({ topUps, refunds, challenge }: SessionState): number | null {
  const positions = [topUps.at(-1)?.position, refunds.at(-1)?.position, challenge?.position];
  const blocks = positions.flatMap((position) => position?.blockNumber ?? []);
  return blocks.length === 0 ? null : Math.max(...blocks);
}

/** Inside a write. */
export async function insertSession(access: Access, session: NewSession): Promise<void> {
  const { sessionId, state } = session;
  await access.run(
    `INSERT INTO sessions (session_id, id_tag, terms, state, status, sequence, opening_block, closing_block,
       status_since_ms)
     VALUES (?, ?, ?, ?, ?, 1, ?, NULL, ?)`,
    sessionId,
    session.idTag,
    encode(session.terms),
    encode(state),
    state.status,
    state.opening.blockNumber,
    session.atMs,
  );
  await access.run(
    "INSERT INTO session_events (session_id, sequence, event, message_id, at_ms) VALUES (?, 0, ?, NULL, ?)",
    sessionId,
    encode(session.event),
    session.atMs,
  );
  await keepIdTag(access, session);
}

/** Inside a write: the session has another idTag from now on, and keeps those that it had. */
export async function changeIdTag(access: Access, session: Pick<StoredSession, "sessionId" | "idTag">): Promise<void> {
  await access.run("UPDATE sessions SET id_tag = ? WHERE session_id = ?", session.idTag, session.sessionId);
  await keepIdTag(access, session);
}

/** A tag stays with the session that had it first. */
async function keepIdTag(
  access: Access,
  { sessionId, idTag }: Pick<StoredSession, "sessionId" | "idTag">,
): Promise<void> {
  await access.run(
    "INSERT INTO session_tags (tag, session_id) VALUES (?, ?) ON CONFLICT (tag) DO NOTHING",
    idTag,
    sessionId,
  );
}
