import { formatDecimal } from "../decimal.ts";
import { normalizeIdTag } from "../id-tag.ts";
import { reportedMs } from "./station-time.ts";
import type { SampledReading, TransactionEnded, TransactionMessage, TransactionStarted } from "./message.ts";

/** What of a start tells it from others. */
export type NamedStart = Pick<
  TransactionStarted,
  "stationId" | "protocol" | "ocppTransactionId" | "idToken" | "plug" | "time" | "readings" | "payloadDigest"
>;

/**
 * The one name of a start, at the door and in the rules. Message ids are none: stations number every retry anew and give
 * one number to several messages. 1.6: connector, idTag, time and register. 2.x: the station's transaction id and the
 * time, because some stations begin their ids anew after their memory was cleared. What cannot be told apart by these is
 * told apart by all that was sent.
 */
export function startKeyOf(started: NamedStart): string {
  const { stationId, idToken, plug, time } = started;
  // What it reports, because a correction depends on when the message came, and a repeat comes later.
  const at = time === null ? started.payloadDigest() : reportedMs(time);
  if (started.protocol !== "ocpp1.6") return keyOf("start", stationId, started.ocppTransactionId, at);
  const meterStart = started.readings.find(({ source }) => source === "meter-start")?.valueText ?? "";
  if (plug.connectorId === null || idToken === null || meterStart === "") {
    return keyOf("start", stationId, started.payloadDigest());
  }
  return keyOf("start", stationId, plug.connectorId, normalizeIdTag(idToken), at, meterStart);
}

/**
 * What a stop says about the energy. Two stops of a transaction with the same key are one, whatever else differs; the
 * first to arrive settles, and one with another key is a contradiction.
 */
export function stopKeyOf(ended: TransactionEnded): string {
  const readings = ended.readings.map(readingKeyOf).sort();
  const records = ended.signed.map(({ record }) => (record === null ? null : Array.from(record).join(","))).sort();
  return keyOf("stop", ended.time === null ? null : reportedMs(ended.time), ...readings, "signed", ...records);
}

/** The one name of a message within its station: two with the same name say the same, and one of them is enough. */
export function messageKeyOf(message: TransactionMessage): string {
  const { stationId, ocppTransactionId } = message;
  if (message.protocol === "ocpp1.6" && message.kind === "transaction-started") return startKeyOf(message);
  if (message.protocol === "ocpp1.6" && message.kind === "transaction-ended") {
    return keyOf("stop", stationId, ocppTransactionId, stopKeyOf(message));
  }
  // Some stations number every event 0, so that the number alone would lose all but the first.
  return keyOf(message.kind, stationId, ocppTransactionId, message.sequenceNumber, message.payloadDigest());
}

/** The one name of a reading within its transaction: stations send one reading in several messages. */
export function readingKeyOf(reading: SampledReading): string {
  const { measurand, phase, location, context, time, value, valueText } = reading;
  const amount = value === null ? valueText : formatDecimal(value);
  return keyOf(measurand, phase, location, context, time === null ? null : reportedMs(time), amount);
}

function keyOf(...parts: readonly (string | number | null)[]): string {
  // JSON keeps the parts apart whatever characters they contain.
  return JSON.stringify(parts);
}
