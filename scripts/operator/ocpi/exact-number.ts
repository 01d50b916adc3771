/**
 * A number of a JSON document times a power of ten, exactly as it is written, or null where that is no whole number.
 * JSON's numbers are read as doubles; their shortest decimal form is what was written, as far as 15 digits go.
 */
export function scaled(value: number, decimals: number): bigint | null {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/u.exec(String(value));
  if (match === null) return null;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const shift = decimals - fraction.length + Number(exponent);
  const digits = BigInt(`${whole}${fraction}`);
  if (shift >= 0) return (sign === "-" ? -digits : digits) * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  if (digits % divisor !== 0n) return null;
  return (sign === "-" ? -digits : digits) / divisor;
}
