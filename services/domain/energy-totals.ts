import { formatDecimal } from "./decimal.ts";

/** Boundaries of days everywhere on earth lie on quarters of an hour of UTC. */
export const quarterMs = 900_000;
const hourMs = 3_600_000;

/** What sessions add up to. Amounts are in 10⁻⁶ token. */
export interface EnergyTotals {
  readonly sessions: number;
  readonly energyMicroWh: bigint;
  /** What is paid, and what will be as far as is known. */
  readonly billedMicro: bigint;
  /** What of it the chain has charged, and nobody has given back. */
  readonly settledMicro: bigint;
}

/** The sessions of one quarter of an hour. */
export interface QuarterTotals extends EnergyTotals {
  /** Milliseconds since 1970, a multiple of a quarter of an hour. */
  readonly startsAtMs: number;
}

/** An hour or a day, also where nothing happened in it. */
export interface TotalsBucket extends EnergyTotals {
  readonly startsAtMs: number;
  readonly endsAtMs: number;
}

export type BucketSize = "hour" | "day";

export const noTotals: EnergyTotals = { sessions: 0, energyMicroWh: 0n, billedMicro: 0n, settledMicro: 0n };

/**
 * The newest `count` hours or days up to now, oldest first; the last one is not over yet. Hours are those of UTC, which
 * are those of all zones that are whole hours away; days are those of the time zone, with 23 or 25 hours where its clocks
 * change.
 * @param timeZone A name of the IANA database. @throws RangeError for any other
 */
export function bucketsUntil(
  nowMs: number,
  size: BucketSize,
  count: number,
  timeZone: string,
): readonly { readonly startsAtMs: number; readonly endsAtMs: number }[] {
  if (size === "hour") {
    const current = Math.floor(nowMs / hourMs) * hourMs;
    return Array.from({ length: count }, (_unused, index) => {
      const startsAtMs = current - (count - 1 - index) * hourMs;
      return { startsAtMs, endsAtMs: startsAtMs + hourMs };
    });
  }
  const dayOf = new Intl.DateTimeFormat("en", { timeZone, year: "numeric", month: "numeric", day: "numeric" });
  const days: { startsAtMs: number; endsAtMs: number }[] = [];
  let endsAtMs = edgeOfDay(nowMs, dayOf, 1) + quarterMs;
  while (days.length < count) {
    const startsAtMs = edgeOfDay(endsAtMs - quarterMs, dayOf, -1);
    days.unshift({ startsAtMs, endsAtMs });
    endsAtMs = startsAtMs;
  }
  return days;
}

/** The first or the last quarter of the day that this time is in. A day has at most 100 quarters. */
function edgeOfDay(atMs: number, dayOf: Intl.DateTimeFormat, direction: 1 | -1): number {
  let quarter = Math.floor(atMs / quarterMs) * quarterMs;
  const day = dayOf.format(quarter);
  while (dayOf.format(quarter + direction * quarterMs) === day) quarter += direction * quarterMs;
  return quarter;
}

/** Adds up what lies in each bucket. Buckets follow each other without a gap. */
export function fillBuckets(
  buckets: readonly { readonly startsAtMs: number; readonly endsAtMs: number }[],
  quarters: readonly QuarterTotals[],
): readonly TotalsBucket[] {
  return buckets.map(({ startsAtMs, endsAtMs }) => ({
    startsAtMs,
    endsAtMs,
    ...sumOf(quarters.filter((quarter) => quarter.startsAtMs >= startsAtMs && quarter.startsAtMs < endsAtMs)),
  }));
}

export function sumOf(parts: readonly EnergyTotals[]): EnergyTotals {
  return parts.reduce(
    (sum, part): EnergyTotals => ({
      sessions: sum.sessions + part.sessions,
      energyMicroWh: sum.energyMicroWh + part.energyMicroWh,
      billedMicro: sum.billedMicro + part.billedMicro,
      settledMicro: sum.settledMicro + part.settledMicro,
    }),
    noTotals,
  );
}

/** 10⁻⁶ Wh as an exact decimal of watt-hours. */
export function energyWhOf(energyMicroWh: bigint): string {
  return formatDecimal({ unscaled: energyMicroWh, scale: 6 });
}
