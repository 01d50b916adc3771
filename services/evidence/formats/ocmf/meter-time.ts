import { quote, refuse } from "./refusal.ts";
import type { MeterTime, Synchronisation } from "./types.ts";

const timeGrammar = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2}),(\d{3})([+-])(\d{2}):?(\d{2}) ([UISR])$/;

/**
 * Reads `TM` exactly as the format prescribes it, with one freedom that the field takes: a colon in the offset. A time
 * without synchronisation state, with other fractions or of a day that does not exist is refused.
 */
export function parseMeterTime(text: string, hasTimeError: boolean): MeterTime {
  const match = timeGrammar.exec(text);
  if (match === null) return refuse("OCMF_TIME_INVALID", `TM is ${quote(text)}`);
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  const hour = Number(match[4]);
  const minute = Number(match[5]);
  const second = Number(match[6]);
  const offsetMinutes = 60 * Number(match[9]) + Number(match[10]);
  const isRealTime = hour < 24 && minute < 60 && second < 60 && Number(match[10]) < 60 && offsetMinutes <= 14 * 60;
  const utc = new Date(0);
  const midnightMs = utc.setUTCFullYear(year, month - 1, day);
  const isRealDay = utc.getUTCDate() === day && utc.getUTCMonth() === month - 1;
  if (!isRealDay || !isRealTime) return refuse("OCMF_TIME_INVALID", `TM is ${quote(text)}`);
  const timeOfDayMs = ((hour * 60 + minute) * 60 + second) * 1_000 + Number(match[7]);
  const sign = match[8] === "-" ? -1 : 1;
  return {
    text,
    epochMs: midnightMs + timeOfDayMs - sign * offsetMinutes * 60_000,
    synchronisation: readSynchronisation(match[11]),
    hasTimeError,
  };
}

/** Whether `later` is before `earlier`, as far as the meter lets its own times be used. */
export function isTimeReversed(earlier: MeterTime, later: MeterTime): boolean {
  return !earlier.hasTimeError && !later.hasTimeError && later.epochMs < earlier.epochMs;
}

function readSynchronisation(letter: string | undefined): Synchronisation {
  return letter === "I" || letter === "S" || letter === "R" ? letter : "U";
}
