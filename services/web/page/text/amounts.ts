const microPerToken = 1_000_000n;
const amountGrammar = /^(0|[1-9][0-9]{0,11})(?:[.,]([0-9]{1,6}))?$/u;

/** An amount of 10⁻⁶ token as people of the locale write it: at least two decimals, and as many as it has. */
export function formatMicro(micro: bigint, locale: string, mostDecimals = 6): string {
  return format(micro, 6, locale, 2, mostDecimals);
}

/** Energy of 10⁻⁶ Wh in kWh for people: two decimals, three where a meter's value stands on a receipt. Never rounded up. */
export function formatKwh(microWh: bigint, locale: string, decimals: 2 | 3 = 2): string {
  return `${format(microWh, 9, locale, decimals, decimals)} kWh`;
}

/** Energy to the kilowatt-hour, for what is only about so much. */
export function formatWholeKwh(microWh: bigint, locale: string): string {
  return `${format(microWh, 9, locale, 0, 0)} kWh`;
}

/** The same with every digit that it has: for energy that a price or a sum is worked out from. */
export function formatExactKwh(microWh: bigint, locale: string): string {
  return `${format(microWh, 9, locale, 1, 9)} kWh`;
}

/** A count, with the separators of the locale. */
export function formatCount(count: number, locale: string): string {
  return new Intl.NumberFormat(locale).format(count);
}

/** Power in kW; what is measured has a decimal, what stands on a plate only where it needs one. */
export function formatKw(powerW: number, locale: string, leastDecimals: 0 | 1 = 1): string {
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1, minimumFractionDigits: leastDecimals });
  return `${number.format(powerW / 1_000)} kW`;
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
