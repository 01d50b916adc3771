import type { PricedPeriod } from "./arithmetic.ts";
import { fraction, zero, type Fraction } from "./fraction.ts";

const microWhPerKwh = 1_000_000_000n;
const secondsPerHour = 3_600n;

/** What a session delivered and how long it took. */
export interface SessionTotals {
  readonly energyMicroWh: bigint;
  readonly chargingSeconds: number;
  /** From plugging in to the end, charging included. */
  readonly connectedSeconds: number;
}

/** A charging period of a session. */
export interface SessionPeriod {
  /** Seconds from the begin. */
  readonly afterSeconds: number;
  readonly seconds: number;
  readonly isCharging: boolean;
  /** `null` where the car does not charge. */
  readonly energyMicroWh: bigint | null;
}

/**
 * The charging periods of a session of which only totals are known: charging is put first, and its energy is spread evenly.
 * A period ends where the car stops charging and at each given edge, so that within one no other element of a tariff applies.
 */
export function sessionPeriods(
  { energyMicroWh, chargingSeconds, connectedSeconds }: SessionTotals,
  edgesSeconds: readonly number[],
): readonly SessionPeriod[] {
  const edges = [...new Set([0, chargingSeconds, connectedSeconds, ...edgesSeconds])]
    .filter((edge) => edge >= 0 && edge <= connectedSeconds)
    .toSorted((left, right) => left - right);
  const energyUntil = (seconds: number): bigint =>
    chargingSeconds === 0 ? energyMicroWh : (energyMicroWh * BigInt(seconds)) / BigInt(chargingSeconds);
  const periods = edges.slice(0, -1).map((afterSeconds, index): SessionPeriod => {
    const until = edges[index + 1] ?? afterSeconds;
    const isCharging = until <= chargingSeconds;
    return {
      afterSeconds,
      seconds: until - afterSeconds,
      isCharging,
      energyMicroWh: isCharging ? energyUntil(until) - energyUntil(afterSeconds) : null,
    };
  });
  if (chargingSeconds > 0) return periods;
  // Nothing says when the energy flowed.
  return [{ afterSeconds: 0, seconds: 0, isCharging: true, energyMicroWh }, ...periods];
}

/** The durations of a session at which another element of a tariff can begin to apply. */
export function durationEdges(
  elements: readonly {
    readonly restrictions?:
      { readonly min_duration?: number | undefined; readonly max_duration?: number | undefined } | undefined;
  }[],
): readonly number[] {
  return elements
    .flatMap(({ restrictions }) => [restrictions?.min_duration, restrictions?.max_duration])
    .filter((edge) => edge !== undefined);
}

/** Periods as they are priced. */
export function pricedPeriods(periods: readonly SessionPeriod[]): readonly PricedPeriod[] {
  return periods.map(({ afterSeconds, seconds, isCharging, energyMicroWh }) => {
    const hours: Fraction = seconds === 0 ? zero : fraction(BigInt(seconds), secondsPerHour);
    return {
      afterSeconds,
      volumes: {
        ...(energyMicroWh === null ? {} : { ENERGY: fraction(energyMicroWh, microWhPerKwh) }),
        ...(isCharging ? { TIME: hours } : { PARKING_TIME: hours }),
      },
    };
  });
}
