/** An exact number: `over / under`, and `under` is positive. */
export interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

export const zero: Fraction = { over: 0n, under: 1n };

/** A whole number divided by a positive one. */
export function fraction(over: bigint, under = 1n): Fraction {
  return { over, under };
}

/** A number of a JSON document as it was written, as far as a double's 15 digits go. @throws RangeError if it is not finite */
export function fractionOf(value: number): Fraction {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/u.exec(String(value));
  if (match === null) throw new RangeError(`${value} is no finite number.`);
  const [, sign = "", whole = "", digits = "", exponent = "0"] = match;
  const unsigned = BigInt(`${whole}${digits}`);
  const over = sign === "-" ? -unsigned : unsigned;
  const shift = digits.length - Number(exponent);
  return shift >= 0 ? { over, under: 10n ** BigInt(shift) } : { over: over * 10n ** BigInt(-shift), under: 1n };
}

/** How many decimals a number of a JSON document was written with, zeros at the end left out. */
export function decimalsOf(value: number): number {
  let { under } = fractionOf(value);
  let decimals = 0;
  for (; under > 1n; under /= 10n) decimals += 1;
  return decimals;
}

export function add(left: Fraction, right: Fraction): Fraction {
  if (left.under === right.under) return { over: left.over + right.over, under: left.under };
  return { over: left.over * right.under + right.over * left.under, under: left.under * right.under };
}

export function subtract(left: Fraction, right: Fraction): Fraction {
  return add(left, { over: -right.over, under: right.under });
}

export function multiply(left: Fraction, right: Fraction): Fraction {
  return { over: left.over * right.over, under: left.under * right.under };
}

/** @param right is positive. */
export function divide(left: Fraction, right: Fraction): Fraction {
  return { over: left.over * right.under, under: left.under * right.over };
}

/** Negative, zero or positive as `left` is below, equal to or above `right`. */
export function compare(left: Fraction, right: Fraction): number {
  const difference = left.over * right.under - right.over * left.under;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function least(left: Fraction, right: Fraction): Fraction {
  return compare(left, right) <= 0 ? left : right;
}

/** In units of 10^-decimals, rounded towards zero. */
export function roundDown(value: Fraction, decimals: number): bigint {
  return (value.over * 10n ** BigInt(decimals)) / value.under;
}

/** In units of 10^-decimals, rounded to the nearest; halves go away from zero. */
export function roundHalfUp(value: Fraction, decimals: number): bigint {
  const scaled = value.over * 10n ** BigInt(decimals) * 2n;
  const half = scaled < 0n ? -value.under : value.under;
  return (scaled + half) / (value.under * 2n);
}

/** Rounded up to a whole multiple of a positive step. */
export function roundUpToStep(value: Fraction, step: Fraction): Fraction {
  const { over, under } = divide(value, step);
  const steps = over % under === 0n ? over / under : over / under + 1n;
  return multiply(fraction(steps), step);
}
