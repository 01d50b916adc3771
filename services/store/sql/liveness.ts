import { z } from "zod";

import { sessionStatuses, type LogPosition, type SessionStatus } from "../../domain/session.ts";
import type { LivenessStore, NewOperatorAction, OperatorAction } from "../liveness.ts";
import type { Access } from "./access.ts";
import { reader, readSessionRow } from "./rows.ts";
import type { SteadyMarkPart } from "./steady-mark.ts";
import { sessionColumns } from "./sessions.ts";

/** Alerts that were given, what operators did, and since when sessions are where they are. */
export const livenessStep = `
  CREATE TABLE raised_alerts (
    alert TEXT NOT NULL,
    subject TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (alert, subject)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE operator_actions (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL
  ) STRICT;
  CREATE INDEX operator_actions_subject ON operator_actions (subject, ordinal);

  -- Of stores from before: when the session last changed, which is no earlier.
  ALTER TABLE sessions ADD COLUMN status_since_ms INTEGER NOT NULL DEFAULT 0;
  UPDATE sessions SET status_since_ms = coalesce((SELECT at_ms FROM session_events AS last
    WHERE last.session_id = sessions.session_id AND last.sequence = sessions.sequence - 1), 0);
  CREATE INDEX sessions_status_since ON sessions (status, status_since_ms);
`;

/** Clocks that are kept by NTP are within this of each other. */
const aheadMs = 5_000;

const place = z.object({
  txHash: z.string(),
  blockNumber: z.number(),
  blockHash: z.string(),
  logIndex: z.number(),
});
const placed = z.object({ position: place });
/** Of a stored event only where it stands, and what it undoes. */
const eventSchema = z.object({
  kind: z.string(),
  opening: place.optional(),
  position: place.optional(),
  closing: placed.optional(),
  topUp: placed.optional(),
  challenge: placed.optional(),
  ending: placed.optional(),
  aboveBlock: z.number().optional(),
});
const readEventRow = reader(
  "event of a session",
  z.object({ event: z.string() }).transform(({ event }) => eventSchema.parse(JSON.parse(event))),
);
const sinceRow = z.object({ status_since_ms: z.number() });
const oldestRow = z.object({ at_ms: z.number().nullable() });
const atRow = z.object({ at_ms: z.number() });
const ordinalRow = z.object({ ordinal: z.number() });
const readActionRow = reader(
  "operator's action",
  z
    .object({
      at_ms: z.number(),
      key_id: z.string(),
      key_name: z.string().nullable(),
      action: z.string(),
      subject: z.string(),
      details: z.string(),
      result: z.string(),
    })
    .transform(({ at_ms: atMs, key_id: keyId, key_name: keyName, ...row }): OperatorAction => {
      return { ...row, atMs, keyId, keyName };
    }),
);

export function createLivenessStore(access: Access): Omit<LivenessStore, keyof SteadyMarkPart> {
  async function listPlaces(sessionId: string): Promise<readonly LogPosition[]> {
    const rows = await access.all("SELECT event FROM session_events WHERE session_id = ? ORDER BY sequence", sessionId);
    let standing: { readonly kind: string; readonly position: LogPosition }[] = [];
    for (const { kind, aboveBlock = Infinity, ...event } of rows.map(readEventRow)) {
      const { opening, position, closing, topUp, challenge, ending } = event;
      const own = opening ?? position ?? (closing ?? topUp ?? challenge ?? ending)?.position;
      if (own !== undefined) standing.push({ kind, position: own });
      if (kind === "amounts-reorganised") {
        standing = standing.filter((entry) => isLifecycle(entry.kind) || entry.position.blockNumber <= aboveBlock);
      }
      if (kind === "closing-reorganised") standing = withoutLast(standing, "closed");
      if (kind === "opening-reorganised") standing = withoutLast(standing, "opened");
    }
    return standing.map(({ position }) => position);
  }

  async function noteAlert(
    ...[alert, subject, atMs, repeatMs]: Parameters<LivenessStore["noteAlert"]>
  ): Promise<boolean> {
    const row = await access.get("SELECT at_ms FROM raised_alerts WHERE alert = ? AND subject = ?", alert, subject);
    const lastAtMs = row === undefined ? null : atRow.parse(row).at_ms;
    // A clock that was put back must not silence an alert.
    if (lastAtMs !== null && lastAtMs <= atMs && atMs - lastAtMs < repeatMs) return false;
    await access.run(
      `INSERT INTO raised_alerts (alert, subject, at_ms) VALUES (?, ?, ?)
       ON CONFLICT (alert, subject) DO UPDATE SET at_ms = excluded.at_ms`,
      alert,
      subject,
      atMs,
    );
    return true;
  }

  return {
    listEventPlaces: (sessionId) => access.read(() => listPlaces(sessionId)),
    noteAlert: (...parameters) => access.write(() => noteAlert(...parameters)),
    listStuckSessions: ({ status, sinceMs, toldSinceMs, nowSeconds, limit }) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${sessionColumns}, status_since_ms FROM sessions
             WHERE status = ? AND (status_since_ms <= ? OR status_since_ms > ?)
               AND NOT EXISTS (SELECT 1 FROM raised_alerts
                 WHERE alert = 'session-stuck' AND subject = session_id AND at_ms > ?)
               AND NOT (coalesce(resolution_way, '') = 'expire'
                 AND expires_at_seconds >= ?)
             ORDER BY status_since_ms LIMIT ?`,
            status,
            sinceMs,
            // What lies ahead was written before the clock was set back.
            nowSeconds * 1_000 + aheadMs,
            toldSinceMs,
            nowSeconds,
            limit,
          )
        ).map((row) => ({ session: readSessionRow(row), statusSinceMs: sinceRow.parse(row).status_since_ms })),
      ),
    readOldestSessions: () =>
      access.snapshot(async () => {
        const oldest = new Map<SessionStatus, number>();
        for (const status of sessionStatuses) {
          const row = await access.get(
            "SELECT status_since_ms FROM sessions WHERE status = ? ORDER BY status_since_ms LIMIT 1",
            status,
          );
          if (row !== undefined) oldest.set(status, sinceRow.parse(row).status_since_ms);
        }
        return oldest;
      }),
    readOldestParkedFrameMs: () =>
      access.read(async () => {
        const row = await access.get(
          `SELECT min(received_at_ms) AS at_ms FROM ocpp_frames
           WHERE ordinal IN (SELECT ordinal FROM ocpp_parked_frames)`,
        );
        return oldestRow.parse(row).at_ms;
      }),
    recordAction: (action) =>
      access.write(async () => {
        await insertAction(access, action);
      }),
    discardParkedFrame: (ordinal, sessionIds, action) =>
      access.write(async () => {
        if ((await access.run("DELETE FROM ocpp_parked_frames WHERE ordinal = ?", ordinal)) === 0) return false;
        for (const sessionId of sessionIds) {
          await access.run(
            "INSERT INTO unmatched_messages (session_id, frame_ordinal) VALUES (?, ?) ON CONFLICT DO NOTHING",
            sessionId,
            ordinal,
          );
        }
        await insertAction(access, action);
        return true;
      }),
    listActions: (subject) =>
      access.read(async () =>
        (await access.all("SELECT * FROM operator_actions WHERE subject = ? ORDER BY ordinal", subject)).map(
          readActionRow,
        ),
      ),
    listNewestActions: ({ subject, beforeOrdinal, limit }) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT * FROM operator_actions WHERE ordinal < ? ${subject === null ? "" : "AND subject = ?"}
             ORDER BY ordinal DESC LIMIT ?`,
            beforeOrdinal ?? Number.MAX_SAFE_INTEGER,
            ...(subject === null ? [] : [subject]),
            limit,
          )
        ).map((row) => ({ ...readActionRow(row), ordinal: ordinalRow.parse(row).ordinal })),
      ),
  };
}

async function insertAction(
  access: Access,
  { atMs, keyId, keyName, action, subject, details, result = "done" }: NewOperatorAction,
): Promise<void> {
  await access.run(
    `INSERT INTO operator_actions (at_ms, key_id, key_name, action, subject, details, result)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    atMs,
    keyId,
    keyName,
    action,
    subject,
    details,
    result,
  );
}

function isLifecycle(kind: string): boolean {
  return kind === "opened" || kind === "closed";
}

function withoutLast<Entry extends { readonly kind: string }>(entries: readonly Entry[], kind: string): Entry[] {
  const last = entries.findLastIndex((entry) => entry.kind === kind);
  return entries.filter((_entry, index) => index !== last);
}
