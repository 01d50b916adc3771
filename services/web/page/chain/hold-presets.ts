import { priceOf, type Tariff } from "../../../domain/tariff.ts";

/** How much of the battery is to be charged, at most. */
export type HoldPreset = "quarter" | "half" | "full";

export interface PresetHold {
  readonly preset: HoldPreset;
  readonly energyMicroWh: bigint;
  readonly holdMicro: bigint;
}

/** What most public charging stations with alternating current give; slow charging makes minutes dear, so it is safe. */
export const assumedPowerW = 11_000;
const microWhPerKwh = 1_000_000_000n;
/** A hold is a round amount: a tenth of a token. */
const roundingMicro = 100_000n;
const shares: readonly (readonly [HoldPreset, bigint, bigint])[] = [
  ["quarter", 1n, 4n],
  ["half", 1n, 2n],
  ["full", 1n, 1n],
];

/**
 * Holds that are enough for a part of the battery: the price of that energy, with its minutes at the assumed power,
 * rounded up. Losses and a warm battery take about a tenth more than the battery holds.
 */
export function presetHolds(tariff: Tariff, batteryKwh: number): readonly PresetHold[] {
  const batteryMicroWh = (BigInt(batteryKwh) * microWhPerKwh * 11n) / 10n;
  return shares.map(([preset, part, whole]) => {
    const energyMicroWh = (batteryMicroWh * part) / whole;
    const grossMicro = costOf(tariff, energyMicroWh);
    const holdMicro = ((grossMicro + roundingMicro - 1n) / roundingMicro) * roundingMicro;
    return { preset, energyMicroWh, holdMicro: holdMicro === 0n ? roundingMicro : holdMicro };
  });
}

/** About how much energy a hold is enough for, in 10⁻⁶ Wh, to the tenth of a kilowatt-hour; `null` beyond 1 MWh. */
export function energyWithin(tariff: Tariff, holdMicro: bigint): bigint | null {
  const step = microWhPerKwh / 10n;
  let low = 0n;
  let high = 10_000n;
  if (costOf(tariff, high * step) <= holdMicro) return null;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (costOf(tariff, middle * step) <= holdMicro) low = middle;
    else high = middle;
  }
  return low * step;
}

function costOf(tariff: Tariff, energyMicroWh: bigint): bigint {
  const seconds = secondsFor(energyMicroWh, assumedPowerW);
  return priceOf(tariff, energyMicroWh, seconds, seconds).grossMicro;
}

/** How long the energy takes at a power. */
export function secondsFor(energyMicroWh: bigint, powerW: number): number {
  return Math.ceil((Number(energyMicroWh / 1_000_000n) / powerW) * 3_600);
}
