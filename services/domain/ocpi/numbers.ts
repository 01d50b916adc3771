import { dateText } from "../local-time.ts";

/**
 * Numbers as OCPI has them. OCPI's usual four decimals are too few for a price of 10⁻⁶ token or for a second in hours, so each
 * number has as many as it needs, and whoever multiplies prices and volumes gets the amounts.
 */

/** An amount of 10⁻⁶ token, exactly. */
export function money(amountMicro: bigint): number {
  return Number(amountMicro) / 1_000_000;
}

/** A price of 10⁻⁹ token. Beyond 15 digits a number of JSON is not exact. */
export function nanoMoney(priceNano: bigint): number {
  return Number(priceNano) / 1_000_000_000;
}

/** Energy of 10⁻⁶ Wh in kWh, exactly. */
export function kilowattHours(energyMicroWh: bigint): number {
  return Number(energyMicroWh) / 1_000_000_000;
}

/** Seconds in hours with nine decimals, rounded down: so no step of OCPI's, which rounds up, is begun by the rounding. */
export function hours(seconds: number): number {
  return Number((BigInt(seconds) * 1_000_000_000n) / 3_600n) / 1_000_000_000;
}

/** Seconds since 1970 in UTC, to the millisecond. */
export function time(seconds: number): string {
  const atMs = Math.round(seconds * 1_000);
  const daySeconds = Math.floor(atMs / 1_000) % 86_400;
  const parts = [daySeconds / 3_600, (daySeconds / 60) % 60, daySeconds % 60];
  const clock = parts.map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
  const fraction = atMs % 1_000 === 0 ? "" : `.${String(atMs % 1_000).padStart(3, "0")}`;
  return `${dateText(Math.floor(atMs / 1_000))}T${clock}${fraction}Z`;
}
