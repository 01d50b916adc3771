import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import type { EvidenceRecord } from "../evidence.ts";
import type { MessageVerdict, RecordSource, StoredMessage } from "../messages.ts";
import type { StoredSession } from "../sessions.ts";
import type { Batch } from "../settlement.ts";
import { decodeState, decodeTerms } from "./codec.ts";

const bytes = z.instanceof(Uint8Array);
const bigText = z.string().transform(BigInt);

const messageRow = z
  .object({
    message_id: z.string(),
    source: z.enum(["http", "ocpp", "peer"]),
    station_id: z.string(),
    body: bytes,
    media_type: z.string(),
    ocpp_transaction_id: z.string().nullable(),
    record: bytes.nullable(),
    session_reference: z.string().nullable(),
    received_at_ms: z.number(),
    outcome: z.enum(["accepted", "refused", "unsupported"]).nullable(),
    code: z.string().nullable(),
    detail: z.string().nullable(),
    record_identity: z.string().nullable(),
  })
  .transform((row): StoredMessage => {
    const verdict: MessageVerdict | null =
      row.outcome === null
        ? null
        : { outcome: row.outcome, code: row.code, detail: row.detail, recordIdentity: row.record_identity };
    return {
      messageId: row.message_id,
      source: sourceOf(row),
      record: row.record ?? row.body,
      sessionReference: row.session_reference,
      receivedAtMs: row.received_at_ms,
      verdict,
    };
  });

function sourceOf(row: {
  readonly source: RecordSource["kind"];
  readonly station_id: string;
  readonly body: Uint8Array;
  readonly media_type: string;
  readonly ocpp_transaction_id: string | null;
}): RecordSource {
  const { source: kind, station_id: sender } = row;
  if (kind === "peer") return { kind, oracle: sender };
  if (kind === "ocpp") return { kind, stationId: sender, ocppTransactionId: row.ocpp_transaction_id ?? "" };
  return { kind, stationId: sender, body: row.body, mediaType: row.media_type };
}

const sessionRow = z
  .object({ session_id: z.string(), id_tag: z.string(), terms: z.string(), state: z.string(), sequence: z.number() })
  .transform((row): StoredSession => ({
    sessionId: row.session_id,
    idTag: row.id_tag,
    terms: decodeTerms(row.terms),
    state: decodeState(row.state),
    sequence: row.sequence,
  }));

const recordRow = z
  .object({
    record_identity: z.string(),
    session_id: z.string(),
    message_id: z.string(),
    record: bytes,
    payload_sha256: z.string(),
    meter_key_id: z.string(),
    pagination_context: z.enum(["T", "F", "H"]),
    pagination_text: bigText,
    is_bound: z.number(),
    is_settleable_by_meter: z.number().nullable(),
    energy_wh: z.string().nullable(),
    reading: z.string().nullable(),
    is_boundary: z.number(),
  })
  .transform((row): Omit<EvidenceRecord, "spans"> => ({
    recordIdentity: row.record_identity,
    sessionId: row.session_id,
    messageId: row.message_id,
    record: row.record,
    payloadSha256: row.payload_sha256,
    meterKeyId: row.meter_key_id,
    paginationContext: row.pagination_context,
    paginationNumber: row.pagination_text,
    isBoundToSession: row.is_bound === 1,
    isSettleableByMeter: row.is_settleable_by_meter === null ? null : row.is_settleable_by_meter === 1,
    energyWh: row.energy_wh,
    reading: row.reading,
    isBoundary: row.is_boundary === 1,
  }));

const batchRow = z
  .object({
    batch_id: z.string(),
    status: z.enum(["formed", "sent", "confirmed", "failed"]),
    kind: z.enum(["oracles", "meter", "dispute"]),
    created_at_ms: z.number(),
  })
  .transform((row): Omit<Batch, "sessionIds"> => ({
    batchId: row.batch_id,
    status: row.status,
    kind: row.kind,
    createdAtMs: row.created_at_ms,
  }));

export const readMessageRow = reader("message", messageRow);
export const readSessionRow = reader("session", sessionRow);
export const readRecordRow = reader("record", recordRow);
export const readBatchRow = reader("batch", batchRow);

/** Reads rows of one kind; what cannot be read is STORE_CORRUPT. */
export function reader<Value>(what: string, schema: z.ZodType<Value>): (row: unknown) => Value {
  return (row) => {
    const parsed = schema.safeParse(row);
    if (!parsed.success) {
      throw new WattproofError("STORE_CORRUPT", `A stored ${what} cannot be read.`, { cause: parsed.error });
    }
    return parsed.data;
  };
}
