import { addDecimals, compareDecimals, type Decimal } from "../decimal.ts";
import type { SampledReading, TransactionMessage } from "./message.ts";

/** The power of all phases together at one moment. */
export interface PowerSample {
  readonly atMs: number;
  readonly powerW: Decimal;
  /** Whether the station told it as power and named its unit; else it is so many watts at least. */
  readonly isUnitNamed: boolean;
}

const zero: Decimal = { unscaled: 0n, scale: 0 };
const phases = ["L1", "L2", "L3"] as const;
/** No station is fed with less; where nothing tells the voltage, the current says at least what it makes with this. */
const leastVoltageV: Decimal = { unscaled: 100n, scale: 0 };
/** Between two phases there is √3 of the voltage of one; 4/7 is a little less than one in √3. */
const phaseOfTwo = { numerator: 4n, denominator: 7n };

/** Lowest values of one moment by measurand and phase; `null` is the whole. */
type Moment = Map<string, Map<string | null, Decimal>>;

/**
 * The power that was sampled, in order of time, and of each moment the lowest that can be meant: the power itself, of the
 * whole or the sum of its phases, and failing that what the current makes with the voltage, or with the least there is.
 */
export function powerSamplesOf(messages: readonly TransactionMessage[]): PowerSample[] {
  const moments = new Map<number, Moment>();
  const unnamed = new Set<number>();
  for (const reading of messages.flatMap(({ readings }) => readings)) {
    const value = comparableOf(reading);
    if (value === null || reading.time === null) continue;
    const { epochMs } = reading.time;
    const moment: Moment = moments.get(epochMs) ?? new Map<string, Map<string | null, Decimal>>();
    moments.set(epochMs, moment);
    if (reading.measurand === "Power.Active.Import" && reading.unit === null) unnamed.add(epochMs);
    keepLowest(moment, reading, value);
  }
  return [...moments]
    .flatMap(([atMs, moment]) => {
      const powerW = powerOf(moment);
      const isUnitNamed = moment.has("Power.Active.Import") && !unnamed.has(atMs);
      return powerW === null ? [] : [{ atMs, powerW, isUnitNamed }];
    })
    .sort((left, right) => left.atMs - right.atMs);
}

function comparableOf({ measurand, faults, value, unit }: SampledReading): Decimal | null {
  if (faults.length > 0 || value === null) return null;
  if (measurand === "Power.Active.Import") return value;
  const [units, milli] = measurand === "Current.Import" ? ["A", "mA"] : measurand === "Voltage" ? ["V", "mV"] : [];
  if (units === undefined) return null;
  if (unit === null || unit === units) return value;
  return unit === milli ? { ...value, scale: value.scale + 3 } : null;
}

function keepLowest(moment: Moment, { measurand, phase }: SampledReading, value: Decimal): void {
  const ofMeasurand = moment.get(measurand) ?? new Map<string | null, Decimal>();
  moment.set(measurand, ofMeasurand);
  // L1 and L1-N are the same phase, and L1-L2 is the voltage between two.
  const isBetween = phase !== null && /^L[1-3]-L[1-3]$/.test(phase);
  const name = phase === null ? null : phase.slice(0, 2);
  const lowest =
    isBetween && measurand === "Voltage"
      ? { ...value, unscaled: (value.unscaled * phaseOfTwo.numerator) / phaseOfTwo.denominator }
      : value;
  const known = ofMeasurand.get(name);
  if (known === undefined || compareDecimals(lowest, known) < 0) ofMeasurand.set(name, lowest);
}

function powerOf(moment: Moment): Decimal | null {
  const power = moment.get("Power.Active.Import");
  if (power !== undefined) return power.get(null) ?? sumOf(power);
  const currents = moment.get("Current.Import");
  if (currents === undefined) return null;
  const voltages = moment.get("Voltage") ?? new Map<string | null, Decimal>([[null, leastVoltageV]]);
  const lowestV = [...voltages.values()].reduce((least, value) => (compareDecimals(value, least) < 0 ? value : least));
  const whole = currents.get(null);
  // What is told of the whole may be the current of each phase: of one it is at least.
  if (whole !== undefined) return product(whole, voltages.get(null) ?? lowestV);
  return phases.reduce((sum, phase) => {
    const current = currents.get(phase);
    const voltage = voltages.get(phase) ?? voltages.get(null) ?? lowestV;
    return current === undefined ? sum : addDecimals(sum, product(current, voltage));
  }, zero);
}

function sumOf(values: ReadonlyMap<string | null, Decimal>): Decimal {
  return phases.reduce((sum, phase) => addDecimals(sum, values.get(phase) ?? zero), zero);
}

function product(left: Decimal, right: Decimal): Decimal {
  return { unscaled: left.unscaled * right.unscaled, scale: left.scale + right.scale };
}
