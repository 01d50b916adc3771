/** The curves of meters' keys. Their order is that of `Curve` of IMeterRegistry.sol, where 0 is "None". */
export const meterCurves = [
  "secp256r1",
  "secp256k1",
  "secp192r1",
  "secp192k1",
  "brainpoolP256r1",
  "secp384r1",
  "brainpoolP384r1",
  "secp224k1",
] as const;

export type MeterCurve = (typeof meterCurves)[number];

/** The curve's number in the registry. */
export function curveNumberOf(curve: MeterCurve): number {
  return meterCurves.indexOf(curve) + 1;
}
