import { priceOf, type Tariff } from "./tariff.ts";

/** More than any car takes: 100 MWh. */
const mostMicroWh = 100_000_000_000_000n;

/**
 * The most energy that a hold pays, in 10⁻⁶ Wh.
 * @returns `null` where time costs something, too, or where no energy uses the hold up
 */
export function energyPaidBy(tariff: Tariff, holdMicro: bigint): bigint | null {
  if (tariff.priceNanoPerChargingHour > 0n || tariff.priceNanoPerConnectedHour > 0n) return null;
  const isPaid = (energyMicroWh: bigint): boolean => priceOf(tariff, energyMicroWh, 0, 0).grossMicro <= holdMicro;
  if (isPaid(mostMicroWh)) return null;
  // Prices never fall with the energy.
  let [paid, unpaid] = [0n, mostMicroWh];
  while (unpaid - paid > 1n) {
    const middle = (paid + unpaid) / 2n;
    if (isPaid(middle)) paid = middle;
    else unpaid = middle;
  }
  return paid;
}
