import { addDecimals, compareDecimals, subtractDecimals, toMicroWh, type Decimal } from "../decimal.ts";

/** Doubles that stations compute with are off by less than this for every register below 10^12 Wh. */
export const noiseWh: Decimal = { unscaled: 1n, scale: 3 };
/** Far above what doubles lose where two registers are subtracted, and far below what a meter tells. */
const differenceNoiseWh: Decimal = { unscaled: 1n, scale: 7 };

export function coarserOf(left: Decimal, right: Decimal): Decimal {
  return compareDecimals(left, right) >= 0 ? left : right;
}

/** By how much two values differ, whichever is the greater. */
export function distanceOf(left: Decimal, right: Decimal): Decimal {
  const { unscaled, scale } = subtractDecimals(left, right);
  return { unscaled: unscaled < 0n ? -unscaled : unscaled, scale };
}

/**
 * Energy as far as unsigned readings tell it: to 10⁻⁶ Wh, rounded down, except that what is within 10⁻⁷ Wh of the next
 * counts as it. Stations compute with doubles: thirds of a watt-hour differ by 1500.0000000000002 or
 * 1499.9999999999998, and both are 1500.
 */
export function toldEnergyWh(energyWh: Decimal): Decimal {
  if (energyWh.scale <= 6) return energyWh;
  return { unscaled: toMicroWh(addDecimals(energyWh, differenceNoiseWh), "down"), scale: 6 };
}
