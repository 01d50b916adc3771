import { decimalsOf, roundNearest, roundParts } from "../../../domain/printed-sums.ts";
import type { Coin } from "./coin.ts";

/** What the second decimal of a printed amount is worth, in 10⁻⁶ token. */
const centMicro = 10_000n;
const scale = 6;

/** An amount for people: two decimals, rounded once, with the symbol of the money that the coin stands for. */
export function formatMoney(micro: bigint, coin: Coin, locale: string): string {
  return formatCents(roundNearest(micro, centMicro), coin, locale);
}

/** The same with every digit that it has, at least two: for what is signed, and on demand. */
export function formatExactMoney(micro: bigint, coin: Coin, locale: string): string {
  return write(micro, coin, locale, decimalsOf(micro < 0n ? -micro : micro, scale, 2));
}

/** The figure without its symbol, where one stands above a column or beside it. */
export function formatFigure(micro: bigint, locale: string): string {
  return format(roundNearest(micro, centMicro), locale, 2);
}

/** What stands for the money beside a figure: a code or sign of the currency, else the coin's own symbol. */
export function moneyUnit(coin: Coin, locale: string): string {
  if (coin.currency === null) return coin.symbol;
  const parts = new Intl.NumberFormat(locale, { style: "currency", currency: coin.currency }).formatToParts(0);
  return parts.find(({ type }) => type === "currency")?.value ?? coin.symbol;
}

/**
 * Amounts that stand beside their total: the total rounded to the nearest cent, and each part to one of its two neighbours
 * so that they add up as printed.
 */
export function formatSum(
  partsMicro: readonly bigint[],
  coin: Coin,
  locale: string,
): { readonly parts: readonly string[]; readonly figures: readonly string[]; readonly total: string } {
  const totalMicro = roundNearest(
    partsMicro.reduce((sum, part) => sum + part, 0n),
    centMicro,
  );
  const rounded = roundParts(partsMicro, centMicro, totalMicro);
  return {
    parts: rounded.map((part) => formatCents(part, coin, locale)),
    figures: rounded.map((part) => format(part, locale, 2)),
    total: formatCents(totalMicro, coin, locale),
  };
}

/**
 * A price per unit in nano-tokens (1e-9) with its tax. What it has beyond `mostDecimals` is rounded up, so that nobody pays
 * more than was shown.
 */
export function formatUnitPrice(nano: bigint, taxBps: number, coin: Coin, locale: string, mostDecimals = 6): string {
  const perMicro = 10_000_000n;
  const step = 10n ** BigInt(scale - mostDecimals);
  const micro = ceilOf(ceilOf(nano * BigInt(10_000 + taxBps), perMicro) / perMicro, step);
  return write(micro, coin, locale, decimalsOf(micro, scale, 2));
}

function ceilOf(value: bigint, step: bigint): bigint {
  return ((value + step - 1n) / step) * step;
}

function formatCents(micro: bigint, coin: Coin, locale: string): string {
  return write(micro, coin, locale, 2);
}

function write(micro: bigint, { currency, symbol }: Coin, locale: string, decimals: number): string {
  if (currency === null) return `${format(micro, locale, decimals)} ${symbol}`.trim();
  return new Intl.NumberFormat(locale, {
    style: "currency",
    currency,
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(literalOf(micro));
}

function format(micro: bigint, locale: string, decimals: number): string {
  return new Intl.NumberFormat(locale, {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(literalOf(micro));
}

/** Numbers beyond 53 bits are formatted from their digits, never from a rounded number. */
function literalOf(micro: bigint): Intl.StringNumericLiteral {
  const sign = micro < 0n ? "-" : "";
  const digits = (micro < 0n ? -micro : micro).toString().padStart(scale + 1, "0");
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}` as `${number}`;
}
