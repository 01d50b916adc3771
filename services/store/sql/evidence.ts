import { z } from "zod";

import type { EvidenceRecord, RecordRange, RegisterReading, Store } from "../store.ts";
import type { NewEvidenceRecord } from "../steps.ts";
import type { Access } from "./access.ts";
import { readRecordRow, reader } from "./rows.ts";

// Left to itself the database looks through all that the meter has ever signed, for each record.
const joinedSpans = `CROSS JOIN register_spans INDEXED BY register_spans_record
  USING (meter_key_id, pagination_context, pagination_number)`;
/** Whether a record carries its session's present idTag: that of an opening which was undone binds nothing. */
export const isBound = `CASE WHEN bound_tag = (SELECT id_tag FROM sessions
  WHERE sessions.session_id = records.session_id) THEN 1 ELSE 0 END`;
// Integers of 64 bits leave the database as text: a JavaScript number does not hold them.
const recordColumns = `records.record_identity, session_id, message_id, coalesce(messages.record, messages.body) AS record, payload_sha256, meter_key_id, pagination_context,
  CAST(pagination_number AS TEXT) AS pagination_text, ${isBound} AS is_bound, is_settleable_by_meter, energy_wh, reading, is_boundary`;

const bigText = z.string().transform(BigInt);
const optionalInteger = z
  .string()
  .nullable()
  .transform((text) => (text === null ? null : BigInt(text)));
const spanRow = z
  .object({ record_identity: z.string(), register: z.string(), begin_text: bigText, end_text: bigText })
  .transform((row) => ({
    recordIdentity: row.record_identity,
    span: { register: row.register, beginMicroWh: row.begin_text, endMicroWh: row.end_text },
  }));
const readSpan = reader("register span", spanRow);

const rangeRow = z
  .object({ count: z.number(), least: optionalInteger, greatest: optionalInteger, is_bound: z.number().nullable() })
  .transform(({ count, least, greatest, is_bound: isBound }): RecordRange | null =>
    least === null || greatest === null
      ? null
      : { count, leastNumber: least, greatestNumber: greatest, areAllBound: isBound === 1 },
  );
const readRange = reader("range of records", rangeRow);

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

/** What a record says is kept beside it. Of older records nobody knows whether a session begins or ends with them. */
export const readingStep = `
  ALTER TABLE records ADD COLUMN reading TEXT;
  ALTER TABLE records ADD COLUMN is_boundary INTEGER NOT NULL DEFAULT 1 CHECK (is_boundary IN (0, 1));
  CREATE INDEX records_boundary ON records (session_id, pagination_number) WHERE is_boundary = 1;
  CREATE INDEX register_spans_end ON register_spans (meter_key_id, register, pagination_context, end_micro_wh);
  CREATE INDEX register_spans_record ON register_spans (meter_key_id, pagination_context, pagination_number);
`;

export function createEvidenceStore(
  access: Access,
): Pick<
  Store,
  | "findRecord"
  | "listRecords"
  | "listBoundaryRecords"
  | "readRecordRange"
  | "keepReading"
  | "listReadings"
  | "countRecords"
  | "readNeighbours"
> {
  /** Records with their spans, by two queries however many they are. */
  async function select(condition: string, parameter: string): Promise<readonly EvidenceRecord[]> {
    const spans = (
      await access.all(
        `SELECT records.record_identity, register, CAST(begin_micro_wh AS TEXT) AS begin_text,
           CAST(end_micro_wh AS TEXT) AS end_text
         FROM records ${joinedSpans}
         WHERE ${condition} ORDER BY register`,
        parameter,
      )
    ).map(readSpan);
    const spansOf = Map.groupBy(spans, ({ recordIdentity }) => recordIdentity);
    return (
      await access.all(
        `SELECT ${recordColumns} FROM records JOIN messages USING (message_id) WHERE ${condition}
         ORDER BY pagination_number`,
        parameter,
      )
    )
      .map(readRecordRow)
      .map((record) => ({ ...record, spans: spansOf.get(record.recordIdentity)?.map(({ span }) => span) ?? [] }));
  }

  return {
    findRecord: (recordIdentity) =>
      access.snapshot(async () => (await select("records.record_identity = ?", recordIdentity))[0] ?? null),
    listRecords: (sessionId) => access.snapshot(() => select("session_id = ?", sessionId)),
    listBoundaryRecords: (sessionId) => access.snapshot(() => select("session_id = ? AND is_boundary = 1", sessionId)),
    readRecordRange: (sessionId) =>
      access.read(async () => {
        const row = await access.get(
          `SELECT count(*) AS count, CAST(min(pagination_number) AS TEXT) AS least,
             CAST(max(pagination_number) AS TEXT) AS greatest, min(${isBound}) AS is_bound FROM records WHERE session_id = ?`,
          sessionId,
        );
        return readRange(row);
      }),
    keepReading: (recordIdentity, { reading, isBoundary }) =>
      access.write(async () => {
        await access.run(
          "UPDATE records SET reading = ?, is_boundary = ? WHERE record_identity = ? AND reading IS NULL",
          reading,
          Number(isBoundary),
          recordIdentity,
        );
      }),
    listReadings: (sessionId) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT sequence, received_at_ms, register, CAST(begin_micro_wh AS TEXT) AS begin_text,
               CAST(end_micro_wh AS TEXT) AS end_text
             FROM records
             JOIN session_events USING (session_id, message_id)
             JOIN messages USING (message_id)
             ${joinedSpans}
             WHERE session_id = ? ORDER BY pagination_context, pagination_number, register`,
            sessionId,
          )
        ).map((row) => readingRow.parse(row)),
      ),
    countRecords: (meterKeyId) => access.read(() => countRecords(access, meterKeyId)),
    readNeighbours: (meterKeyId, register, context, paginationNumber) =>
      access.snapshot(async () => {
        const below = await access.get(
          // In the order of values the first that is earlier is found at once: a meter has records of years.
          `SELECT CAST(end_micro_wh AS TEXT) AS value FROM register_spans INDEXED BY register_spans_end
           WHERE meter_key_id = ? AND register = ? AND pagination_context = ? AND pagination_number < ?
           ORDER BY end_micro_wh DESC LIMIT 1`,
          meterKeyId,
          register,
          context,
          paginationNumber,
        );
        const above = await access.get(
          `SELECT CAST(min(begin_micro_wh) AS TEXT) AS value FROM register_spans
           WHERE meter_key_id = ? AND register = ? AND pagination_context = ? AND pagination_number > ?`,
          meterKeyId,
          register,
          context,
          paginationNumber,
        );
        return {
          greatestBelowMicroWh: optionalInteger.parse(below?.["value"] ?? null),
          smallestAboveMicroWh: optionalInteger.parse(above?.["value"]),
        };
      }),
  };
}

/** Inside a read or a write: how many records of this meter key count. */
export async function countRecords(access: Access, meterKeyId: string): Promise<number> {
  const row = await access.get("SELECT record_count FROM meter_keys WHERE meter_key_id = ?", meterKeyId);
  return row === undefined ? 0 : z.number().parse(row["record_count"]);
}

/** Inside a write. */
export async function insertRecord(access: Access, record: NewEvidenceRecord): Promise<void> {
  await access.run(
    `INSERT INTO records (record_identity, session_id, message_id, payload_sha256, meter_key_id,
       pagination_context, pagination_number, is_bound, bound_tag, is_settleable_by_meter, energy_wh, reading, is_boundary)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?,
       CASE WHEN ? = 1 THEN (SELECT id_tag FROM sessions WHERE session_id = ?) END, ?, ?, ?, ?)`,
    record.recordIdentity,
    record.sessionId,
    record.messageId,
    record.payloadSha256,
    record.meterKeyId,
    record.paginationContext,
    record.paginationNumber,
    record.isBoundToSession ? 1 : 0,
    record.isBoundToSession ? 1 : 0,
    record.sessionId,
    record.isSettleableByMeter === null ? null : Number(record.isSettleableByMeter),
    record.energyWh,
    record.reading,
    Number(record.isBoundary),
  );
  await access.run(
    `INSERT INTO meter_keys (meter_key_id, record_count) VALUES (?, 1)
     ON CONFLICT (meter_key_id) DO UPDATE SET record_count = meter_keys.record_count + 1`,
    record.meterKeyId,
  );
  for (const span of record.spans) {
    await access.run(
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
