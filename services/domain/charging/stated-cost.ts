import type { StatedCost } from "./message.ts";

/** Stations round to cents and count seconds by their own clock. */
const leastDifferenceMicro = 10_000n;
const leastShare = 100n;

/**
 * Whether a station shows another cost than the contract charges: by more than a cent, and by more than a hundredth of it.
 * With tax where the station says it so, else before tax.
 */
export function isCostDifferent(
  stated: StatedCost,
  price: { readonly netMicro: bigint; readonly grossMicro: bigint },
): boolean {
  const [shown, charged] =
    stated.grossMicro === null ? [stated.netMicro, price.netMicro] : [stated.grossMicro, price.grossMicro];
  if (shown === null) return false;
  const difference = shown > charged ? shown - charged : charged - shown;
  return difference > leastDifferenceMicro && difference * leastShare > charged;
}
