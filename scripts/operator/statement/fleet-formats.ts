import type { FleetTerms } from "../../../services/dossier/fleet/fleet-statement.ts";

/** How a statement writes its figures in a locale; no figure goes through a number of the machine. */
export interface FleetFormats {
  readonly time: (seconds: number) => string;
  readonly moment: (seconds: number) => string;
  /** @param month "2026-11" */
  readonly month: (month: string) => string;
  readonly count: (count: number) => string;
  /** Watt-hours, in kWh. */
  readonly energy: (wattHours: bigint) => string;
  /** In the currency's smallest unit. */
  readonly amount: (amount: bigint) => string;
  readonly price: (microPerKwh: bigint) => string;
}

const priceDecimals = { least: 2, most: 6 };

export function fleetFormatsOf({ timeZone, price }: FleetTerms, locale: string): FleetFormats {
  const time = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: "short", timeStyle: "short" });
  const moment = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: "long", timeStyle: "short" });
  const month = new Intl.DateTimeFormat(locale, { timeZone: "UTC", month: "long", year: "numeric" });
  const count = new Intl.NumberFormat(locale);
  return {
    time: (seconds) => time.format(seconds * 1_000),
    moment: (seconds) => moment.format(seconds * 1_000),
    month: (name) => month.format(Date.parse(`${name}-01T00:00:00Z`)),
    count: (value) => count.format(value),
    energy: decimalsIn(locale, 3, 3),
    amount: decimalsIn(locale, price?.decimals ?? 0, price?.decimals ?? 0),
    price: decimalsIn(locale, priceDecimals.most, priceDecimals.least),
  };
}

/** A whole number of the last decimal. */
function decimalsIn(locale: string, decimals: number, least: number): (value: bigint) => string {
  const written = new Intl.NumberFormat(locale, { minimumFractionDigits: least, maximumFractionDigits: decimals });
  const scale = 10n ** BigInt(decimals);
  return (value) => {
    const fraction = decimals === 0 ? "" : `.${(value % scale).toString().padStart(decimals, "0")}`;
    return written.format(`${value / scale}${fraction}` as `${number}`);
  };
}
