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

/** What a service may spend where its operator says nothing else, in 10⁻⁹ of the chain's coin. */
export interface SpendingDefaults {
  readonly tipLimitGwei: number;
  readonly transactionLimitGwei: number;
  /** What the relayer's account may spend for others in 24 hours. */
  readonly relayDayLimitGwei: number;
}

// A tip is what a block's maker gets above the base fee. On Ethereum 1 to 2 gwei are usual, on chains with one sequencer
// next to nothing, on Polygon 25 gwei are the least that is taken and a coin is worth a ten-thousandth.
const ethereum: SpendingDefaults = {
  tipLimitGwei: 5,
  transactionLimitGwei: 200_000_000,
  relayDayLimitGwei: 50_000_000,
};
const rollup: SpendingDefaults = {
  tipLimitGwei: 1,
  transactionLimitGwei: 20_000_000,
  relayDayLimitGwei: 10_000_000,
};
const polygon: SpendingDefaults = {
  tipLimitGwei: 200,
  transactionLimitGwei: 20_000_000_000,
  relayDayLimitGwei: 20_000_000_000,
};
/** Play money. */
const localChain: SpendingDefaults = {
  tipLimitGwei: 10,
  transactionLimitGwei: 1_000_000_000,
  relayDayLimitGwei: 1_000_000_000,
};

const defaultsByChain: ReadonlyMap<number, SpendingDefaults> = new Map([
  [1, ethereum],
  [10, rollup],
  [137, polygon],
  [8_453, rollup],
  [31_337, localChain],
  [42_161, rollup],
]);

/** The defaults of a chain; those of Ethereum for one that is not listed. */
export function spendingDefaultsOf(chainId: number): SpendingDefaults {
  return defaultsByChain.get(chainId) ?? ethereum;
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
