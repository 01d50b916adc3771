import type { Fees } from "./chain-transaction.ts";

/** The most that one transaction may offer to pay. */
export interface FeeLimits {
  /** Highest fee per gas, in wei. */
  readonly maxFeePerGasWei: bigint;
  /** Highest tip per gas, in wei. */
  readonly tipPerGasWei: bigint;
  /** Highest gas limit times fee per gas, in wei. */
  readonly transactionWei: bigint;
}

/** Which limit a transaction would break; `null`: none. */
export function brokenLimitOf(fees: Fees, gasLimit: bigint, limits: FeeLimits): "fee" | "tip" | "transaction" | null {
  if (fees.maxPriorityFeePerGas > limits.tipPerGasWei) return "tip";
  if (fees.maxFeePerGas > limits.maxFeePerGasWei) return "fee";
  return gasLimit * fees.maxFeePerGas > limits.transactionWei ? "transaction" : null;
}

const gasOfAnyCall = 1_000_000n;
/** A session to be settled has about a hundred bytes that are not zero and costs up to 60,000 where all storage is new. */
const gasPerByte = 1_000n;

/** The most gas that a call of the contracts can need, by the bytes of its calldata (docs/gas.md). */
export function mostGasOf(calldata: string): bigint {
  return gasOfAnyCall + gasPerByte * BigInt((calldata.length - 2) / 2);
}

const gasOfSettlement = 200_000n;
/** A session is about a hundred bytes of a batch and costs up to 30,000 in it; with its meter's records, a thousand bytes. */
const settlementGasPerByte = 400n;

/**
 * The gas that settling all sessions of a call needs. An estimate can be far below: it is made at the newest block's time,
 * where a claim may still be too early and be skipped, and what is mined later settles it.
 */
export function settlementGasOf(calldata: string): bigint {
  return gasOfSettlement + settlementGasPerByte * BigInt((calldata.length - 2) / 2);
}
