import { z } from "zod";

import type { BootReport, OcppTransaction, StoredConnectorStatus, StoredFrame, UnknownStation } from "../ocpp.ts";
import { ocppProtocols } from "../ocpp.ts";
import { reader } from "./rows.ts";

export const frameColumns = `ordinal, station_id, protocol, direction, received_at_ms, text, action, message_id, answer,
  ocpp_transaction_id, faults, station_ordinal`;
export const transactionColumns = `ordinal, station_id, protocol, ocpp_transaction_id, natural_key, evse, connector,
  id_token, id_token_status, started_at_text, started_frame, ended_frame`;

function jsonOf<Value>(schema: z.ZodType<Value>): z.ZodType<Value, string> {
  return z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(schema);
}

const frameRow = z
  .object({
    ordinal: z.number(),
    station_id: z.string(),
    protocol: z.enum(ocppProtocols),
    direction: z.enum(["in", "out"]),
    received_at_ms: z.number(),
    text: z.string(),
    action: z.string().nullable(),
    message_id: z.string().nullable(),
    answer: z.string().nullable(),
    ocpp_transaction_id: z.string().nullable(),
    faults: jsonOf(z.array(z.string())).nullable(),
    station_ordinal: z.number(),
  })
  .transform((row): StoredFrame => ({
    ordinal: row.ordinal,
    frameId: String(row.ordinal),
    stationOrdinal: row.station_ordinal,
    stationId: row.station_id,
    protocol: row.protocol,
    direction: row.direction,
    receivedAtMs: row.received_at_ms,
    text: row.text,
    action: row.action,
    messageId: row.message_id,
    answer: row.answer,
    ocppTransactionId: row.ocpp_transaction_id,
    faults: row.faults,
  }));

const transactionRow = z
  .object({
    ordinal: z.number(),
    station_id: z.string(),
    protocol: z.enum(ocppProtocols),
    ocpp_transaction_id: z.string(),
    natural_key: z.string(),
    evse: z.number().nullable(),
    connector: z.number().nullable(),
    id_token: z.string().nullable(),
    id_token_status: z.string().nullable(),
    started_at_text: z.string().nullable(),
    started_frame: z.number(),
    ended_frame: z.number().nullable(),
  })
  .transform((row): OcppTransaction => ({
    ordinal: row.ordinal,
    stationId: row.station_id,
    protocol: row.protocol,
    ocppTransactionId: row.ocpp_transaction_id,
    naturalKey: row.natural_key,
    evse: row.evse,
    connector: row.connector,
    idToken: row.id_token,
    idTokenStatus: row.id_token_status,
    startedAtText: row.started_at_text,
    startedFrame: row.started_frame,
    endedFrame: row.ended_frame,
  }));

const connectorRow = z
  .object({
    evse: z.number(),
    connector: z.number(),
    status: z.string(),
    error_code: z.string().nullable(),
    timestamp_text: z.string().nullable(),
    received_at_ms: z.number(),
  })
  .transform((row): StoredConnectorStatus => ({
    evse: row.evse,
    connector: row.connector,
    status: row.status,
    errorCode: row.error_code,
    timestampText: row.timestamp_text,
    receivedAtMs: row.received_at_ms,
  }));

const unknownStationRow = z
  .object({
    station_id: z.string(),
    address: z.string(),
    protocols: z.string(),
    first_seen_at_ms: z.number(),
    last_seen_at_ms: z.number(),
    attempts: z.number(),
  })
  .transform((row): UnknownStation => ({
    stationId: row.station_id,
    address: row.address,
    protocols: row.protocols,
    firstSeenAtMs: row.first_seen_at_ms,
    lastSeenAtMs: row.last_seen_at_ms,
    attempts: row.attempts,
  }));

/** What `ocpp_stations.boot` holds. */
export const bootColumn: z.ZodType<BootReport, string> = jsonOf(
  z.strictObject({
    vendor: z.string(),
    model: z.string(),
    serialNumber: z.string().nullable(),
    firmwareVersion: z.string().nullable(),
    reason: z.string().nullable(),
  }),
);

export const readFrameRow = reader("frame", frameRow);
export const readOcppTransactionRow = reader("OCPP transaction", transactionRow);
export const readConnectorRow = reader("connector", connectorRow);
export const readUnknownStationRow = reader("unknown station", unknownStationRow);
