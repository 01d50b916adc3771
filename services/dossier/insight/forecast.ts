import type { SessionFeatures } from "./features.ts";
import type { InsightParameters } from "./parameters.ts";

/** One day of an EVSE. */
interface Day {
  readonly energyMicroWh: bigint;
  readonly sessions: bigint;
}

/** How far a forecast was off on the days that were held out, on average, and how far its baseline was. */
export interface BackTest {
  readonly days: number;
  /** Mean absolute error. */
  readonly model: string;
  /** The same of the same weekday one week before. */
  readonly baseline: string;
}

/** What is expected of an EVSE. */
export interface Forecast {
  readonly evse: number;
  /** The first day that is forecast, in days since 1970 by UTC. */
  readonly fromDay: number;
  readonly days: readonly { readonly energyMicroWh: string; readonly milliSessions: string }[];
  readonly energyMicroWh: BackTest;
  readonly milliSessions: BackTest;
}

const daySeconds = 86_400;
const milli = 1_000n;

/**
 * Forecasts energy and number of sessions of each EVSE, day by day: a level for each day of the week, moved by a part of each
 * error (exponential smoothing), and drawn towards the level of all days by as many quarters as suit the days of the fit best.
 * Fitted on the first days, tested one day ahead on the last, against the same weekday of the week before.
 */
export function forecastEach(sessions: readonly SessionFeatures[], parameters: InsightParameters): readonly Forecast[] {
  const forecasts: Forecast[] = [];
  for (const [evse, own] of [...Map.groupBy(sessions, (one) => one.evse)].toSorted(([left], [right]) => left - right)) {
    const { firstDay, days } = daysOf(own);
    if (days.length < 3 * parameters.seasonDays) continue;
    const energy = days.map(({ energyMicroWh }) => energyMicroWh);
    const counts = days.map((day) => day.sessions * milli);
    const expected = predict(energy, parameters);
    const expectedCounts = predict(counts, parameters);
    forecasts.push({
      evse,
      fromDay: firstDay + days.length,
      days: expected.map((energyMicroWh, index) => ({
        energyMicroWh: energyMicroWh.toString(),
        milliSessions: (expectedCounts[index] ?? 0n).toString(),
      })),
      energyMicroWh: backTest(energy, parameters),
      milliSessions: backTest(counts, parameters),
    });
  }
  return forecasts;
}

function daysOf(sessions: readonly SessionFeatures[]): { readonly firstDay: number; readonly days: readonly Day[] } {
  const dayOf = ({ endSeconds }: SessionFeatures): number => Math.floor(endSeconds / daySeconds);
  const firstDay = sessions.reduce((least, session) => Math.min(least, dayOf(session)), Number.MAX_SAFE_INTEGER);
  const lastDay = sessions.reduce((most, session) => Math.max(most, dayOf(session)), 0);
  const days = Array.from({ length: lastDay - firstDay + 1 }, (): Day => ({ energyMicroWh: 0n, sessions: 0n }));
  for (const session of sessions) {
    const index = dayOf(session) - firstDay;
    const day = days[index];
    if (day === undefined) continue;
    days[index] = { energyMicroWh: day.energyMicroWh + session.energyMicroWh, sessions: day.sessions + 1n };
  }
  return { firstDay, days };
}

/** The state of the model after some days. */
interface Levels {
  /** One for each day of the season, in the order of the days' numbers. */
  readonly seasonal: readonly bigint[];
  readonly mean: bigint;
}

/** @param quarters How much the day of the week counts, of four */
function expectedOf({ seasonal, mean }: Levels, day: number, quarters: bigint): bigint {
  return ((seasonal[day % seasonal.length] ?? mean) * quarters + mean * (4n - quarters)) / 4n;
}

/** How much the day of the week should have counted on these days, one day ahead. */
function fitQuarters(values: readonly bigint[], count: number, parameters: InsightParameters): bigint {
  const firstDay = 2 * parameters.seasonDays;
  let best = { quarters: 2n, error: -1n };
  for (const quarters of [0n, 1n, 2n, 3n, 4n]) {
    let levels = levelsAfter(values, firstDay, parameters);
    let error = 0n;
    for (let day = firstDay; day < count; day += 1) {
      error += distance(expectedOf(levels, day, quarters), values[day] ?? 0n);
      levels = next(levels, day, values[day] ?? 0n, BigInt(parameters.smoothing));
    }
    if (best.error < 0n || error < best.error) best = { quarters, error };
  }
  return best.quarters;
}

function next({ seasonal, mean }: Levels, day: number, value: bigint, smoothing: bigint): Levels {
  const at = day % seasonal.length;
  return {
    seasonal: seasonal.map((level, index) => (index === at ? level + (value - level) / 4n : level)),
    mean: mean + (value - mean) / (smoothing * 4n),
  };
}

/** The first two seasons give the levels; what follows moves them. */
function levelsAfter(values: readonly bigint[], count: number, { seasonDays, smoothing }: InsightParameters): Levels {
  const first = values.slice(0, 2 * seasonDays);
  const sum = first.reduce((total, value) => total + value, 0n);
  const seasonal = Array.from(
    { length: seasonDays },
    (_nothing, index) => ((values[index] ?? 0n) + (values[index + seasonDays] ?? 0n)) / 2n,
  );
  let levels: Levels = { seasonal, mean: sum / BigInt(first.length) };
  for (let day = 2 * seasonDays; day < count; day += 1) {
    levels = next(levels, day, values[day] ?? 0n, BigInt(smoothing));
  }
  return levels;
}

function predict(values: readonly bigint[], parameters: InsightParameters): readonly bigint[] {
  const levels = levelsAfter(values, values.length, parameters);
  const quarters = fitQuarters(values, values.length, parameters);
  return Array.from({ length: parameters.forecastDays }, (_nothing, ahead) =>
    expectedOf(levels, values.length + ahead, quarters),
  );
}

function backTest(values: readonly bigint[], parameters: InsightParameters): BackTest {
  const { seasonDays, heldOutPerMille, smoothing } = parameters;
  const held = Math.min(
    values.length - 2 * seasonDays,
    Math.max(1, Math.floor((values.length * heldOutPerMille) / 1_000)),
  );
  const from = values.length - held;
  const quarters = fitQuarters(values, from, parameters);
  let levels = levelsAfter(values, from, parameters);
  let [model, baseline] = [0n, 0n];
  for (let day = from; day < values.length; day += 1) {
    const value = values[day] ?? 0n;
    model += distance(expectedOf(levels, day, quarters), value);
    baseline += distance(values[day - seasonDays] ?? 0n, value);
    levels = next(levels, day, value, BigInt(smoothing));
  }
  return { days: held, model: (model / BigInt(held)).toString(), baseline: (baseline / BigInt(held)).toString() };
}

function distance(left: bigint, right: bigint): bigint {
  return left < right ? right - left : left - right;
}
