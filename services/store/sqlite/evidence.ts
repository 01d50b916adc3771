import { z } from "zod";

import type { EvidenceRecord, RegisterReading, Store, WriteOutcome } from "../store.ts";
import type { Access } from "./access.ts";
import { encode } from "./codec.ts";
import { insertActs } from "./disputes.ts";
import { writeVerdict } from "./messages.ts";
import { readRecordRow } from "./rows.ts";
import { applyChange, areCurrent } from "./sessions.ts";

// Integers of 64 bits leave the database as text: a JavaScript number does not hold them.
const recordColumns = `record_identity, session_id, message_id, record, payload_sha256, meter_key_id, pagination_context,
  CAST(pagination_number AS TEXT) AS pagination_text, is_bound, is_settleable_by_meter, energy_wh`;

const optionalInteger = z
  .string()
  .nullable()
  .transform((text) => (text === null ? null : BigInt(text)));
const spanRow = z.object({ register: z.string(), begin_text: z.string(), end_text: z.string() }).transform((row) => ({
  register: row.register,
  beginMicroWh: BigInt(row.begin_text),
  endMicroWh: BigInt(row.end_text),
}));

const readingRow = z
  .object({
    sequence: z.number(),
    received_at_ms: z.number(),
    register: z.string(),
    begin_text: z.string(),
    end_text: z.string(),
  })
  .transform((row): RegisterReading => ({
    sequence: row.sequence,
    receivedAtMs: row.received_at_ms,
    register: row.register,
    beginMicroWh: BigInt(row.begin_text),
    endMicroWh: BigInt(row.end_text),
  }));

export function createEvidenceStore(
  access: Access,
): Pick<Store, "findRecord" | "listRecords" | "listReadings" | "countRecords" | "readNeighbours" | "commitEvidence"> {
  function withSpans(row: unknown): EvidenceRecord {
    const record = readRecordRow(row);
    const spans = access
      .all(
        `SELECT register, CAST(begin_micro_wh AS TEXT) AS begin_text, CAST(end_micro_wh AS TEXT) AS end_text
         FROM register_spans WHERE meter_key_id = ? AND pagination_context = ? AND pagination_number = ?
         ORDER BY register`,
        record.meterKeyId,
        record.paginationContext,
        record.paginationNumber,
      )
      .map((span) => spanRow.parse(span));
    return { ...record, spans };
  }

  function count(meterKeyId: string): number {
    const row = access.get("SELECT record_count FROM meter_keys WHERE meter_key_id = ?", meterKeyId);
    return row === undefined ? 0 : z.number().parse(row["record_count"]);
  }

  function insert(record: EvidenceRecord): void {
    access.run(
      `INSERT INTO records (record_identity, session_id, message_id, record, payload_sha256, meter_key_id,
         pagination_context, pagination_number, is_bound, is_settleable_by_meter, energy_wh)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      record.recordIdentity,
      record.sessionId,
      record.messageId,
      record.record,
      record.payloadSha256,
      record.meterKeyId,
      record.paginationContext,
      record.paginationNumber,
      record.isBoundToSession ? 1 : 0,
      record.isSettleableByMeter === null ? null : Number(record.isSettleableByMeter),
      record.energyWh,
    );
    access.run(
      `INSERT INTO meter_keys (meter_key_id, record_count) VALUES (?, 1)
       ON CONFLICT (meter_key_id) DO UPDATE SET record_count = record_count + 1`,
      record.meterKeyId,
    );
    for (const span of record.spans) {
      access.run(
        `INSERT INTO register_spans (meter_key_id, register, pagination_context, pagination_number, begin_micro_wh,
           end_micro_wh) VALUES (?, ?, ?, ?, ?, ?)`,
        record.meterKeyId,
        span.register,
        record.paginationContext,
        record.paginationNumber,
        span.beginMicroWh,
        span.endMicroWh,
      );
    }
  }

  function commit(step: Parameters<Store["commitEvidence"]>[0]): WriteOutcome {
    const { messageId, change, record, cdr } = step;
    if (!areCurrent(access, [change]) || count(step.meterKeyId) !== step.expectedRecordCount) return "stale";

    if (record !== null) insert(record);
    applyChange(access, change, messageId);
    insertActs(access, step.acts);
    if (cdr !== null) {
      access.run(
        "INSERT INTO cdrs (session_id, content, created_at_ms) VALUES (?, ?, ?)",
        cdr.sessionId,
        encode(cdr),
        change.atMs,
      );
    }
    writeVerdict(access, messageId, step.verdict);
    return "stored";
  }

  return {
    findRecord: (recordIdentity) =>
      access.read(() => {
        const row = access.get(`SELECT ${recordColumns} FROM records WHERE record_identity = ?`, recordIdentity);
        return row === undefined ? null : withSpans(row);
      }),
    listRecords: (sessionId) =>
      access.read(() =>
        access
          .all(`SELECT ${recordColumns} FROM records WHERE session_id = ? ORDER BY pagination_number`, sessionId)
          .map(withSpans),
      ),
    listReadings: (sessionId) =>
      access.read(() =>
        access
          .all(
            `SELECT sequence, received_at_ms, register, CAST(begin_micro_wh AS TEXT) AS begin_text,
               CAST(end_micro_wh AS TEXT) AS end_text
             FROM records
             JOIN session_events USING (session_id, message_id)
             JOIN messages USING (message_id)
             JOIN register_spans USING (meter_key_id, pagination_context, pagination_number)
             WHERE session_id = ? ORDER BY pagination_context, pagination_number, register`,
            sessionId,
          )
          .map((row) => readingRow.parse(row)),
      ),
    countRecords: (meterKeyId) => access.read(() => count(meterKeyId)),
    readNeighbours: (meterKeyId, register, context, paginationNumber) =>
      access.read(() => {
        const below = access.get(
          `SELECT CAST(max(end_micro_wh) AS TEXT) AS value FROM register_spans
           WHERE meter_key_id = ? AND register = ? AND pagination_context = ? AND pagination_number < ?`,
          meterKeyId,
          register,
          context,
          paginationNumber,
        );
        const above = access.get(
          `SELECT CAST(min(begin_micro_wh) AS TEXT) AS value FROM register_spans
           WHERE meter_key_id = ? AND register = ? AND pagination_context = ? AND pagination_number > ?`,
          meterKeyId,
          register,
          context,
          paginationNumber,
        );
        return {
          greatestBelowMicroWh: optionalInteger.parse(below?.["value"]),
          smallestAboveMicroWh: optionalInteger.parse(above?.["value"]),
        };
      }),
    commitEvidence: (step) => access.write(() => commit(step)),
  };
}
