import { ocpiTime } from "./ocpi-time.ts";
import { effectiveRestrictions } from "./restrictions.ts";
import type { OcpiRestrictions, OcpiTariff } from "./tariff-schema.ts";

/** Restrictions by date, weekday and time of day: one tariff after another can say what they say. */
export const momentRestrictions: ReadonlySet<string> = new Set([
  ...["start_time", "end_time", "start_date", "end_date", "day_of_week"],
]);

const weekdays = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"];
const dayMs = 86_400_000;
/** More times than this are no plan that anybody wrote. */
const mostMoments = 5_000;

interface Moment {
  /** Days since 1970, local. */
  readonly day: number;
  readonly weekday: string;
  /** `HH:MM`, local. */
  readonly time: string;
}

/**
 * Which elements can apply at one time or another, by their indices: one list for each combination that occurs from now on.
 * Only date, weekday and time of day are looked at.
 * @returns `null` if there are too many times to look at
 */
export function elementsByMoment(tariff: OcpiTariff, nowSeconds: number): readonly (readonly number[])[] | null {
  const restricted = tariff.elements.map(({ restrictions = {} }) => {
    const names = effectiveRestrictions(restrictions, nowSeconds).filter((name) => momentRestrictions.has(name));
    return names.length === 0 ? {} : restrictions;
  });
  const days = daysOf(restricted, nowSeconds);
  const times = [...new Set(["00:00", ...restricted.flatMap((each) => [each.start_time, each.end_time])])];
  if (days.length * times.length > mostMoments) return null;
  const found = new Map<string, readonly number[]>();
  for (const day of days) {
    const weekday = weekdays[new Date(day * dayMs).getUTCDay()] ?? "";
    for (const time of times.filter((each) => each !== undefined)) {
      const indices = restricted.flatMap((each, index) => (isActive(each, { day, weekday, time }) ? [index] : []));
      found.set(indices.join(), indices);
    }
  }
  return [...found.values()];
}

/** A week from today, and from each date on which an element begins or ends. */
function daysOf(all: readonly OcpiRestrictions[], nowSeconds: number): readonly number[] {
  // Somewhere it is still the day before.
  const today = Math.floor((nowSeconds * 1_000) / dayMs) - 1;
  const edges = all.flatMap(({ start_date: start, end_date: end }) => [dayOf(start), dayOf(end)]);
  const begins = [today, ...edges.filter((edge) => edge !== null && edge > today)].map((edge) => edge ?? today);
  return [...new Set(begins.flatMap((begin) => weekdays.map((_name, offset) => begin + offset)))];
}

function dayOf(date: string | undefined): number | null {
  const seconds = date === undefined ? null : ocpiTime(`${date}T00:00:00Z`);
  return seconds === null ? null : (seconds * 1_000) / dayMs;
}

function isActive(restrictions: OcpiRestrictions, { day, weekday, time }: Moment): boolean {
  const {
    start_time: start,
    end_time: end,
    start_date: from,
    end_date: until,
    day_of_week: weekdaysGiven,
  } = restrictions;
  const [firstDay, lastDay] = [dayOf(from), dayOf(until)];
  if (firstDay !== null && day < firstDay) return false;
  if (lastDay !== null && day >= lastDay) return false;
  if (weekdaysGiven !== undefined && weekdaysGiven.length > 0 && !weekdaysGiven.includes(weekday)) return false;
  const begin = start ?? "00:00";
  const finish = end ?? "00:00";
  // From the evening to the next morning, or to midnight.
  return begin < finish ? time >= begin && time < finish : begin === finish || time >= begin || time < finish;
}

/** Values of these restrictions that are no date, time or weekday, by their names. */
export function unreadableMoments(restrictions: OcpiRestrictions): readonly string[] {
  const { start_time: start, end_time: end, start_date: from, end_date: until, day_of_week: given = [] } = restrictions;
  const isTime = (text: string | undefined): boolean =>
    text === undefined || /^([01][0-9]|2[0-3]):[0-5][0-9]$/u.test(text);
  const isDate = (text: string | undefined): boolean => text === undefined || dayOf(text) !== null;
  const checks: readonly (readonly [name: string, isReadable: boolean])[] = [
    ["start_time", isTime(start)],
    ["end_time", isTime(end)],
    ["start_date", isDate(from)],
    ["end_date", isDate(until)],
    ["day_of_week", given.every((day) => weekdays.includes(day))],
  ];
  return checks.filter(([, isReadable]) => !isReadable).map(([name]) => name);
}
