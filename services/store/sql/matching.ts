import { z } from "zod";

import type { ChargingTransaction, MatchingStore, StartRequest } from "../charging.ts";
import type { Access } from "./access.ts";
import { chargingColumns, encodeWatched, readChargingRow, watchedText } from "./charging-rows.ts";
import { frameColumns, readFrameRow } from "./ocpp-rows.ts";
import { reader, readSessionRow } from "./rows.ts";
import { sessionColumns } from "./sessions.ts";
import { createUnmatchedStore } from "./unmatched.ts";

/**
 * What finds the session of a transaction beside its idToken, what happened beside a session's transaction, and what was
 * told already.
 */
export const matchingStep = `
  ALTER TABLE charging_transactions ADD COLUMN remote_start_id INTEGER;
  -- Until when messages of before the end are waited for; NULL where the transaction goes on.
  ALTER TABLE charging_transactions ADD COLUMN wait_until_ms INTEGER;
  -- When it is to be assessed next; NULL where nothing new is known.
  ALTER TABLE charging_transactions ADD COLUMN assess_due_at_ms INTEGER;
  ALTER TABLE charging_transactions ADD COLUMN assessed_at_ms INTEGER;
  -- Frames that came after the end.
  ALTER TABLE charging_transactions ADD COLUMN late_frames INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX charging_transactions_due ON charging_transactions (assess_due_at_ms) WHERE assess_due_at_ms IS NOT NULL;
  CREATE INDEX charging_transactions_stray_token ON charging_transactions (upper (id_token))
    WHERE session_id IS NULL AND id_token IS NOT NULL;
  CREATE INDEX charging_transactions_stray_place ON charging_transactions (station_id, evse, last_message_at_ms)
    WHERE session_id IS NULL;

  -- Every time that a station of 2.x was asked to begin a session, by the number that it was asked with.
  CREATE TABLE start_requests (
    session_id TEXT NOT NULL REFERENCES sessions (session_id),
    remote_start_id INTEGER NOT NULL,
    station_id TEXT NOT NULL,
    station_evse INTEGER NOT NULL,
    asked_at_ms INTEGER NOT NULL,
    -- What the station has answered that it began.
    ocpp_transaction_id TEXT,
    PRIMARY KEY (session_id, remote_start_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX start_requests_number ON start_requests (station_id, remote_start_id);
  CREATE INDEX start_requests_transaction ON start_requests (station_id, ocpp_transaction_id)
    WHERE ocpp_transaction_id IS NOT NULL;

  -- Messages that belong to a transaction whose start may still come.
  CREATE TABLE stray_frames (
    frame_ordinal INTEGER PRIMARY KEY REFERENCES ocpp_frames (ordinal),
    station_id TEXT NOT NULL,
    received_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX stray_frames_station ON stray_frames (station_id, frame_ordinal);

  -- What flowed at the EVSE of a session outside of every transaction.
  CREATE TABLE stray_energy (
    session_id TEXT PRIMARY KEY REFERENCES sessions (session_id),
    watched TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- What the operator was told, so that it is told once.
  CREATE TABLE told_causes (
    cause TEXT PRIMARY KEY,
    at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  ALTER TABLE sessions ADD COLUMN terms_evse INTEGER AS (json_extract (terms, '$.evse')) VIRTUAL;
  CREATE INDEX sessions_evse ON sessions (terms_evse, status);

  -- A list; the first type has a column of its own.
  ALTER TABLE id_token_bindings ADD COLUMN further_types TEXT NOT NULL DEFAULT '[]';

  -- Equal for a start that is repeated with another time; NULL where the start came before this step.
  ALTER TABLE ocpp_transactions ADD COLUMN retry_key TEXT;
  CREATE TABLE ocpp_start_retries (
    station_id TEXT NOT NULL,
    natural_key TEXT NOT NULL,
    transaction_ordinal INTEGER NOT NULL REFERENCES ocpp_transactions (ordinal),
    PRIMARY KEY (station_id, natural_key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ocpp_transactions_place ON ocpp_transactions (station_id, evse, ordinal);
`;

const requestColumns = "session_id, remote_start_id, station_id, station_evse, asked_at_ms, ocpp_transaction_id";
const readRequestRow = reader(
  "request to begin",
  z
    .object({
      session_id: z.string(),
      remote_start_id: z.number(),
      station_id: z.string(),
      station_evse: z.number(),
      asked_at_ms: z.number(),
      ocpp_transaction_id: z.string().nullable(),
    })
    .transform((row): StartRequest => ({
      sessionId: row.session_id,
      remoteStartId: row.remote_start_id,
      stationId: row.station_id,
      stationEvse: row.station_evse,
      askedAtMs: row.asked_at_ms,
      ocppTransactionId: row.ocpp_transaction_id,
    })),
);
const openedRow = z.object({ at_ms: z.number().nullable() });
const watchedRow = z.object({ watched: watchedText });
const orderedRow = z.object({ ordinal: z.number() });

/** A station has few requests of one number; a hostile one gets no long list made. */
const requestsLimit = 8;
const besidesLimit = 32;
/** Of each station the newest that may still find their transaction. */
const strayFramesOfStation = 256;

export function createMatchingStore(access: Access): MatchingStore {
  return {
    ...createUnmatchedStore(access),
    ...requestsOf(access),
    ...transactionsBesideOf(access),
    ...strayEvidenceOf(access),
    ...toldOf(access),
  };
}

/** What stations were asked to begin. */
function requestsOf(access: Access) {
  return {
    putStartRequest: (request) =>
      access.write(async () => {
        await access.run(
          `INSERT INTO start_requests (${requestColumns}) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (session_id, remote_start_id) DO UPDATE SET asked_at_ms = excluded.asked_at_ms,
             ocpp_transaction_id = coalesce (excluded.ocpp_transaction_id, start_requests.ocpp_transaction_id)`,
          request.sessionId,
          request.remoteStartId,
          request.stationId,
          request.stationEvse,
          request.askedAtMs,
          request.ocppTransactionId,
        );
      }),
    findStartRequests: ({ stationId, remoteStartId, ocppTransactionId }) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${requestColumns} FROM start_requests WHERE station_id = ? AND remote_start_id = ?
             UNION SELECT ${requestColumns} FROM start_requests WHERE station_id = ? AND ocpp_transaction_id = ?
             ORDER BY asked_at_ms DESC LIMIT ?`,
            stationId,
            // No number of ours is negative.
            remoteStartId ?? -1,
            stationId,
            ocppTransactionId,
            requestsLimit,
          )
        ).map(readRequestRow),
      ),
    listStartRequests: (sessionId) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${requestColumns} FROM start_requests WHERE session_id = ? ORDER BY asked_at_ms DESC LIMIT ?`,
            sessionId,
            besidesLimit,
          )
        ).map(readRequestRow),
      ),
  } satisfies Partial<MatchingStore>;
}

/** Which transactions are due, and what else is known where a session charges. */
function transactionsBesideOf(access: Access) {
  // SQLite would take the index of sessions, and read every transaction that never had one.
  const strays = async (
    index: string,
    condition: string,
    ...values: (string | number)[]
  ): Promise<readonly ChargingTransaction[]> =>
    (
      await access.all(
        `SELECT ${chargingColumns} FROM charging_transactions INDEXED BY ${index} WHERE session_id IS NULL AND ${condition}
           AND NOT EXISTS (SELECT 1 FROM token_openings
             WHERE transaction_ordinal = charging_transactions.ordinal AND status IN ('prepared', 'open'))
         ORDER BY ordinal DESC LIMIT ${besidesLimit}`,
        ...values,
      )
    ).map(readChargingRow);

  return {
    listTransactionsDue: (nowMs, limit) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${chargingColumns} FROM charging_transactions WHERE assess_due_at_ms <= ?
             ORDER BY assess_due_at_ms LIMIT ?`,
            nowMs,
            limit,
          )
        ).map(readChargingRow),
      ),
    listTransactionsAwaited: (nowMs, limit) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${chargingColumns} FROM charging_transactions
             WHERE assess_due_at_ms > ? AND wait_until_ms > ? AND protocol <> 'ocpp1.6'
               AND assessment LIKE '%"MESSAGES_MISSING"%' ORDER BY assess_due_at_ms LIMIT ?`,
            nowMs,
            nowMs,
            limit,
          )
        ).map(readChargingRow),
      ),

    readOpenedAtMs: (sessionId) =>
      access.read(async () => {
        const row = await access.get(
          "SELECT at_ms FROM session_events WHERE session_id = ? ORDER BY sequence LIMIT 1",
          sessionId,
        );
        return row === undefined ? null : openedRow.parse(row).at_ms;
      }),
    listStraysOfToken: (idToken) =>
      access.read(() =>
        strays("charging_transactions_stray_token", "id_token IS NOT NULL AND upper (id_token) = ?", idToken),
      ),
    listStraysOfSessionRequests: (sessionId) =>
      access.read(() =>
        strays(
          "charging_transactions_stray_place",
          `EXISTS (SELECT 1 FROM start_requests AS asked WHERE asked.session_id = ?
             AND asked.station_id = charging_transactions.station_id
             AND (asked.remote_start_id = charging_transactions.remote_start_id
               OR asked.ocpp_transaction_id = charging_transactions.ocpp_transaction_id))
           AND station_id IN (SELECT station_id FROM start_requests WHERE session_id = ?)`,
          sessionId,
          sessionId,
        ),
      ),
    listStraysAtPlace: (stationId, stationEvse, sinceMs) =>
      access.read(() =>
        strays(
          "charging_transactions_stray_place",
          "station_id = ? AND (evse = ? OR evse IS NULL) AND (is_open = 1 OR last_message_at_ms >= ?)",
          stationId,
          stationEvse,
          sinceMs,
        ),
      ),
    listSessionsAtEvse: (evse, limit) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${sessionColumns} FROM sessions
             WHERE terms_evse = ? AND status IN ('opened', 'charging', 'held', 'disputed') LIMIT ?`,
            evse,
            limit,
          )
        ).map(readSessionRow),
      ),
    listHeldSessionsAfter: (afterOrdinal, limit) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${sessionColumns}, ordinal FROM sessions WHERE status = 'held' AND ordinal > ? ORDER BY ordinal LIMIT ?`,
            afterOrdinal,
            limit,
          )
        ).map((row) => ({ session: readSessionRow(row), ordinal: orderedRow.parse(row).ordinal })),
      ),
  } satisfies Partial<MatchingStore>;
}

/** Messages and energy that have no transaction yet. */
function strayEvidenceOf(access: Access) {
  return {
    putStrayFrame: ({ ordinal, stationId, receivedAtMs }, sinceMs) =>
      access.write(async () => {
        await access.run("DELETE FROM stray_frames WHERE station_id = ? AND received_at_ms < ?", stationId, sinceMs);
        await access.run(
          `INSERT INTO stray_frames (frame_ordinal, station_id, received_at_ms) VALUES (?, ?, ?)
           ON CONFLICT (frame_ordinal) DO NOTHING`,
          ordinal,
          stationId,
          receivedAtMs,
        );
        await access.run(
          `DELETE FROM stray_frames WHERE station_id = ? AND frame_ordinal <=
             (SELECT frame_ordinal FROM stray_frames WHERE station_id = ? ORDER BY frame_ordinal DESC
              LIMIT 1 OFFSET ${strayFramesOfStation})`,
          stationId,
          stationId,
        );
      }),
    listStrayFrames: (stationId, sinceMs) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${frameColumns} FROM ocpp_frames WHERE ordinal IN
               (SELECT frame_ordinal FROM stray_frames WHERE stray_frames.station_id = ?
                  AND stray_frames.received_at_ms >= ?) ORDER BY ordinal`,
            stationId,
            sinceMs,
          )
        ).map(readFrameRow),
      ),
    removeStrayFrame: (ordinal) =>
      access.write(async () => {
        await access.run("DELETE FROM stray_frames WHERE frame_ordinal = ?", ordinal);
      }),

    findStrayEnergy: (sessionId) =>
      access.read(async () => {
        const row = await access.get("SELECT watched FROM stray_energy WHERE session_id = ?", sessionId);
        return row === undefined ? null : watchedRow.parse(row).watched;
      }),
    putStrayEnergy: (sessionId, watched) =>
      access.write(async () => {
        await access.run(
          `INSERT INTO stray_energy (session_id, watched) VALUES (?, ?)
           ON CONFLICT (session_id) DO UPDATE SET watched = excluded.watched`,
          sessionId,
          encodeWatched(watched),
        );
      }),
  } satisfies Partial<MatchingStore>;
}

/** What the operator was told. */
function toldOf(access: Access) {
  return {
    isTold: (cause) =>
      access.read(async () => (await access.get("SELECT 1 FROM told_causes WHERE cause = ?", cause)) !== undefined),
    putTold: (cause, atMs) =>
      access.write(async () => {
        await access.run(
          "INSERT INTO told_causes (cause, at_ms) VALUES (?, ?) ON CONFLICT (cause) DO NOTHING",
          cause,
          atMs,
        );
      }),
  } satisfies Partial<MatchingStore>;
}
