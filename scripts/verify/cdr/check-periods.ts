import type { PricedDimension, PricedPeriod } from "../../operator/ocpi/arithmetic.ts";
import {
  add,
  compare,
  decimalsOf,
  fraction,
  fractionOf,
  roundDown,
  roundHalfUp,
  subtract,
  zero,
  type Fraction,
} from "../../operator/ocpi/fraction.ts";
import { ocpiTime } from "../../../services/domain/ocpi/ocpi-time.ts";
import type { Cdr } from "./cdr-schema.ts";
import type { CdrReason } from "./read-cdr.ts";

const secondsPerHour = 3_600n;
/** A time is written in whole seconds, a volume in thousandths of an hour (3.6 s) at the coarsest. */
const timeSlackSeconds = 5n;
const dimensions: ReadonlySet<string> = new Set<PricedDimension>(["ENERGY", "TIME", "PARKING_TIME"]);

/** The charging periods as they are priced, and what of them does not fit. */
export interface CheckedPeriods {
  readonly periods: readonly PricedPeriod[];
  readonly reasons: readonly CdrReason[];
}

/** Checks the order of the charging periods, and that energy and times of all are the totals. */
export function checkPeriods(cdr: Cdr): CheckedPeriods {
  const reasons: CdrReason[] = [];
  const [start, end] = [ocpiTime(cdr.start_date_time), ocpiTime(cdr.end_date_time)];
  if (start === null) reasons.push({ code: "CDR_FIELD_INVALID", where: "start_date_time" });
  if (end === null) reasons.push({ code: "CDR_FIELD_INVALID", where: "end_date_time" });
  if (start === null || end === null) return { periods: [], reasons };
  if (end < start) return { periods: [], reasons: [{ code: "CDR_TIMES_INVALID", where: "end_date_time" }] };

  const periods: PricedPeriod[] = [];
  for (const [index, period] of cdr.charging_periods.entries()) {
    const where = `charging_periods[${index}]`;
    const begins = ocpiTime(period.start_date_time);
    if (begins === null) {
      reasons.push({ code: "CDR_FIELD_INVALID", where: `${where}.start_date_time` });
      continue;
    }
    const previous = periods.at(-1);
    const afterSeconds = begins - start;
    if (afterSeconds < 0 || begins > end)
      reasons.push({ code: "CDR_PERIOD_OUTSIDE", where: `${where}.start_date_time` });
    else if (previous !== undefined && afterSeconds < previous.afterSeconds) {
      reasons.push({ code: "CDR_PERIODS_UNSORTED", where: `${where}.start_date_time` });
    }
    periods.push({ afterSeconds, volumes: volumesOf(period, where, reasons) });
  }
  if (reasons.length === 0) reasons.push(...overlapsOf(periods, end - start));
  reasons.push(...differingSums(cdr, periods));
  return { periods, reasons };
}

function volumesOf(
  period: Cdr["charging_periods"][number],
  where: string,
  reasons: CdrReason[],
): PricedPeriod["volumes"] {
  const volumes: Partial<Record<PricedDimension, Fraction>> = {};
  for (const [index, { type, volume }] of period.dimensions.entries()) {
    if (!isPriced(type)) continue;
    const path = `${where}.dimensions[${index}]`;
    if (volume < 0) reasons.push({ code: "CDR_NUMBER_OUT_OF_RANGE", where: `${path}.volume` });
    else if (volumes[type] !== undefined) reasons.push({ code: "CDR_FIELD_INVALID", where: `${path}.type` });
    else volumes[type] = type === "ENERGY" ? fractionOf(volume) : hoursOf(volume);
  }
  return volumes;
}

function isPriced(type: string): type is PricedDimension {
  return dimensions.has(type);
}

/** Hours with decimals of which a whole number of seconds was written so, or else as they are written. */
function hoursOf(volume: number): Fraction {
  const written = fractionOf(volume);
  const seconds = roundHalfUp({ over: written.over * secondsPerHour, under: written.under }, 0);
  const exact = fraction(seconds, secondsPerHour);
  const isWrittenSo =
    isRounding(exact, written, 9, roundDown) ||
    isRounding(exact, written, 9, roundHalfUp) ||
    isRounding(exact, written, 4, roundHalfUp);
  return isWrittenSo ? exact : written;
}

function isRounding(exact: Fraction, written: Fraction, decimals: number, round: typeof roundDown): boolean {
  return compare(fraction(round(exact, decimals), 10n ** BigInt(decimals)), written) === 0;
}

/** No period lasts longer than until the next one begins, or the session ends. */
function overlapsOf(periods: readonly PricedPeriod[], sessionSeconds: number): readonly CdrReason[] {
  return periods.flatMap(({ afterSeconds, volumes }, index): readonly CdrReason[] => {
    const next = periods[index + 1]?.afterSeconds ?? sessionSeconds;
    const room = fraction(BigInt(Math.round((next - afterSeconds) * 1_000)) + timeSlackSeconds * 1_000n, 3_600_000n);
    const lasts = add(volumes.TIME ?? zero, volumes.PARKING_TIME ?? zero);
    if (compare(lasts, room) <= 0) return [];
    return [{ code: "CDR_PERIODS_OVERLAP", where: `charging_periods[${index}]` }];
  });
}

function differingSums(cdr: Cdr, periods: readonly PricedPeriod[]): readonly CdrReason[] {
  const sumOf = (...types: readonly PricedDimension[]): Fraction | null => {
    const volumes = periods.flatMap(({ volumes: each }) => types.map((type) => each[type] ?? null));
    const given = volumes.filter((volume) => volume !== null);
    return given.length === 0 ? null : given.reduce(add, zero);
  };
  const checks: readonly (readonly [CdrReason, Fraction | null, number | undefined])[] = [
    [{ code: "CDR_ENERGY_SUM_DIFFERS", where: "total_energy" }, sumOf("ENERGY"), cdr.total_energy],
    [{ code: "CDR_TIME_SUM_DIFFERS", where: "total_time" }, sumOf("TIME", "PARKING_TIME"), cdr.total_time],
    [{ code: "CDR_TIME_SUM_DIFFERS", where: "total_parking_time" }, sumOf("PARKING_TIME"), cdr.total_parking_time],
  ];
  return checks
    .filter(([, sum, total]) => sum !== null && total !== undefined && !isSum(sum, total))
    .map(([reason]) => reason);
}

/** The total is the sum, or the sum with fewer decimals. */
function isSum(sum: Fraction, total: number): boolean {
  const decimals = Math.max(3, decimalsOf(total));
  const written = fractionOf(total);
  return (
    compare(subtract(sum, written), zero) === 0 ||
    isRounding(sum, written, decimals, roundDown) ||
    isRounding(sum, written, decimals, roundHalfUp)
  );
}
