import {
  isTransactionMessage,
  type MessageFault,
  type StationMessage,
  type StationTime,
} from "../../domain/charging/message.ts";
import { aheadOfReceiptMs, correctTime, offsetByReceiptMs } from "../../domain/charging/station-time.ts";

/**
 * Corrects times that cannot be true by the time of receipt (docs/ocpp-energy.md, rule 12): those that are ahead of it, and those
 * without zone. All times of a message move alike, so that what lies between them stays. What the station reported is
 * kept beside each corrected time.
 */
export function correctTimes(message: StationMessage): StationMessage {
  if (!hasSuspect(message)) return message;
  const correct = corrector(timesOf(message), message);
  const time = message.time === null ? null : correct(message.time);
  if (!isTransactionMessage(message)) return { ...message, time };
  const unreadable: MessageFault[] = message.faults.filter(({ code }) => code === "TIME_WITHOUT_ZONE");
  const readings = message.readings.map((reading) => {
    if (reading.time === null) return reading;
    const corrected = correct(reading.time);
    if (corrected !== null) return corrected === reading.time ? reading : { ...reading, time: corrected };
    return { ...reading, time: null, faults: [...reading.faults, ...unreadable.slice(0, 1)] };
  });
  const signed = message.signed.map((container) =>
    container.time === null ? container : { ...container, time: correct(container.time) },
  );
  return { ...message, time, readings, signed };
}

/** The message's own time first, as far as it carries one, and then those of its values as they stand in it. */
function timesOf(message: StationMessage): readonly StationTime[] {
  const own = message.time === null ? [] : [message.time];
  if (!isTransactionMessage(message)) return own;
  return [...own, ...[...message.readings, ...message.signed].flatMap(({ time }) => (time === null ? [] : [time]))];
}

/** Looks without making lists: this runs for every message, and nearly every time is right. */
function hasSuspect(message: StationMessage): boolean {
  const { receivedAtMs } = message;
  if (isSuspect(message.time, receivedAtMs)) return true;
  if (!isTransactionMessage(message)) return false;
  const isPartSuspect = ({ time }: { readonly time: StationTime | null }): boolean => isSuspect(time, receivedAtMs);
  return message.readings.some(isPartSuspect) || message.signed.some(isPartSuspect);
}

function isSuspect(time: StationTime | null, receivedAtMs: number): boolean {
  return time !== null && (time.isWithoutZone === true || aheadOfReceiptMs(time.epochMs, receivedAtMs) > 0);
}

/** @returns A function that gives `null` for a time without zone that no zone can explain. */
function corrector(
  times: readonly StationTime[],
  { receivedAtMs, time: own }: StationMessage,
): (time: StationTime) => StationTime | null {
  const zoned = times.filter(({ isWithoutZone }) => isWithoutZone !== true);
  const unzoned = times.filter(({ isWithoutZone }) => isWithoutZone === true);
  // The message was made when its newest value was, or at the time that it carries itself.
  const newestUnzonedMs = unzoned.reduce((newest, { epochMs }) => Math.max(newest, epochMs), -Infinity);
  const offsetMs = unzoned.length === 0 ? null : offsetByReceiptMs(newestUnzonedMs, receivedAtMs);
  const reference = own !== null && own.isWithoutZone !== true ? own : (zoned.at(-1) ?? null);
  const aheadMs = reference === null ? 0 : aheadOfReceiptMs(reference.epochMs, receivedAtMs);
  return (time) => {
    const shiftMs = time.isWithoutZone === true ? offsetMs : aheadMs;
    if (shiftMs === null) return null;
    const movedMs = time.epochMs - shiftMs;
    // A clock that was put right between two values leaves one of them ahead.
    const epochMs = aheadOfReceiptMs(movedMs, receivedAtMs) > 0 ? receivedAtMs : movedMs;
    if (epochMs === time.epochMs && time.isWithoutZone !== true) return time;
    return correctTime(time, epochMs);
  };
}
