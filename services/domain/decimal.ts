/** An exact decimal number: `unscaled / 10^scale`, with `scale >= 0`. */
export interface Decimal {
  readonly unscaled: bigint;
  readonly scale: number;
}

/** Digits a number may be written with, and how far its exponent may move the point. Real meters need 12 and 7. */
const maximumDigits = 100;
const maximumExponent = 30;

const jsonNumber = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,3}))?$/;
const paddedNumber = /^ *([0-9]+)(?:\.([0-9]+))?$/;

/** A JSON number that is not negative, exponent allowed, or `null`. There is no minus sign: not even minus zero. */
export function parseJsonDecimal(lexeme: string): Decimal | null {
  const match = jsonNumber.exec(lexeme);
  return match === null ? null : buildDecimal(match[1] ?? "", match[2] ?? "", Number(match[3] ?? "0"));
}

/** The digits some meters put in quotes: filled on the left with blanks or zeros, no sign, no exponent; or `null`. */
export function parsePaddedDecimal(text: string): Decimal | null {
  const match = paddedNumber.exec(text);
  return match === null ? null : buildDecimal(match[1] ?? "", match[2] ?? "", 0);
}

/** Negative, zero or positive as `left` is below, equal to or above `right`. */
export function compareDecimals(left: Decimal, right: Decimal): number {
  const difference = subtractDecimals(left, right).unscaled;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Exactly `left - right`. */
export function subtractDecimals(left: Decimal, right: Decimal): Decimal {
  const scale = Math.max(left.scale, right.scale);
  return { unscaled: unscaledAt(left, scale) - unscaledAt(right, scale), scale };
}

/** Exactly `left + right`. */
export function addDecimals(left: Decimal, right: Decimal): Decimal {
  const scale = Math.max(left.scale, right.scale);
  return { unscaled: unscaledAt(left, scale) + unscaledAt(right, scale), scale };
}

/** Exactly `value * 10^power`, for any whole power. */
export function shiftDecimal(value: Decimal, power: number): Decimal {
  return value.scale >= power
    ? { unscaled: value.unscaled, scale: value.scale - power }
    : { unscaled: value.unscaled * 10n ** BigInt(power - value.scale), scale: 0 };
}

/** Canonical text: no exponent, no trailing zeros, `0` for zero, `-` only below zero. */
export function formatDecimal(value: Decimal): string {
  const digits = (value.unscaled < 0n ? -value.unscaled : value.unscaled).toString().padStart(value.scale + 1, "0");
  const whole = digits.slice(0, digits.length - value.scale);
  const fraction = digits.slice(digits.length - value.scale).replace(/0+$/, "");
  const sign = value.unscaled < 0n ? "-" : "";
  return fraction === "" ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}

/** Watt-hours as an integer of 10^-6 Wh. `up` rounds towards plus infinity, `down` towards minus infinity. */
export function toMicroWh(valueWh: Decimal, rounding: "up" | "down"): bigint {
  if (valueWh.scale <= 6) return unscaledAt(valueWh, 6);
  const divisor = 10n ** BigInt(valueWh.scale - 6);
  const quotient = valueWh.unscaled / divisor;
  const remainder = valueWh.unscaled % divisor;
  if (rounding === "up" && remainder > 0n) return quotient + 1n;
  if (rounding === "down" && remainder < 0n) return quotient - 1n;
  return quotient;
}

function buildDecimal(whole: string, fraction: string, exponent: number): Decimal | null {
  if (whole.length + fraction.length > maximumDigits || Math.abs(exponent) > maximumExponent) return null;
  const unscaled = BigInt(whole + fraction);
  const scale = fraction.length - exponent;
  return scale >= 0 ? { unscaled, scale } : { unscaled: unscaled * 10n ** BigInt(-scale), scale: 0 };
}

/** The number as an integer of `10^-scale`; `scale` is not below the number's own. */
export function unscaledAt(value: Decimal, scale: number): bigint {
  // Nearly always, and raising to a power is what a comparison takes longest for.
  return scale === value.scale ? value.unscaled : value.unscaled * 10n ** BigInt(scale - value.scale);
}
