import { addDecimals, compareDecimals, formatDecimal, subtractDecimals, unscaledAt, type Decimal } from "../decimal.ts";
import type { TransactionMessage } from "./message.ts";
import { powerSamplesOf, type PowerSample } from "./sampled-power.ts";

/** Energy that flowed in a time. */
export interface Flow {
  readonly energyWh: Decimal;
  readonly durationMs: number;
}

/** One message's register and power, read at the same time. */
interface PowerPoint {
  readonly atMs: number;
  readonly registerWh: Decimal;
  readonly powerW: Decimal;
}

// A factor of 1000 within a quarter: power is sampled and not averaged, so the two never agree exactly.
const highLow = 800n;
const highHigh = 1_250n;
/** Below this much reference energy a factor says nothing: a thousandth of it is less than a register can show. */
const leastReferenceWh: Decimal = { unscaled: 1n, scale: 0 };
const scaleOfComparison = 12;
const msPerHour = 3_600_000n;

/**
 * Whether two statements about one flow differ by about 1000, which is a unit taken for another (docs/ocpp-energy.md, rule 9). Slopes
 * are compared, so that the two need not span the same time.
 */
export function isUnitFault(flow: Flow, reference: Flow): boolean {
  if (flow.durationMs <= 0 || reference.durationMs <= 0) return false;
  const flowing = scaled(flow.energyWh) * BigInt(reference.durationMs);
  const referenced = scaled(reference.energyWh) * BigInt(flow.durationMs);
  if (scaled(reference.energyWh) < scaled(leastReferenceWh) && scaled(flow.energyWh) < scaled(leastReferenceWh)) {
    return false;
  }
  if (flowing <= 0n || referenced <= 0n) return false;
  return (
    (flowing >= referenced * highLow && flowing <= referenced * highHigh) ||
    (referenced >= flowing * highLow && referenced <= flowing * highHigh)
  );
}

/**
 * Energy by the register and energy by the power that the same messages report beside it, over the stretches where the
 * register rises; `null` where no two messages carry both.
 * @param counting The readings that count, so that one which does not disturbs nothing.
 */
export function comparePowerWithRegister(
  messages: readonly TransactionMessage[],
  counting: readonly { readonly registerWh: Decimal; readonly time: { readonly epochMs: number } }[],
): { readonly byRegister: Flow; readonly byPower: Flow } | null {
  const counted = new Set(counting.map(({ registerWh, time }) => registerKeyOf(time.epochMs, registerWh)));
  const points = messages
    .flatMap((message) => powerPointsOf(message, counted))
    .sort((left, right) => left.atMs - right.atMs);
  let registerUnits = 0n;
  let powerUnits = 0n;
  let durationMs = 0;
  for (const [index, point] of points.entries()) {
    const previous = points[index - 1];
    if (previous === undefined || point.atMs === previous.atMs) continue;
    const step = subtractDecimals(point.registerWh, previous.registerWh);
    if (step.unscaled < 0n) continue;
    const stepMs = point.atMs - previous.atMs;
    registerUnits += scaled(step);
    powerUnits += ((scaled(previous.powerW) + scaled(point.powerW)) * BigInt(stepMs)) / (2n * msPerHour);
    durationMs += stepMs;
  }
  if (durationMs === 0) return null;
  return {
    byRegister: { energyWh: { unscaled: registerUnits, scale: scaleOfComparison }, durationMs },
    byPower: { energyWh: { unscaled: powerUnits, scale: scaleOfComparison }, durationMs },
  };
}

/** From one sample of power to the next. */
export interface PowerStep {
  readonly fromMs: number;
  readonly toMs: number;
  /** What the lower of the two says: more may have flowed. */
  readonly energyWh: Decimal;
  /** What the greater of the two says. */
  readonly greatestWh: Decimal;
  /** Of both samples: see `PowerSample`. */
  readonly isUnitNamed: boolean;
}

/** The steps between samples of power, in order of time. */
export function powerStepsOf(messages: readonly TransactionMessage[]): readonly PowerStep[] {
  return powerSamplesOf(messages).flatMap((sample, index, samples) => {
    const previous = samples[index - 1];
    if (previous === undefined) return [];
    const { atMs: toMs } = sample;
    const fromMs = previous.atMs;
    const energyAt = ({ powerW }: PowerSample): Decimal => ({
      unscaled: (scaled(powerW) * BigInt(toMs - fromMs)) / msPerHour,
      scale: scaleOfComparison,
    });
    const [lower, greater] =
      compareDecimals(previous.powerW, sample.powerW) < 0 ? [previous, sample] : [sample, previous];
    const isUnitNamed = previous.isUnitNamed && sample.isUnitNamed;
    return [{ fromMs, toMs, energyWh: energyAt(lower), greatestWh: energyAt(greater), isUnitNamed }];
  });
}

/**
 * The least energy that flowed by the power that was sampled. Before the first sample and after the last nothing is told.
 */
export function energyByPowerWh(messages: readonly TransactionMessage[]): Decimal {
  const nothing: Decimal = { unscaled: 0n, scale: scaleOfComparison };
  return powerStepsOf(messages).reduce((sum, { energyWh }) => addDecimals(sum, energyWh), nothing);
}

/** The greatest power that was sampled; 0 where none was. */
export function greatestPowerW(messages: readonly TransactionMessage[]): Decimal {
  const zero: Decimal = { unscaled: 0n, scale: 0 };
  return powerSamplesOf(messages).reduce(
    (most, { powerW }) => (compareDecimals(powerW, most) > 0 ? powerW : most),
    zero,
  );
}

function registerKeyOf(atMs: number, registerWh: Decimal): string {
  return `${atMs} ${formatDecimal(registerWh)}`;
}

function powerPointsOf(message: TransactionMessage, counted: ReadonlySet<string>): PowerPoint[] {
  return powerSamplesOf([message]).flatMap(({ atMs, powerW, isUnitNamed }) => {
    // What may be watts or kilowatts says nothing about a factor of 1000.
    if (!isUnitNamed) return [];
    const register = message.readings.find(
      ({ measurand, phase, faults, time, value }) =>
        measurand === "Energy.Active.Import.Register" &&
        phase === null &&
        faults.length === 0 &&
        time?.epochMs === atMs &&
        value !== null &&
        counted.has(registerKeyOf(atMs, value)),
    );
    if (register === undefined || register.value === null) return [];
    return [{ atMs, registerWh: register.value, powerW }];
  });
}

/** Cut off far below what any register shows, so that all comparisons are of integers. */
function scaled(value: Decimal): bigint {
  return value.scale <= scaleOfComparison
    ? unscaledAt(value, scaleOfComparison)
    : value.unscaled / 10n ** BigInt(value.scale - scaleOfComparison);
}
