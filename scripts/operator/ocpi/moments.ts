import { momentOfWall, weekdays, type LocalMoment, type Weekday } from "../../../services/domain/local-time.ts";
import { ocpiTime } from "../../../services/domain/ocpi/ocpi-time.ts";
import { effectiveRestrictions } from "./restrictions.ts";
import type { OcpiRestrictions, OcpiTariff } from "./tariff-schema.ts";

/** Restrictions by date, weekday and time of day: one tariff after another can say what they say. */
export const momentRestrictions: ReadonlySet<string> = new Set([
  ...["start_time", "end_time", "start_date", "end_date", "day_of_week"],
]);

const daySeconds = 86_400;
/** More times than this are no plan that anybody wrote. */
const mostMoments = 5_000;

/**
 * Which elements can apply at one time or another, by their indices: one list for each combination that occurs from now on.
 * Only date, weekday and time of day are looked at.
 * @returns `null` if there are too many times to look at
 */
export function elementsByMoment(tariff: OcpiTariff, nowSeconds: number): readonly (readonly number[])[] | null {
  const restricted = momentsOfElements(tariff, nowSeconds);
  const days = daysOf(restricted, nowSeconds);
  const times = timesOf(restricted);
  if (days.length * times.length > mostMoments) return null;
  const found = new Map<string, readonly number[]>();
  for (const day of days) {
    for (const time of times) {
      const indices = activeAt(restricted, { ...momentOfWall(day * daySeconds), time });
      found.set(indices.join(), indices);
    }
  }
  return [...found.values()];
}

/** Which elements can apply at one moment, by their indices. */
export function elementsAt(tariff: OcpiTariff, moment: LocalMoment, nowSeconds: number): readonly number[] {
  return activeAt(momentsOfElements(tariff, nowSeconds), moment);
}

/** A part of the calendar in which the same elements can apply. */
export interface CalendarPart {
  /** Of the elements. */
  readonly indices: readonly number[];
  readonly fromTime: string;
  /** `00:00`: the end of the day. */
  readonly toTime: string;
  /** Empty: every day. */
  readonly weekdays: readonly Weekday[];
  readonly fromDate: string | null;
  readonly toDate: string | null;
}

/** From now on, without gap and overlap. */
export function calendarOf(tariff: OcpiTariff, nowSeconds: number): readonly CalendarPart[] {
  const restricted = momentsOfElements(tariff, nowSeconds);
  const times = timesOf(restricted);
  const today = Math.floor(nowSeconds / daySeconds) - 1;
  const edges = edgesOf(restricted).filter((edge) => edge > today);
  const begins = [today, ...new Set(edges.toSorted((left, right) => left - right))];
  return begins.flatMap((begin, index) => {
    const end = begins[index + 1] ?? null;
    const days = weekdays.map((_name, offset) => begin + offset).filter((day) => end === null || day < end);
    const byDay = new Map<string, { readonly parts: readonly DayPart[]; readonly weekdays: Weekday[] }>();
    for (const day of days) {
      const moment = momentOfWall(day * daySeconds);
      const parts = partsOfDay(times, (time) => activeAt(restricted, { ...moment, time }));
      const key = JSON.stringify(parts);
      const kind = byDay.get(key) ?? { parts, weekdays: [] };
      kind.weekdays.push(moment.weekday);
      byDay.set(key, kind);
    }
    const dates = {
      fromDate: index === 0 ? null : momentOfWall(begin * daySeconds).date,
      toDate: end === null ? null : momentOfWall(end * daySeconds).date,
    };
    return [...byDay.values()].flatMap(({ parts, weekdays: named }) =>
      parts.map((part) => ({ ...part, ...dates, weekdays: byDay.size === 1 ? [] : named })),
    );
  });
}

type DayPart = Pick<CalendarPart, "indices" | "fromTime" | "toTime">;

function partsOfDay(times: readonly string[], indicesAt: (time: string) => readonly number[]): readonly DayPart[] {
  const begun: { readonly fromTime: string; readonly indices: readonly number[] }[] = [];
  for (const time of times) {
    const indices = indicesAt(time);
    if (begun.at(-1)?.indices.join() !== indices.join()) begun.push({ fromTime: time, indices });
  }
  return begun.map((part, index) => ({ ...part, toTime: begun[index + 1]?.fromTime ?? "00:00" }));
}

function momentsOfElements(tariff: OcpiTariff, nowSeconds: number): readonly OcpiRestrictions[] {
  return tariff.elements.map(({ restrictions = {} }) => {
    const names = effectiveRestrictions(restrictions, nowSeconds).filter((name) => momentRestrictions.has(name));
    return names.length === 0 ? {} : restrictions;
  });
}

function timesOf(restricted: readonly OcpiRestrictions[]): readonly string[] {
  const times = ["00:00", ...restricted.flatMap((each) => [each.start_time, each.end_time])];
  return [...new Set(times.filter((time) => time !== undefined))].toSorted();
}

function activeAt(restricted: readonly OcpiRestrictions[], moment: LocalMoment): readonly number[] {
  return restricted.flatMap((each, index) => (isActive(each, moment) ? [index] : []));
}

/** A week from today, and from each date on which an element begins or ends. */
function daysOf(all: readonly OcpiRestrictions[], nowSeconds: number): readonly number[] {
  // Somewhere it is still the day before.
  const today = Math.floor(nowSeconds / daySeconds) - 1;
  const begins = [today, ...edgesOf(all).filter((edge) => edge > today)];
  return [...new Set(begins.flatMap((begin) => weekdays.map((_name, offset) => begin + offset)))];
}

function edgesOf(all: readonly OcpiRestrictions[]): readonly number[] {
  const edges = all.flatMap(({ start_date: start, end_date: end }) => [dayOf(start), dayOf(end)]);
  return edges.filter((edge) => edge !== null);
}

function dayOf(date: string | undefined): number | null {
  const seconds = date === undefined ? null : ocpiTime(`${date}T00:00:00Z`);
  return seconds === null ? null : seconds / daySeconds;
}

function isActive(restrictions: OcpiRestrictions, { date, weekday, time }: LocalMoment): boolean {
  const {
    start_time: start,
    end_time: end,
    start_date: from,
    end_date: until,
    day_of_week: weekdaysGiven,
  } = restrictions;
  const [day, firstDay, lastDay] = [dayOf(date), dayOf(from), dayOf(until)];
  if (day !== null && firstDay !== null && day < firstDay) return false;
  if (day !== null && lastDay !== null && day >= lastDay) return false;
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
    ["day_of_week", given.every((day) => weekdays.some((known) => known === day))],
  ];
  return checks.filter(([, isReadable]) => !isReadable).map(([name]) => name);
}
