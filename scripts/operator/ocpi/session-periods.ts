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

/** Where another element of a tariff can begin to apply. */
export interface TariffEdges {
  readonly seconds: readonly number[];
  readonly energyMicroWh: readonly bigint[];
}

/** A moment at which a period begins or ends, and the energy until then. */
interface Cut {
  readonly seconds: number;
  readonly energyMicroWh: bigint;
}

/**
 * The charging periods of a session of which only totals are known: charging is put first, and its energy is spread evenly.
 * A period ends where the car stops charging and at each given edge, so that within one no other element of a tariff
 * applies. Where an edge of energy falls within a second, the period begins with the next one.
 */
export function sessionPeriods(totals: SessionTotals, edges: TariffEdges): readonly SessionPeriod[] {
  const { energyMicroWh, chargingSeconds, connectedSeconds } = totals;
  const end: Cut = { seconds: chargingSeconds, energyMicroWh };
  const charging = chargingCuts(totals, edges);
  const periods = [...charging, end].slice(1).map((until, index): SessionPeriod => {
    const from = charging[index] ?? end;
    return {
      afterSeconds: from.seconds,
      seconds: until.seconds - from.seconds,
      isCharging: true,
      energyMicroWh: until.energyMicroWh - from.energyMicroWh,
    };
  });
  const parked = [chargingSeconds, ...edges.seconds]
    .filter((seconds) => seconds >= chargingSeconds && seconds < connectedSeconds)
    .toSorted((left, right) => left - right);
  const parking = [...new Set(parked)].map((afterSeconds, index, all): SessionPeriod => {
    const until = all[index + 1] ?? connectedSeconds;
    return { afterSeconds, seconds: until - afterSeconds, isCharging: false, energyMicroWh: null };
  });
  return [...periods, ...parking];
}

/** Where periods of charging begin, in their order. Where no time says when the energy flowed, all begin at once. */
function chargingCuts({ energyMicroWh, chargingSeconds }: SessionTotals, edges: TariffEdges): readonly Cut[] {
  const whole = BigInt(chargingSeconds);
  const ofEnergy = edges.energyMicroWh
    .filter((edge) => edge > 0n && edge < energyMicroWh)
    .map((edge): Cut => ({
      seconds: Number((edge * whole + energyMicroWh - 1n) / energyMicroWh),
      energyMicroWh: edge,
    }));
  const ofTime = edges.seconds
    .filter((seconds) => seconds > 0 && seconds < chargingSeconds)
    .filter((seconds) => ofEnergy.every((cut) => cut.seconds !== seconds))
    .map((seconds): Cut => ({ seconds, energyMicroWh: (energyMicroWh * BigInt(seconds)) / whole }));
  const later = [...ofEnergy, ...ofTime].toSorted(
    (left, right) => left.seconds - right.seconds || (left.energyMicroWh < right.energyMicroWh ? -1 : 1),
  );
  return [{ seconds: 0, energyMicroWh: 0n }, ...later];
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
