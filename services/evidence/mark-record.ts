import type { Chain, MeterCurve, RegisteredMeter } from "../chain/chain.ts";
import { WattproofError } from "../errors.ts";

/** What the mark of a record depends on. */
export interface MarkedRecord {
  readonly meter: Pick<RegisteredMeter, "curve" | "possession">;
  /** The meter signed the session's tag. */
  readonly isBound: boolean;
  /** The signed bytes. */
  readonly payload: Uint8Array;
}

// The curves of docs/ocmf-on-chain.md: the contract verifies no other signatures.
const contractCurves: ReadonlySet<MeterCurve> = new Set<MeterCurve>(["secp256r1", "secp256k1"]);

/**
 * Whether the contract could take this record for a settlement without an oracle; `null` if the chain, asked once, does
 * not say.
 */
export async function isSettleableByMeter(
  chain: Pick<Chain, "canContractRead">,
  { meter, isBound, payload }: MarkedRecord,
): Promise<boolean | null> {
  if (meter.possession !== "proven-on-chain" || !contractCurves.has(meter.curve) || !isBound) return false;
  try {
    return await chain.canContractRead(payload);
  } catch (error) {
    // The record counts all the same: the oracles settle it, whatever the contract makes of it.
    if (error instanceof WattproofError) return null;
    throw error;
  }
}
