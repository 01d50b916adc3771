/** A thousandth of a decimal text, digit by digit: no number of the machine comes between. */
export function kilo(decimal: string): Intl.StringNumericLiteral {
  const [whole = "0", fraction = ""] = decimal.split(".");
  const digits = whole.padStart(4, "0");
  return `${digits.slice(0, -3)}.${digits.slice(-3)}${fraction}` as `${number}`;
}
