import { z } from "zod";

import type { SignedConsent } from "../../domain/unsigned-consent.ts";
import { WattproofError } from "../../errors.ts";
import type { ChargingStore, ChargingTransaction, SessionStart } from "../charging.ts";
import { greatestPauseMs } from "../../domain/due-times.ts";
import type { Access } from "./access.ts";
import { chargingColumns, readChargingRow, readStartRow, startColumns } from "./charging-rows.ts";
import { addFrames, continueTransaction, isCurrentTransaction } from "./charging-writes.ts";
import { requireHolder } from "./fences.ts";
import { createMatchingStore } from "./matching.ts";
import { frameColumns, readFrameRow } from "./ocpp-rows.ts";
import { reader, readSessionRow } from "./rows.ts";
import { sessionColumns } from "./sessions.ts";

/** Later messages are matched against the latest transactions of their station; older ones are found by their id. */
const latestTransactions = 32;
const openTransactions = 1_024;

const consentRow = reader(
  "consent",
  z
    .object({ session_id: z.string(), cap_micro: z.string().transform(BigInt), signature: z.string() })
    .transform((row): SignedConsent => ({
      sessionId: row.session_id,
      capMicro: row.cap_micro,
      signature: row.signature,
    })),
);
const paginationRow = z.object({ greatest: z.string().transform(BigInt).nullable() });

export function createChargingStore(access: Access): ChargingStore {
  const transactionsOf = async (
    source: string,
    ...values: (string | number)[]
  ): Promise<readonly ChargingTransaction[]> =>
    (await access.all(`SELECT ${chargingColumns} FROM charging_transactions ${source}`, ...values)).map(
      readChargingRow,
    );
  const transactionsBy = (condition: string, ...values: (string | number)[]) =>
    transactionsOf(`WHERE ${condition}`, ...values);

  return {
    ...createMatchingStore(access),
    ...startsOf(access),
    ...consentsOf(access),
    listChargingTransactions: (stationId) =>
      access.read(() =>
        transactionsBy(
          `station_id = ? AND (is_open = 1 OR ordinal IN (SELECT ordinal FROM charging_transactions
             WHERE station_id = ? ORDER BY ordinal DESC LIMIT ?)) ORDER BY ordinal DESC LIMIT ?`,
          stationId,
          stationId,
          latestTransactions,
          openTransactions,
        ),
      ),
    findChargingTransactions: (stationId, ocppTransactionId) =>
      access.read(() =>
        transactionsBy(
          "station_id = ? AND ocpp_transaction_id = ? ORDER BY ordinal DESC LIMIT ?",
          stationId,
          ocppTransactionId,
          latestTransactions,
        ),
      ),
    findTransactionOfSession: (sessionId) =>
      access.read(async () => (await transactionsBy("session_id = ?", sessionId))[0] ?? null),
    listTransactionsToPursue: (nowMs, limit) =>
      access.read(() =>
        transactionsBy(
          // The first condition is that of the index; without it every transaction that ever was is read.
          `is_open = 1 AND (end_sign_at_ms IS NOT NULL OR stop_order IS NOT NULL)
             AND (end_sign_at_ms IS NOT NULL OR stop_next_at_ms NOT BETWEEN ? AND ?)
           ORDER BY ordinal LIMIT ?`,
          nowMs + 1,
          nowMs + greatestPauseMs,
          limit,
        ),
      ),
    listTransactionsToAssess: (limit) =>
      access.read(() =>
        transactionsBy(
          `is_open = 0 AND assess_due_at_ms IS NULL AND (session_id IN (SELECT session_id FROM sessions WHERE status IN ('opened', 'charging'))
             OR (assessment IS NULL AND session_id IN
               (SELECT session_id FROM sessions WHERE status IN ('held', 'disputed')))) ORDER BY ordinal LIMIT ?`,
          limit,
        ),
      ),
    listTransactionsWithoutSession: (sinceMs, limit) =>
      access.read(() =>
        transactionsOf(
          `INDEXED BY charging_transactions_loose WHERE session_id IS NULL AND last_message_at_ms >= ?
             AND (length(id_token) = 20 OR remote_start_id IS NOT NULL OR EXISTS (SELECT 1 FROM start_requests AS asked
               WHERE asked.station_id = charging_transactions.station_id
                 AND asked.ocpp_transaction_id = charging_transactions.ocpp_transaction_id))
           ORDER BY ordinal DESC LIMIT ?`,
          sinceMs,
          limit,
        ),
      ),
    listTransactionFrames: (ordinal) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${frameColumns} FROM charging_frames JOIN ocpp_frames ON ordinal = frame_ordinal
             WHERE transaction_ordinal = ? ORDER BY ordinal`,
            ordinal,
          )
        ).map(readFrameRow),
      ),
    commitChargingFrames: (steps) =>
      access.write(async () => {
        for (const { transaction, frames, station = null } of steps) {
          if (station !== null) await requireHolder(access, station);
          if (!(await isCurrentTransaction(access, transaction))) {
            throw new WattproofError("STORE_CONTENDED", "The transaction was written by another replica.");
          }
          await continueTransaction(access, transaction);
          await addFrames(access, transaction, frames);
        }
      }),
    readGreatestPaginationBefore: (sessionId, meterKeyId, context) =>
      access.read(async () => {
        const row = await access.get(
          `SELECT CAST(max(pagination_number) AS TEXT) AS greatest FROM records JOIN sessions USING (session_id)
           WHERE meter_key_id = ? AND pagination_context = ?
             AND ordinal < (SELECT ordinal FROM sessions WHERE session_id = ?)`,
          meterKeyId,
          context,
          sessionId,
        );
        return row === undefined ? null : paginationRow.parse(row).greatest;
      }),
  };
}

/** Sessions that no station has begun, and when each is asked for next. */
function startsOf(access: Access) {
  async function writeStart(start: SessionStart): Promise<void> {
    await access.run(
      `INSERT INTO charging_starts (session_id, ${startColumns}) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (session_id) DO UPDATE SET next_at_ms = excluded.next_at_ms, asked_at_ms = excluded.asked_at_ms,
         attempts = excluded.attempts, may_have_begun = excluded.may_have_begun,
         inquired_at_ms = excluded.inquired_at_ms`,
      start.sessionId,
      start.sinceMs,
      start.nextAtMs,
      start.askedAtMs,
      start.attempts,
      start.mayHaveBegun ? 1 : 0,
      start.inquiredAtMs,
    );
  }

  return {
    listDueStarts: (nowMs, limit) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${sessionColumns}, ${startColumns} FROM sessions LEFT JOIN charging_starts USING (session_id)
             WHERE status = 'opened' AND (next_at_ms IS NULL OR next_at_ms NOT BETWEEN ? AND ?)
               AND NOT EXISTS (SELECT 1 FROM charging_transactions AS begun WHERE begun.session_id = sessions.session_id)
               AND EXISTS (
                 SELECT 1 FROM station_evses JOIN ocpp_stations USING (station_id)
                 WHERE evse = terms_evse AND last_seen_at_ms IS NOT NULL)
               AND NOT EXISTS (SELECT 1 FROM token_openings AS begun WHERE begun.session_id = sessions.session_id)
             ORDER BY ordinal LIMIT ?`,
            nowMs + 1,
            nowMs + greatestPauseMs,
            limit,
          )
        ).map((row) => ({
          session: readSessionRow(row),
          start: row["since_ms"] === null ? null : readStartRow(row),
        })),
      ),
    findStart: (sessionId) =>
      access.read(async () => {
        const row = await access.get(
          `SELECT session_id, ${startColumns} FROM charging_starts WHERE session_id = ?`,
          sessionId,
        );
        return row === undefined ? null : readStartRow(row);
      }),
    putStart: (start) => access.write(() => writeStart(start)),
    beginStart: (start) =>
      access.write(async () => {
        const row = await access.get("SELECT status FROM sessions WHERE session_id = ?", start.sessionId);
        if (row?.["status"] !== "opened") return false;
        await writeStart({ ...start, mayHaveBegun: true });
        return true;
      }),
  } satisfies Partial<ChargingStore>;
}

/** What drivers agreed to pay for unsigned energy. */
function consentsOf(access: Access) {
  async function findConsent(sessionId: string): Promise<SignedConsent | null> {
    const row = await access.get(
      "SELECT session_id, cap_micro, signature FROM unsigned_consents WHERE session_id = ?",
      sessionId,
    );
    return row === undefined ? null : consentRow(row);
  }

  return {
    putConsent: (consent, atMs) =>
      access.write(async () => {
        const known = await findConsent(consent.sessionId);
        if (known !== null && known.capMicro >= consent.capMicro) return known;
        await access.run(
          `INSERT INTO unsigned_consents (session_id, cap_micro, signature, at_ms) VALUES (?, ?, ?, ?)
           ON CONFLICT (session_id) DO UPDATE SET cap_micro = excluded.cap_micro, signature = excluded.signature,
             at_ms = excluded.at_ms`,
          consent.sessionId,
          consent.capMicro.toString(),
          consent.signature,
          atMs,
        );
        return consent;
      }),
    findConsent: (sessionId) => access.read(() => findConsent(sessionId)),
  } satisfies Partial<ChargingStore>;
}
