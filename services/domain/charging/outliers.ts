import { subtractDecimals, unscaledAt, type Decimal } from "../decimal.ts";
import type { SeriesPoint } from "./energy-series.ts";
import type { FindingCode } from "./findings.ts";
import { isContinuous, type StationProfile } from "./register-walk.ts";

/** Where more than one reading in so many contradicts the others, nobody can say which of them are right. */
const readingsPerOutlier = 3;
/** A step that is possible and so many times as fast as any other of the session contradicts all the same. */
const speedFactor = 2n;

/** A step of the register, numbered by the reading that it starts from. */
interface Step {
  readonly from: number;
  readonly energyWh: Decimal;
  readonly durationMs: bigint;
}

/**
 * Sets aside single readings that contradict both of their neighbours, if the neighbours agree with each other and with
 * what the station can deliver (docs/ocpp-energy.md, "Single readings that contradict"). The register says the same energy without them. A lower
 * value that stays is a reset; so is one from which the register can have risen to the next, at the speed of the session.
 * Those are left where they are, as are two outliers in a row, and the first and the last reading, which have one
 * neighbour.
 */
export function setOutliersAside(
  points: readonly SeriesPoint[],
  profile: StationProfile,
): { readonly points: readonly SeriesPoint[]; readonly findings: readonly FindingCode[] } {
  const breaks = (from: SeriesPoint, to: SeriesPoint): boolean => !isContinuous(from, to, profile);
  if (!points.some((point, index) => index > 0 && breaks(points[index - 1] ?? point, point))) {
    return { points, findings: [] };
  }
  const fastest = fastestSteps(points, profile);
  const kept: SeriesPoint[] = [];
  for (const [index, point] of points.entries()) {
    const previous = kept.at(-1);
    const next = points[index + 1];
    if (previous === undefined || next === undefined || breaks(previous, next)) {
      kept.push(point);
      continue;
    }
    const across = stepOf(index, previous, next);
    const others = fastest.filter(({ from }) => from !== index - 1 && from !== index);
    const contradicts = (from: SeriesPoint, to: SeriesPoint): boolean =>
      breaks(from, to) || [across, ...others].every((other) => isFaster(stepOf(index, from, to), other));
    const isBroken = breaks(previous, point) || breaks(point, next);
    // Where one step is possible, either the reading or the neighbour on the other side is wrong. Only a neighbour that has
    // another reading behind it says which; but 0 is what stations say that have not asked their meter.
    const isStepPossible = !breaks(previous, point) || !breaks(point, next);
    const isEitherWrong = isStepPossible && point.registerWh.unscaled !== 0n;
    const isAtEdge = kept.length < 2 || index + 2 >= points.length;
    if ((isEitherWrong && isAtEdge) || !isBroken || !contradicts(previous, point) || !contradicts(point, next))
      kept.push(point);
  }
  const outliers = points.length - kept.length;
  if (outliers === 0 || outliers * readingsPerOutlier > points.length) return { points, findings: [] };
  return { points: kept, findings: ["READING_OUTLIER"] };
}

/** The three fastest steps that are possible: leaving out the two at one reading, the fastest of the others is among them. */
function fastestSteps(points: readonly SeriesPoint[], profile: StationProfile): readonly Step[] {
  const fastest: Step[] = [];
  for (const [index, point] of points.entries()) {
    const next = points[index + 1];
    if (next === undefined || !isContinuous(point, next, profile)) continue;
    fastest.push(stepOf(index, point, next));
    fastest.sort((left, right) => (compareSpeed(left, right) > 0n ? -1 : 1));
    if (fastest.length > 3) fastest.pop();
  }
  return fastest;
}

function stepOf(from: number, begin: SeriesPoint, end: SeriesPoint): Step {
  const durationMs = BigInt(Math.max(1, end.time.epochMs - begin.time.epochMs));
  return { from, energyWh: subtractDecimals(end.registerWh, begin.registerWh), durationMs };
}

/** Whether a step is more than twice as fast as another. */
function isFaster(step: Step, other: Step): boolean {
  const slower = { ...other, energyWh: { ...other.energyWh, unscaled: other.energyWh.unscaled * speedFactor } };
  return compareSpeed(step, slower) > 0n;
}

/** Above 0 if the left step is the faster. */
function compareSpeed(left: Step, right: Step): bigint {
  const scale = Math.max(left.energyWh.scale, right.energyWh.scale);
  return unscaledAt(left.energyWh, scale) * right.durationMs - unscaledAt(right.energyWh, scale) * left.durationMs;
}
