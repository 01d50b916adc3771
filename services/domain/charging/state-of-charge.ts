import { compareDecimals, subtractDecimals, type Decimal } from "../decimal.ts";
import type { TransactionMessage } from "./message.ts";

/** Hardly a vehicle that reports its state of charge has a battery of less than 5 kWh: a hundredth of that is 50 Wh. */
const whPerPercent = 50n;
/** A state of charge is told in whole per cent, so a rise by one may be none. */
const roundingPercent: Decimal = { unscaled: 1n, scale: 0 };
const nothing: Decimal = { unscaled: 0n, scale: 0 };

/** The least energy, in Wh, that the vehicle took by its state of charge; 0 where it told none, or none that rose. */
export function energyByStateOfChargeWh(messages: readonly TransactionMessage[]): Decimal {
  const samples = messages
    .flatMap(({ readings }) => readings)
    .flatMap(({ measurand, faults, value, time }) =>
      measurand === "SoC" && faults.length === 0 && value !== null && time !== null
        ? [{ percent: value, atMs: time.epochMs }]
        : [],
    )
    .sort((left, right) => left.atMs - right.atMs);
  let lowest: Decimal | null = null;
  let greatestRise = nothing;
  for (const { percent } of samples) {
    if (lowest === null || compareDecimals(percent, lowest) < 0) lowest = percent;
    const rise = subtractDecimals(subtractDecimals(percent, lowest), roundingPercent);
    if (compareDecimals(rise, greatestRise) > 0) greatestRise = rise;
  }
  return { ...greatestRise, unscaled: greatestRise.unscaled * whPerPercent };
}
