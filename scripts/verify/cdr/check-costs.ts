import type { Amounts, OcpiPrice } from "../../operator/ocpi/arithmetic.ts";
import {
  add,
  compare,
  decimalsOf,
  divide,
  fraction,
  fractionOf,
  multiply,
  roundDown,
  roundHalfUp,
  zero,
  type Fraction,
} from "../../operator/ocpi/fraction.ts";
import type { Cdr, CdrPrice } from "./cdr-schema.ts";
import type { CdrReason } from "./read-cdr.ts";

const hundred = fraction(100n);
/** OCPI's numbers usually have up to four decimals; ours have six, which are rounded down. */
const usualDecimals = 4;
const finestDecimals = 6;

/** The amount before tax that a record states. */
export function netOf(price: CdrPrice): number {
  return price.excl_vat ?? price.before_taxes ?? 0;
}

/** The amount with tax that a record states; `null` where it states none. */
export function grossOf(price: CdrPrice): Fraction | null {
  if (price.before_taxes !== undefined) {
    return (price.taxes ?? []).reduce(
      (sum, { amount }) => add(sum, fractionOf(amount)),
      fractionOf(price.before_taxes),
    );
  }
  return price.incl_vat === undefined ? null : fractionOf(price.incl_vat);
}

/** Compares what a record states with what its tariff gives. */
export function checkCosts(cdr: Cdr, price: OcpiPrice): readonly CdrReason[] {
  const parts: readonly (readonly [where: string, stated: CdrPrice | undefined, given: Amounts])[] = [
    ["total_fixed_cost", cdr.total_fixed_cost, price.components.FLAT],
    ["total_energy_cost", cdr.total_energy_cost, price.components.ENERGY],
    ["total_time_cost", cdr.total_time_cost, price.components.TIME],
    ["total_parking_cost", cdr.total_parking_cost, price.components.PARKING_TIME],
  ];
  const reasons = parts.flatMap(([where, stated, given]): readonly CdrReason[] => {
    if (stated === undefined) return [];
    // Of a credit, OCPI only asks the total to be negative.
    return differences(stated, given, where, "CDR_COMPONENT_COST_DIFFERS", price.isTaxUntold, cdr.credit === true);
  });
  const total =
    cdr.credit === true ? { net: negative(price.total.net), gross: negative(price.total.gross) } : price.total;
  reasons.push(...differences(cdr.total_cost, total, "total_cost", "CDR_TOTAL_COST_DIFFERS", price.isTaxUntold, false));
  return reasons;
}

function differences(
  stated: CdrPrice,
  given: Amounts,
  where: string,
  code: "CDR_COMPONENT_COST_DIFFERS" | "CDR_TOTAL_COST_DIFFERS",
  isTaxUntold: boolean,
  ignoresSign: boolean,
): readonly CdrReason[] {
  const unsigned = (value: Fraction): Fraction => (ignoresSign && value.over < 0n ? negative(value) : value);
  const net = unsigned(fractionOf(netOf(stated)));
  const gross = grossOf(stated);
  const netField = stated.before_taxes === undefined ? "excl_vat" : "before_taxes";
  const taxField = stated.before_taxes === undefined ? "incl_vat" : "taxes";
  if (!isTaxUntold) {
    if (!isStated(net, given.net)) return [{ code, where: `${where}.${netField}` }];
    return gross === null || isGross(unsigned(gross), given, stated)
      ? []
      : [{ code: "CDR_TAX_DIFFERS", where: `${where}.${taxField}` }];
  }
  // The tariff does not say the rate: one of both amounts is its price, and the taxes have to say their own rates.
  if (!isStated(net, given.net) && (gross === null || !isStated(unsigned(gross), given.gross))) {
    return [{ code, where: `${where}.${netField}` }];
  }
  const taxes = stated.taxes ?? [];
  if (taxes.some(({ percentage }) => percentage === undefined))
    return [{ code: "CDR_TAX_UNTOLD", where: `${where}.taxes` }];
  const isRight = taxes.every(({ percentage = 0, amount }) =>
    isStated(unsigned(fractionOf(amount)), divide(multiply(net, fractionOf(percentage)), hundred)),
  );
  return isRight ? [] : [{ code: "CDR_TAX_DIFFERS", where: `${where}.taxes` }];
}

/** A sum of taxes that are each rounded is as far from the rounded sum as there are taxes. */
function isGross(stated: Fraction, { gross }: Amounts, { taxes = [], before_taxes: net }: CdrPrice): boolean {
  if (isStated(stated, gross)) return true;
  if (net === undefined || taxes.length === 0) return false;
  const decimals = Math.max(2, decimalsOf(net), ...taxes.map(({ amount }) => decimalsOf(amount)));
  if (decimals > usualDecimals) return false;
  const difference = roundHalfUp(gross, decimals) - roundHalfUp(stated, decimals);
  return taxes.length > 1 && (difference < 0n ? -difference : difference) < BigInt(taxes.length);
}

/** An amount is stated if it is exact, with six decimals rounded down, or with two to four rounded to the nearest. */
function isStated(stated: Fraction, given: Fraction): boolean {
  if (compare(stated, given) === 0) return true;
  if (isWritten(stated, roundDown(given, finestDecimals), finestDecimals)) return true;
  const decimals = Math.max(2, lengthOf(stated));
  return decimals <= usualDecimals && isWritten(stated, roundHalfUp(given, decimals), decimals);
}

function isWritten(stated: Fraction, units: bigint, decimals: number): boolean {
  return compare(stated, fraction(units, 10n ** BigInt(decimals))) === 0;
}

/** Decimals of an amount, zeros at the end left out. */
function lengthOf(value: Fraction): number {
  for (let decimals = 0; decimals <= usualDecimals; decimals += 1) {
    if ((value.over * 10n ** BigInt(decimals)) % value.under === 0n) return decimals;
  }
  return usualDecimals + 1;
}

function negative(value: Fraction): Fraction {
  return value.over === 0n ? zero : { over: -value.over, under: value.under };
}
