import { addDecimals, subtractDecimals, unscaledAt, type Decimal } from "../decimal.ts";
import type { SeriesPoint } from "./energy-series.ts";
import { coarserOf } from "./exactness.ts";
import type { FindingCode } from "./findings.ts";

/** What is known about a station beforehand, from its type plate or its configuration. */
export interface StationProfile {
  /** The most that one outlet can deliver, in whole W, above 0. */
  readonly ratedPowerW: number;
  /** The value at which the register starts over at 0, in Wh; `null` unless the maker declares one. */
  readonly registerModulusWh: bigint | null;
}

/** A stretch in which the register ran on without a break. */
export interface RegisterSegment {
  readonly begin: SeriesPoint;
  readonly end: SeriesPoint;
  /** What was counted between the two: more than the difference of their values after a rollover. */
  readonly energyWh: Decimal;
}

export interface RegisterWalk {
  /** In order of time; empty without points. */
  readonly segments: readonly RegisterSegment[];
  readonly energyWh: Decimal;
  readonly findings: readonly FindingCode[];
}

const zeroWh: Decimal = { unscaled: 0n, scale: 0 };
/** Meters of charging stations tell whole watt-hours at best, whatever number of decimals they write. */
const leastQuantumWh: Decimal = { unscaled: 1n, scale: 0 };
const msPerHour = 3_600_000n;
// One in twenty above the type plate (docs/ocpp-energy.md, rule 8).
const toleranceNumerator = 21n;
const toleranceDenominator = 20n;

/**
 * Whether this much energy can have flowed in this time: ΔWh ≤ (rated W × Δt + one quantum) × 1.05. A time without
 * fraction may be off by a second, so the resolution of the times is added to Δt.
 */
export function isStepPlausible(
  step: { readonly energyWh: Decimal; readonly durationMs: number; readonly quantumWh: Decimal },
  ratedPowerW: number,
): boolean {
  const quantum = coarserOf(step.quantumWh, leastQuantumWh);
  const scale = Math.max(step.energyWh.scale, quantum.scale);
  const unit = 10n ** BigInt(scale);
  const energy = unscaledAt(step.energyWh, scale) * msPerHour * toleranceDenominator;
  const possible = BigInt(ratedPowerW) * BigInt(step.durationMs) * unit + unscaledAt(quantum, scale) * msPerHour;
  return energy <= possible * toleranceNumerator;
}

/**
 * Counts energy along a register (docs/ocpp-energy.md, rules 5, 6 and 8): every plausible step that does not go back. Whatever breaks
 * the register ends a segment and is not counted, so that the sum is what the readings prove at least.
 */
export function walkRegister(points: readonly SeriesPoint[], profile: StationProfile): RegisterWalk {
  if (!Number.isSafeInteger(profile.ratedPowerW) || profile.ratedPowerW <= 0) {
    throw new RangeError("ratedPowerW is a whole number above 0.");
  }
  const findings: FindingCode[] = [];
  const segments: RegisterSegment[] = [];
  const [first, ...others] = points;
  if (first === undefined) return { segments, energyWh: zeroWh, findings };
  let current: RegisterSegment = { begin: first, end: first, energyWh: zeroWh };
  for (const [index, point] of others.entries()) {
    const isLast = index === others.length - 1;
    const isUncounted = segments.length === 0 && current.energyWh.unscaled === 0n;
    const step = stepBetween(current.end, point, profile, isUncounted && !isLast);
    if (step.finding !== null) findings.push(step.finding);
    if (step.energyWh !== null) {
      current = { ...current, end: point, energyWh: addDecimals(current.energyWh, step.energyWh) };
      continue;
    }
    segments.push(current);
    current = { begin: point, end: point, energyWh: zeroWh };
  }
  segments.push(current);
  return {
    // A value between two breaks is no stretch.
    segments: segments.filter(({ begin, end }) => begin !== end || segments.length === 1),
    energyWh: segments.reduce((sum, segment) => addDecimals(sum, segment.energyWh), zeroWh),
    findings,
  };
}

/** Whether the register can have run on from one reading to another. */
export function isContinuous(from: SeriesPoint, to: SeriesPoint, profile: StationProfile): boolean {
  return stepBetween(from, to, profile, false).energyWh !== null;
}

function stepBetween(
  from: SeriesPoint,
  to: SeriesPoint,
  profile: StationProfile,
  mayBeNoReading: boolean,
): { readonly energyWh: Decimal | null; readonly finding: FindingCode | null } {
  const isPlausible = (energyWh: Decimal): boolean =>
    isStepPlausible(
      {
        energyWh,
        durationMs: to.time.epochMs - from.time.epochMs + Math.max(from.time.resolutionMs, to.time.resolutionMs),
        quantumWh: coarserOf(from.quantumWh, to.quantumWh),
      },
      profile.ratedPowerW,
    );
  const difference = subtractDecimals(to.registerWh, from.registerWh);
  if (difference.unscaled >= 0n) {
    if (isPlausible(difference)) return { energyWh: difference, finding: null };
    // Stations that start offline report 0 before they have asked their meter.
    if (mayBeNoReading && from.registerWh.unscaled === 0n) return { energyWh: null, finding: "FIRST_REGISTER_ZERO" };
    const isSameMoment = to.time.epochMs === from.time.epochMs;
    return { energyWh: null, finding: isSameMoment ? "READINGS_CONTRADICT" : "STEP_IMPLAUSIBLE" };
  }
  const modulus = profile.registerModulusWh;
  if (modulus !== null) {
    const rolledOver = addDecimals(difference, { unscaled: modulus, scale: 0 });
    const isBelow = subtractDecimals(from.registerWh, { unscaled: modulus, scale: 0 }).unscaled < 0n;
    if (isBelow && rolledOver.unscaled >= 0n && isPlausible(rolledOver)) {
      return { energyWh: rolledOver, finding: "REGISTER_ROLLOVER" };
    }
  }
  return { energyWh: null, finding: "REGISTER_RESET" };
}
