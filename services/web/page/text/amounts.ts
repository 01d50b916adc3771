import { decimalsOf, roundParts } from "../../../domain/printed-sums.ts";

const microPerToken = 1_000_000n;
const amountGrammar = /^(0|[1-9][0-9]{0,11})(?:[.,]([0-9]{1,6}))?$/u;

/** An amount of 10⁻⁶ token as people of the locale write it: at least two decimals, and as many as it has. */
export function formatMicro(micro: bigint, locale: string, mostDecimals = 6): string {
  return format(micro, 6, locale, 2, mostDecimals);
}

/**
 * Amounts that add up to a total which is shown beside them, and the total: all with the decimals that the total needs, and
 * rounded so that they add up as printed.
 */
export function formatMicroParts(
  partsMicro: readonly bigint[],
  locale: string,
): { readonly parts: readonly string[]; readonly total: string } {
  const totalMicro = partsMicro.reduce((sum, part) => sum + part, 0n);
  const decimals = decimalsOf(totalMicro, 6, 2);
  const print = (micro: bigint): string => format(micro, 6, locale, decimals, decimals);
  return {
    parts: roundParts(partsMicro, 10n ** BigInt(6 - decimals)).map(print),
    total: print(totalMicro),
  };
}

/** A price of nano-tokens (1e-9) with its tax; what it has beyond six decimals is rounded up. */
export function formatPrice(nano: bigint, taxBps: number, locale: string): string {
  const perMicro = 10_000_000n;
  return formatMicro((nano * BigInt(10_000 + taxBps) + perMicro - 1n) / perMicro, locale);
}

/** Energy of 10⁻⁶ Wh in kWh, to the watt-hour. */
export function formatKwh(microWh: bigint, locale: string): string {
  return `${format(microWh, 9, locale, 1, 3)} kWh`;
}

/** The same with every digit that it has: for energy that a price or a sum is worked out from. */
export function formatExactKwh(microWh: bigint, locale: string): string {
  return `${format(microWh, 9, locale, 1, 9)} kWh`;
}

/** A count, with the separators of the locale. */
export function formatCount(count: number, locale: string): string {
  return new Intl.NumberFormat(locale).format(count);
}

/** Power in kW. */
export function formatKw(powerW: number, locale: string): string {
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: 1, minimumFractionDigits: 1 }).format(powerW / 1_000)} kW`;
}

/** Hours, minutes and seconds. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3_600), Math.floor((whole % 3_600) / 60), whole % 60];
  return parts.map((part) => part.toString().padStart(2, "0")).join(":");
}

/** Basis points in per cent. */
export function formatBps(bps: number, locale: string): string {
  return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 2 }).format(bps / 10_000);
}

/** A time of the chain, in seconds since 1970, as people of the locale and the device's time zone write it. */
export function formatTime(seconds: number, locale: string): string {
  return new Intl.DateTimeFormat(timeLocaleOf(locale), { dateStyle: "medium", timeStyle: "short" }).format(
    new Date(seconds * 1_000),
  );
}

/** "en" alone would mean the United States, where 11/12 is a day in November and the day has two twelves. */
export function timeLocaleOf(locale: string): string {
  return locale === "en" ? "en-GB" : locale;
}

/** The amount that was typed in 10⁻⁶ token, with a point or a comma; `null` if it is none or zero. */
export function parseMicro(text: string): bigint | null {
  const match = amountGrammar.exec(text.trim());
  if (match === null) return null;
  const micro = BigInt(match[1] ?? "0") * microPerToken + BigInt((match[2] ?? "").padEnd(6, "0"));
  return micro === 0n ? null : micro;
}

/** An amount as people of the locale type it, to be put into a field. */
export function plainMicro(micro: bigint, locale: string): string {
  const digits = micro.toString().padStart(7, "0");
  const fraction = digits.slice(-6).replace(/0+$/u, "");
  return fraction === "" ? digits.slice(0, -6) : `${digits.slice(0, -6)}${decimalMarkOf(locale)}${fraction}`;
}

/** A comma or a point. */
function decimalMarkOf(locale: string): string {
  const parts = new Intl.NumberFormat(locale).formatToParts(0.5);
  return parts.find(({ type }) => type === "decimal")?.value ?? ".";
}

/** Numbers beyond 53 bits are formatted from their digits, never from a rounded number. */
function format(value: bigint, scale: number, locale: string, least: number, most: number): string {
  const sign = value < 0n ? "-" : "";
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  const number: Intl.StringNumericLiteral = `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}` as `${number}`;
  return new Intl.NumberFormat(locale, {
    minimumFractionDigits: least,
    maximumFractionDigits: most,
    roundingMode: "trunc",
  }).format(number);
}
