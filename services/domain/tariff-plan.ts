import {
  clockOf,
  dateSeconds,
  dateText,
  momentOfWall,
  type LocalClock,
  type LocalMoment,
  type Weekday,
} from "./local-time.ts";

/**
 * When one of a plan's tariffs applies, in local time. All three restrictions hold together, as in OCPI's
 * TariffRestrictions.
 */
export interface PlanWindow {
  readonly tariffId: string;
  /** `HH:MM`, inclusive. */
  readonly fromTime: string;
  /** `HH:MM`, exclusive. Not later than `fromTime`: until then on the next morning; equal to it: the whole day. */
  readonly toTime: string;
  /** Days on which the clock shows these times; empty: every day. */
  readonly weekdays: readonly Weekday[];
  /** `YYYY-MM-DD`: the first day; `null`: there is none. */
  readonly fromDate: string | null;
  /** `YYYY-MM-DD`: the day after the last; `null`: there is none. */
  readonly toDate: string | null;
}

/** Prices that take turns: at every moment of the zone exactly one window applies. */
export interface TariffPlan {
  /** Of the IANA's database, such as `Europe/Berlin`. */
  readonly zone: string;
  readonly windows: readonly PlanWindow[];
}

/** A fault of a plan, by its JSON path. */
export interface PlanFault {
  readonly path: string;
  readonly detail: string;
}

/** The tariff that applies, and when it is next another one. */
export interface PlannedTariff {
  readonly tariffId: string;
  /** Seconds since 1970; `null` if it stays for as long as is looked ahead. */
  readonly untilSeconds: number | null;
}

/** Windows of a plan: an hour each for 40 days. */
export const mostPlanWindows = 960;
/** Minutes × days × windows that are looked at, in half a second at most: an hour each for 40 days are 7 million. */
const mostLooks = 10_000_000;

const daySeconds = 86_400;
const daysOfWeek = 7;
const timeGrammar = /^([01][0-9]|2[0-3]):[0-5][0-9]$/u;
/** A day of clock change begins with one offset and ends with another, both of which have to be tried. */
const daysAhead = daysOfWeek + 1;

/** What is wrong with a plan: unknown zones, values that are none, moments without a price, and moments with two. */
export function faultsOfPlan({ zone, windows }: TariffPlan): readonly PlanFault[] {
  const faults: PlanFault[] = [];
  if (clockOf(zone) === null)
    faults.push({ path: "zone", detail: `${zone.slice(0, 60)} is no zone of the IANA's database` });
  if (windows.length === 0) faults.push({ path: "windows", detail: "there is none" });
  if (windows.length > mostPlanWindows) {
    return [...faults, { path: "windows", detail: `there are more than ${mostPlanWindows}` }];
  }
  for (const [index, window] of windows.entries()) faults.push(...faultsOfWindow(window, `windows[${index}]`));
  if (faults.length === 0 && timesOf(windows).length * kindsOfDays(windows).length * windows.length > mostLooks) {
    faults.push({
      path: "windows",
      detail: "they differ in too many times and dates; give several plans, one after the other",
    });
  }
  return faults.length > 0 ? faults : faultsOfCover(windows);
}

/** The window that applies at a moment of the plan's zone; `null` where the plan has a gap. */
export function windowAt(windows: readonly PlanWindow[], moment: LocalMoment): PlanWindow | null {
  return windows.find((window) => applies(window, moment)) ?? null;
}

/**
 * Which tariff applies, by the clock of the zone: on the day on which it goes back an hour comes twice, and so does its
 * price; on the day on which it goes forward one is left out.
 * @param plan Without faults.
 * @throws RangeError for a plan with faults
 */
export function plannedTariffAt(plan: TariffPlan, atSeconds: number): PlannedTariff {
  const clock = clockOf(plan.zone);
  const current = clock === null ? null : windowAt(plan.windows, clock.momentAt(atSeconds));
  if (clock === null || current === null) throw new RangeError("The plan has a fault.");
  const isOther = (seconds: number): boolean =>
    windowAt(plan.windows, clock.momentAt(seconds))?.tariffId !== current.tariffId;
  const next = edgesAfter(plan, clock, atSeconds).find(isOther);
  return { tariffId: current.tariffId, untilSeconds: next ?? null };
}

/** The tariffs of a plan, each once, in the order of its windows. */
export function tariffIdsOf({ windows }: TariffPlan): readonly string[] {
  return [...new Set(windows.map(({ tariffId }) => tariffId))];
}

function faultsOfWindow(window: PlanWindow, path: string): readonly PlanFault[] {
  const faults: PlanFault[] = [];
  for (const name of ["fromTime", "toTime"] as const) {
    if (!timeGrammar.test(window[name])) faults.push({ path: `${path}.${name}`, detail: "it is no time HH:MM" });
  }
  const [from, to] = [window.fromDate, window.toDate].map((date) => (date === null ? undefined : dateSeconds(date)));
  if (from === null) faults.push({ path: `${path}.fromDate`, detail: "it is no date YYYY-MM-DD" });
  if (to === null) faults.push({ path: `${path}.toDate`, detail: "it is no date YYYY-MM-DD" });
  if (typeof from === "number" && typeof to === "number" && from >= to) {
    faults.push({ path: `${path}.toDate`, detail: "it is not after fromDate" });
  }
  return faults;
}

/** Looks at each minute at which something can change, on every kind of day. */
function faultsOfCover(windows: readonly PlanWindow[]): readonly PlanFault[] {
  const times = timesOf(windows);
  for (const day of kindsOfDays(windows)) {
    for (const time of times) {
      const moment = { ...momentOfWall(day), time };
      const [first, second] = windows.flatMap((window, index) => (applies(window, moment) ? [index] : []));
      const when = `${moment.weekday} ${moment.date} at ${time}`;
      if (first === undefined) return [{ path: "windows", detail: `nothing applies on ${when}: there is a gap` }];
      if (second === undefined) continue;
      return [{ path: `windows[${second}]`, detail: `it overlaps windows[${first}] on ${when}` }];
    }
  }
  return [];
}

function applies({ fromTime, toTime, weekdays, fromDate, toDate }: PlanWindow, moment: LocalMoment): boolean {
  const { date, weekday, time } = moment;
  if (fromDate !== null && date < fromDate) return false;
  if (toDate !== null && date >= toDate) return false;
  if (weekdays.length > 0 && !weekdays.includes(weekday)) return false;
  if (fromTime === toTime) return true;
  return fromTime < toTime ? time >= fromTime && time < toTime : time >= fromTime || time < toTime;
}

function timesOf(windows: readonly PlanWindow[]): readonly string[] {
  return [...new Set(["00:00", ...windows.flatMap(({ fromTime, toTime }) => [fromTime, toTime])])].toSorted();
}

/** A week before the first date of a plan, and one from each date on: no other day differs from all of these. */
function kindsOfDays(windows: readonly PlanWindow[]): readonly number[] {
  const dates = edgeDatesOf(windows);
  const week = Array.from({ length: daysOfWeek }, (_none, day) => day * daySeconds);
  const begins = [(dates[0] ?? 0) - daysOfWeek * daySeconds, ...dates];
  return begins.flatMap((begin) => week.map((offset) => begin + offset));
}

function edgeDatesOf(windows: readonly PlanWindow[]): readonly number[] {
  const dates = windows.flatMap(({ fromDate, toDate }) => [fromDate, toDate]);
  const seconds = dates.map((date) => (date === null ? null : dateSeconds(date))).filter((date) => date !== null);
  return [...new Set(seconds)].toSorted((left, right) => left - right);
}

/** When something can change: within the next days, and within those after each date of the plan. */
function edgesAfter({ windows }: TariffPlan, clock: LocalClock, atSeconds: number): readonly number[] {
  const today = dateSeconds(clock.momentAt(atSeconds).date) ?? 0;
  const begins = [today, ...edgeDatesOf(windows).filter((date) => date > today)];
  const days = new Set(
    begins.flatMap((begin) => Array.from({ length: daysAhead }, (_none, day) => begin + day * daySeconds)),
  );
  const times = timesOf(windows).map((time) => Number(time.slice(0, 2)) * 3_600 + Number(time.slice(3)) * 60);
  const edges = [...days].flatMap((day) => {
    const offsets = [clock.offsetAt(day - daySeconds / 2), clock.offsetAt(day + 1.5 * daySeconds)];
    const walls = [...new Set(offsets)].flatMap((offset) => times.map((time) => day + time - offset));
    const change =
      offsets[0] === offsets[1] ? [] : [changeBetween(clock, day - daySeconds / 2, day + 1.5 * daySeconds)];
    return [...walls, ...change];
  });
  return [...new Set(edges)].filter((edge) => edge > atSeconds).toSorted((left, right) => left - right);
}

/** The second at which the clock changes; between two times with different offsets. */
function changeBetween(clock: LocalClock, fromSeconds: number, toSeconds: number): number {
  let [before, after] = [Math.floor(fromSeconds), Math.ceil(toSeconds)];
  const offset = clock.offsetAt(before);
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (clock.offsetAt(middle) === offset) before = middle;
    else after = middle;
  }
  return after;
}

/** The date after this one. */
export function dayAfter(date: string): string {
  return dateText((dateSeconds(date) ?? 0) + daySeconds);
}
