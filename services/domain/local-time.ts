/** The days of the week, as OCPI spells them, from Sunday on. */
export const weekdays = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"] as const;
export type Weekday = (typeof weekdays)[number];

/** What calendars and clocks of a place show. */
export interface LocalMoment {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly weekday: Weekday;
  /** `HH:MM`. */
  readonly time: string;
}

/** The calendar and the clock of one time zone. */
export interface LocalClock {
  readonly zone: string;
  momentAt(atSeconds: number): LocalMoment;
  /** Seconds by which the place is ahead of UTC. */
  offsetAt(atSeconds: number): number;
}

const daySeconds = 86_400;
/** 400 years, after which the Gregorian calendar repeats itself. */
const daysPerEra = 146_097;
/** From the first of March of the year 0 to 1970. */
const daysBeforeEpoch = 719_468;
const partsOfZones = new Map<string, Intl.DateTimeFormat>();

/** @returns `null` if the zone is none of the IANA's database */
export function clockOf(zone: string): LocalClock | null {
  const format = formatOf(zone);
  if (format === null) return null;

  /** The seconds since 1970 that a clock in UTC would show when this place's clock shows what it does. */
  function wallSecondsAt(atSeconds: number): number {
    const parts = new Map(format?.formatToParts(atSeconds * 1_000).map(({ type, value }) => [type, Number(value)]));
    const of = (name: string): number => parts.get(name as Intl.DateTimeFormatPartTypes) ?? 0;
    return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second")) / 1_000;
  }
  return {
    zone,
    momentAt: (atSeconds) => momentOfWall(wallSecondsAt(atSeconds)),
    offsetAt: (atSeconds) => wallSecondsAt(atSeconds) - Math.floor(atSeconds),
  };
}

/** Seconds since 1970 at the beginning of a date in UTC; `null` if there is no such date. */
export function dateSeconds(date: string): number | null {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/u.test(date)) return null;
  const milliseconds = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(milliseconds)) return null;
  // February has no 30th day, and Date.parse makes it the 2nd of March.
  return dateText(milliseconds / 1_000) === date ? milliseconds / 1_000 : null;
}

/** The date of UTC. */
export function dateText(atSeconds: number): string {
  return momentOfWall(atSeconds).date;
}

/** What calendar and clock show, by the seconds since 1970 that a clock in UTC showing the same would count. */
export function momentOfWall(wallSeconds: number): LocalMoment {
  const day = Math.floor(wallSeconds / daySeconds);
  const { year, month, date } = civilDateOf(day);
  const minutes = Math.floor((wallSeconds - day * daySeconds) / 60);
  // 1970 began on a Thursday.
  const weekday = weekdays[(((day + 4) % 7) + 7) % 7] ?? "SUNDAY";
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0"));
  const digits = [year, month, date].map((part, index) => String(part).padStart(index === 0 ? 4 : 2, "0"));
  return { date: digits.join("-"), weekday, time: `${hour}:${minute}` };
}

/** The date of a day since 1970 in the Gregorian calendar, by years that begin in March: leap days are their last. */
function civilDateOf(day: number): { readonly year: number; readonly month: number; readonly date: number } {
  const sinceEra = day + daysBeforeEpoch;
  const era = Math.floor(sinceEra / daysPerEra);
  const dayOfEra = sinceEra - era * daysPerEra;
  const leapDays = Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const date = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return { year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, date };
}

function formatOf(zone: string): Intl.DateTimeFormat | null {
  const known = partsOfZones.get(zone);
  if (known !== undefined) return known;
  // An offset such as +02:00 is no zone: it has no days of clock change.
  if (!/^[A-Za-z]/u.test(zone)) return null;
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      ...{ timeZone: zone, calendar: "gregory", numberingSystem: "latn", hourCycle: "h23" },
      ...{ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" },
    });
    partsOfZones.set(zone, format);
    return format;
  } catch {
    return null;
  }
}
