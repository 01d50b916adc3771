/**
 * Rounds parts so that what is printed adds up to the printed total: each part becomes one of its two neighbours among the
 * multiples of `unit`, and together they are the total. Those with the largest remainder are rounded up; of equal ones the
 * first.
 *
 * @param parts In the smallest unit, say 10⁻⁶ token.
 * @param unit What the last printed digit is worth, in the same unit, above zero.
 * @param printedTotal The total as it is printed, a multiple of `unit`; by default rounded down.
 * @throws RangeError for a unit that is not above zero
 */
export function roundParts(parts: readonly bigint[], unit: bigint, printedTotal?: bigint): readonly bigint[] {
  if (unit <= 0n) throw new RangeError("A printed digit is worth more than nothing.");
  const floors = parts.map((part) => floorOf(part, unit));
  const exact = parts.reduce((sum, part) => sum + part, 0n);
  const total = printedTotal ?? floorOf(exact, unit);
  const missing = Number((total - floors.reduce((sum, floor) => sum + floor, 0n)) / unit);
  const remainders = parts.map((part, index) => ({ index, remainder: part - (floors[index] ?? 0n) }));
  const raised = new Set(
    remainders
      .toSorted((left, right) => compare(right.remainder, left.remainder))
      .slice(0, missing)
      .map(({ index }) => index),
  );
  return floors.map((floor, index) => (raised.has(index) ? floor + unit : floor));
}

/** The nearest multiple of `unit`, the greater one where two are as near. */
export function roundNearest(value: bigint, unit: bigint): bigint {
  return floorOf(value + unit / 2n, unit);
}

/** How many decimals are needed so that nothing is left out, at least `least`. @param scale Decimals of the smallest unit. */
export function decimalsOf(value: bigint, scale: number, least: number): number {
  let decimals = scale;
  let rest = value;
  while (decimals > least && rest % 10n === 0n) {
    rest /= 10n;
    decimals -= 1;
  }
  return Math.max(decimals, least);
}

function floorOf(value: bigint, unit: bigint): bigint {
  const remainder = value % unit;
  return value - (remainder < 0n ? remainder + unit : remainder);
}

function compare(left: bigint, right: bigint): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
