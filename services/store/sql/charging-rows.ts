import { z } from "zod";

import { findingCatalogue, type FindingCode } from "../../domain/charging/findings.ts";
import type { WatchedEnergy } from "../../domain/charging/watched-energy.ts";
import type { Decimal } from "../../domain/decimal.ts";
import type { ChargingTransaction, SessionStart } from "../charging.ts";
import { ocppProtocols } from "../ocpp.ts";
import { encode } from "./codec.ts";
import { reader } from "./rows.ts";

const bigInteger = z
  .string()
  .regex(/^-?[0-9]+$/)
  .transform(BigInt);
const decimal = z.strictObject({ unscaled: bigInteger, scale: z.number() });

const watchedPoint = { registerWh: decimal, quantumWh: decimal, atMs: z.number() };
const watched = z.strictObject({
  ...watchedPoint,
  energyWh: decimal,
  beganAtMs: z.number(),
  suspect: z.strictObject(watchedPoint).optional(),
});
const stopOrder = z.strictObject({ nextAtMs: z.number(), attempts: z.number(), isAccepted: z.boolean() });

const finding = z.custom<FindingCode>((code) => typeof code === "string" && Object.hasOwn(findingCatalogue, code));
const findings = z.array(finding);
const point = z.strictObject({
  registerWh: z.string(),
  epochMs: z.number(),
  source: z.enum(["meter-start", "meter-stop", "sampled-value", "sum", "signed"]),
  context: z.string().nullable(),
  frameId: z.string().nullable(),
});
const assessment = z.strictObject({
  grade: z.enum(["meter-signed-bound", "meter-signed", "plausible-unsigned", "disputed"]),
  reasons: findings,
  flags: findings,
  energyMicroWh: bigInteger,
  energyWh: z.string(),
  claimedEnergyWh: z.string().nullable(),
  chargingSeconds: z.number(),
  begin: point.nullable(),
  end: point.nullable(),
  segments: z.array(z.strictObject({ begin: point, end: point, energyWh: z.string() })),
  completeness: z.enum(["complete", "incomplete", "unknown"]),
  missingSequenceNumbers: z.array(z.number()),
  isEnded: z.boolean(),
});

function jsonOf<Value>(schema: z.ZodType<Value>): z.ZodType<Value, string> {
  return z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(schema);
}

/** The column of what was measured so far. */
export const watchedText = jsonOf(watched);

export const chargingColumns = `ordinal, station_id, protocol, ocpp_transaction_id, evse, connector, id_token, session_id,
  started_at_ms, ended_at_ms, last_message_at_ms, end_sign_at_ms, asked_at_ms, is_open, watched, stop_order, assessment,
  assessed_frame, remote_start_id, wait_until_ms, assess_due_at_ms, assessed_at_ms, late_frames, revision`;

export const readChargingRow = reader(
  "transaction",
  z
    .object({
      ordinal: z.number(),
      station_id: z.string(),
      protocol: z.enum(ocppProtocols),
      ocpp_transaction_id: z.string(),
      evse: z.number().nullable(),
      connector: z.number().nullable(),
      id_token: z.string().nullable(),
      session_id: z.string().nullable(),
      started_at_ms: z.number().nullable(),
      ended_at_ms: z.number().nullable(),
      last_message_at_ms: z.number(),
      end_sign_at_ms: z.number().nullable(),
      asked_at_ms: z.number().nullable(),
      is_open: z.number(),
      watched: watchedText.nullable(),
      stop_order: jsonOf(stopOrder).nullable(),
      assessment: jsonOf(assessment).nullable(),
      assessed_frame: z.number().nullable(),
      remote_start_id: z.number().nullable(),
      wait_until_ms: z.number().nullable(),
      assess_due_at_ms: z.number().nullable(),
      assessed_at_ms: z.number().nullable(),
      late_frames: z.number(),
      revision: z.number(),
    })
    .transform((row): ChargingTransaction => ({
      ordinal: row.ordinal,
      stationId: row.station_id,
      protocol: row.protocol,
      ocppTransactionId: row.ocpp_transaction_id,
      evse: row.evse,
      connector: row.connector,
      idToken: row.id_token,
      sessionId: row.session_id,
      startedAtMs: row.started_at_ms,
      endedAtMs: row.ended_at_ms,
      lastMessageAtMs: row.last_message_at_ms,
      endSignAtMs: row.end_sign_at_ms,
      askedAtMs: row.asked_at_ms,
      isOpen: row.is_open === 1,
      watched: row.watched,
      stopOrder: row.stop_order,
      assessment: row.assessment,
      assessedFrame: row.assessed_frame,
      remoteStartId: row.remote_start_id,
      waitUntilMs: row.wait_until_ms,
      assessDueAtMs: row.assess_due_at_ms,
      assessedAtMs: row.assessed_at_ms,
      lateFrames: row.late_frames,
      revision: row.revision,
    })),
);

export const startColumns = `since_ms, next_at_ms, asked_at_ms, attempts, may_have_begun, inquired_at_ms`;

export const readStartRow = reader(
  "start",
  z
    .object({
      session_id: z.string(),
      since_ms: z.number(),
      next_at_ms: z.number(),
      asked_at_ms: z.number().nullable(),
      attempts: z.number(),
      may_have_begun: z.number(),
      inquired_at_ms: z.number().nullable(),
    })
    .transform((row): SessionStart => ({
      sessionId: row.session_id,
      sinceMs: row.since_ms,
      nextAtMs: row.next_at_ms,
      askedAtMs: row.asked_at_ms,
      attempts: row.attempts,
      mayHaveBegun: row.may_have_begun === 1,
      inquiredAtMs: row.inquired_at_ms,
    })),
);

/** Like `encodeOptional`, for the one column that is written with every reading. */
export function encodeWatched(energy: WatchedEnergy | null): string | null {
  if (energy === null) return null;
  const { energyWh, registerWh, quantumWh, beganAtMs, atMs, suspect } = energy;
  const text = ({ unscaled, scale }: Decimal) => ({ unscaled: unscaled.toString(), scale });
  const texts = { energyWh: text(energyWh), registerWh: text(registerWh), quantumWh: text(quantumWh) };
  const suspectTexts = suspect && {
    suspect: { ...suspect, registerWh: text(suspect.registerWh), quantumWh: text(suspect.quantumWh) },
  };
  return JSON.stringify({ ...texts, beganAtMs, atMs, ...suspectTexts });
}

/** The text of an optional JSON column. */
export function encodeOptional(value: object | null): string | null {
  return value === null ? null : encode(value);
}
