import { compareDecimals } from "../decimal.ts";
import type { SeriesPoint } from "./energy-series.ts";
import { coarserOf, distanceOf, noiseWh } from "./exactness.ts";
import type { StationTime } from "./message.ts";

/**
 * Finds the reading of the begin among all that are called so (docs/ocpp-energy.md, rule 10). Some stations send the register of the
 * begin again with every sample, at the time of the sample: such a repeat is no new reading. Others call every sample
 * one of the begin: such a name says nothing, and the reading counts like any other.
 * @param startTime When the transaction began, by its start; `null` where that is not known.
 */
export function placeBegin(
  points: readonly SeriesPoint[],
  startTime: StationTime | null,
): { readonly points: readonly SeriesPoint[]; readonly isRepeated: boolean } {
  const isNamed = ({ role, reportedBy }: SeriesPoint): boolean =>
    role === "begin" && reportedBy !== "transaction-started";
  const named = points.filter(isNamed).sort(byTime);
  const ofStart = points.filter(({ role, reportedBy }) => role === "begin" && reportedBy === "transaction-started");
  const [known] = [...ofStart].sort(byTime);
  const others = points.filter((point) => !isNamed(point));
  const [first] = named;
  if (first === undefined) return { points, isRepeated: false };

  const isTrusted = named.every((point) => isSame(point, first));
  const reference = known ?? (isTrusted ? first : null);
  if (reference === null) return { points: [...others, ...named.map(asBetween)], isRepeated: false };
  const repeats = named.filter((point) => isTrusted && isSame(point, reference));
  const rest = named.filter((point) => !repeats.includes(point)).map(asBetween);
  const isAfterMore = (repeat: SeriesPoint): boolean =>
    others.some(
      (point) => point.time.epochMs <= repeat.time.epochMs && compareDecimals(point.registerWh, repeat.registerWh) > 0,
    );
  // Where the register was higher already, the time beside it is not that of the begin.
  const isLate = known === undefined && startTime !== null && isAfterMore(reference);
  const beginMs = isLate ? Math.min(reference.time.epochMs, startTime.epochMs) : reference.time.epochMs;
  const early = repeats.filter(({ time }) => time.epochMs <= beginMs);
  const late = repeats.filter(({ time }) => time.epochMs > beginMs);
  const [exact = reference] = [reference, ...late].sort((left, right) =>
    compareDecimals(left.quantumWh, right.quantumWh),
  );
  const begin: SeriesPoint = { ...exact, time: { ...reference.time, epochMs: beginMs }, role: "begin" };
  const isRepeated = late.some(isAfterMore);
  const remaining = others.filter((point) => point !== reference);
  return { points: [begin, ...remaining, ...early.filter((point) => point !== reference), ...rest], isRepeated };
}

function byTime(left: SeriesPoint, right: SeriesPoint): number {
  return left.time.epochMs - right.time.epochMs || compareDecimals(left.registerWh, right.registerWh);
}

function asBetween(point: SeriesPoint): SeriesPoint {
  return { ...point, role: "between" };
}

/** Whether two readings are of one value, as far as the less exact of them can tell. */
function isSame(left: SeriesPoint, right: SeriesPoint): boolean {
  const distanceWh = distanceOf(left.registerWh, right.registerWh);
  if (compareDecimals(distanceWh, noiseWh) <= 0) return true;
  const isAsExact = compareDecimals(left.quantumWh, right.quantumWh) === 0;
  return !isAsExact && compareDecimals(distanceWh, coarserOf(left.quantumWh, right.quantumWh)) < 0;
}
