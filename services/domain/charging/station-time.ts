import type { MessageFaultCode, StationTime } from "./message.ts";

// ISO 8601 as RFC 3339 narrows it, with any number of decimals; stations write blanks and small letters too.
const timeGrammar =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,12}))?(?:([Zz])|([+-])(\d{2}):?(\d{2}))?$/;

const minuteMs = 60_000;
/** No meter that reports through OCPP 1.6 or later measured before (docs/ocpp-energy.md, rule 12). */
const earliestEvidenceMs = Date.UTC(2020, 0, 1);
/** A clock may run ahead by so much; what is further ahead cannot be (docs/ocpp-energy.md, rule 12). */
const acceptedSkewMs = 10 * minuteMs;
/** More than this is worth telling the operator (docs/ocpp-energy.md, rule 12). */
const notableSkewMs = 5 * minuteMs;
/** Every offset from UTC that is in use is a multiple of a quarter of an hour, from 12 hours behind to 14 ahead. */
const offsetStepMs = 15 * minuteMs;
const leastOffsetMs = -12 * 60 * minuteMs;
const greatestOffsetMs = 14 * 60 * minuteMs;

type TimeFaultCode = Extract<MessageFaultCode, `TIME_${string}`>;

/** Reads a time with offset and fraction of any length; finer than milliseconds is cut off. */
export function parseStationTime(text: string): StationTime | TimeFaultCode {
  const time = parseTimeText(text);
  return typeof time !== "string" && time.isWithoutZone === true ? "TIME_WITHOUT_ZONE" : time;
}

/** A time as its text says; one without zone is read as if it were UTC, and says so. */
export function parseTimeText(text: string): StationTime | TimeFaultCode {
  const match = timeGrammar.exec(text);
  if (match === null) return "TIME_INVALID";
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  const hour = Number(match[4]);
  const minute = Number(match[5]);
  const second = Number(match[6]);
  const fraction = match[7] ?? "";
  const offsetHours = Number(match[10] ?? "0");
  const offsetMinutes = Number(match[11] ?? "0");
  const isRealTime =
    month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) && hour < 24 && minute < 60 && second < 60;
  if (year === 0 || !isRealTime || offsetHours > 14 || offsetMinutes > 59) return "TIME_INVALID";
  const milliseconds = Number(fraction.padEnd(3, "0").slice(0, 3));
  const offset = (offsetHours * 60 + offsetMinutes) * minuteMs * (match[9] === "-" ? -1 : 1);
  const time = {
    text,
    // Date.UTC takes the years 0 to 99 for 1900 to 1999; they are refused as evidence either way.
    epochMs: Date.UTC(year, month - 1, day, hour, minute, second, milliseconds) - offset,
    resolutionMs: fraction.length >= 3 ? 1 : 10 ** (3 - fraction.length),
  };
  return match[8] === undefined && match[9] === undefined ? { ...time, isWithoutZone: true } : time;
}

/**
 * The offset from UTC at which a time without zone comes nearest to its receipt; `null` where no offset in use leads
 * there. A message that waited for an hour seems to be of a zone an hour behind. That moves all of it alike, and what
 * does not fit to the other messages then contradicts them.
 */
export function offsetByReceiptMs(localEpochMs: number, receivedAtMs: number): number | null {
  const offsetMs = Math.round((localEpochMs - receivedAtMs) / offsetStepMs) * offsetStepMs;
  return offsetMs >= leastOffsetMs && offsetMs <= greatestOffsetMs ? offsetMs : null;
}

/**
 * By how much a time is ahead of its receipt, if by more than ten minutes, else 0. No message comes from the future, so
 * such a clock is wrong: mostly it shows local time and calls it UTC.
 */
export function aheadOfReceiptMs(epochMs: number, receivedAtMs: number): number {
  const aheadMs = epochMs - receivedAtMs;
  return aheadMs > acceptedSkewMs ? aheadMs : 0;
}

/** The time, moved by the time of receipt, with what the station reported beside it. */
export function correctTime(time: StationTime, epochMs: number): StationTime {
  return { ...time, epochMs, reportedEpochMs: reportedMs(time) };
}

/** What the station's text says, corrected or not: the same in every repeat of a message. */
export function reportedMs({ epochMs, reportedEpochMs }: StationTime): number {
  return reportedEpochMs ?? epochMs;
}

/** Whether a reading may carry this time: neither before 2020 nor more than ten minutes after it arrived. */
export function isEvidenceTime(time: StationTime, receivedAtMs: number): boolean {
  return time.epochMs >= earliestEvidenceMs && time.epochMs <= receivedAtMs + acceptedSkewMs;
}

/**
 * How far the station's clock is ahead of ours, as far as what its messages report tells: by the message that took least time.
 * A message can be late and cannot be early, so a positive answer is a fault of the clock, and a negative one is a slow
 * clock or a replay of what was queued.
 * @returns `null` if no message carries a time.
 */
export function estimateClockSkewMs(
  messages: readonly { readonly time: StationTime | null; readonly receivedAtMs: number }[],
): number | null {
  // A time without zone tells the zone, and nothing about the clock.
  const skews = messages.flatMap(({ time, receivedAtMs }) =>
    time === null || time.isWithoutZone === true ? [] : [reportedMs(time) - receivedAtMs],
  );
  return skews.length === 0 ? null : skews.reduce((greatest, skew) => Math.max(greatest, skew));
}

/** What the operator is told about a station's clock. */
export function judgeClockSkew(skewMs: number | null): "CLOCK_AHEAD" | "CLOCK_BEHIND_OR_REPLAYED" | null {
  if (skewMs === null || Math.abs(skewMs) <= notableSkewMs) return null;
  return skewMs > 0 ? "CLOCK_AHEAD" : "CLOCK_BEHIND_OR_REPLAYED";
}

function daysIn(year: number, month: number): number {
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month === 2) return isLeapYear ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
