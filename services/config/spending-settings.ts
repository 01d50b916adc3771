import type { z } from "zod";

import { chainPresetOf } from "../domain/chain-presets.ts";
import type { FeeLimits } from "../domain/spending.ts";
import type { RelayLimits } from "../domain/relay-budget.ts";
import { section } from "./section.ts";
import { integer, optional, setting, type Kind } from "./setting.ts";

const mostGwei = 1_000_000_000_000;
const leastHold = integer(0, 9_000_000_000_000_000, "micro-tokens");
const micro: Kind<bigint> = { ...leastHold, schema: leastHold.schema.transform(BigInt) };

/** What the service may spend, for itself and for others. `null`: the default of its chain. */
export const spendingSection = section("Spending", {
  feeLimitGwei: setting(
    "FEE_LIMIT_GWEI",
    integer(1, 1_000_000, "gwei"),
    500,
    "Highest fee per gas that is offered, in gwei (1e-9 ether). Settlement waits while the chain asks for more.",
  ),
  tipLimitGwei: optional(
    "TIP_LIMIT_GWEI",
    integer(1, 1_000_000, "gwei"),
    "Highest tip per gas that is offered, in gwei. By default 10 on the local chain, 1 on Base, Arbitrum and OP, 200 on Polygon, else 5.",
  ),
  transactionLimitGwei: optional(
    "TRANSACTION_LIMIT_GWEI",
    integer(1, mostGwei, "gwei"),
    "The most that one transaction may cost, in gwei. By default 1 coin on the local chain and Gnosis, 0.02 on Base, Arbitrum and OP, 20 on Polygon, else 0.2.",
  ),
  leastHoldMicro: setting(
    "RELAY_LEAST_HOLD_MICRO",
    micro,
    1_000_000,
    "Smallest hold, top-up and withdrawal that the relayer pays gas for, in micro-tokens (1e-6). Set it to what the gas of an opening is worth.",
  ),
  driverGasPerDay: setting(
    "RELAY_DRIVER_GAS_PER_DAY",
    integer(0, mostGwei, "gas"),
    2_000_000,
    "Gas that the relayer pays for one driver, or one vehicle of a fleet, within 24 hours: some 10 openings.",
  ),
  clientGasPerDay: setting(
    "RELAY_CLIENT_GAS_PER_DAY",
    integer(0, mostGwei, "gas"),
    20_000_000,
    "Gas that the relayer pays for the orders of one address within 24 hours.",
  ),
  relayDayLimitGwei: optional(
    "RELAY_DAY_LIMIT_GWEI",
    integer(0, mostGwei, "gwei"),
    "What the relayer spends for others within 24 hours at most, in gwei. By default 1 coin on the local chain, 0.01 on Base, Arbitrum and OP, 20 on Polygon, 2 on Gnosis, else 0.05.",
  ),
  relayLeastBalanceGwei: optional(
    "RELAY_LEAST_BALANCE_GWEI",
    integer(0, mostGwei, "gwei"),
    "Raise an alert when the relayer's balance is below this, in gwei. By default `WATTPROOF_RELAY_DAY_LIMIT_GWEI`.",
  ),
  relayWaitMs: setting(
    "RELAY_WAIT_MS",
    integer(100, 120_000, "ms"),
    25_000,
    "A driver waits this long (ms) for the block; then the answer is that the order is on its way. The default is two slots of Ethereum.",
  ),
});

/** What the service may spend, and how it sends for others. `null`: the default of its chain. */
export type SpendingConfig = z.output<typeof spendingSection.schema>;

const gweiInWei = 1_000_000_000n;

/** The limits of every transaction on a chain. */
export function feeLimitsOf(spending: SpendingConfig, chainId: number): FeeLimits {
  const defaults = chainPresetOf(chainId).spending;
  return {
    maxFeePerGasWei: BigInt(spending.feeLimitGwei) * gweiInWei,
    tipPerGasWei: BigInt(spending.tipLimitGwei ?? defaults.tipLimitGwei) * gweiInWei,
    transactionWei: BigInt(spending.transactionLimitGwei ?? defaults.transactionLimitGwei) * gweiInWei,
  };
}

/** What may be spent for others on a chain, and the balance below which the operator is told. */
export function relayBudgetsOf(
  spending: SpendingConfig,
  chainId: number,
): { readonly budgets: RelayLimits; readonly leastBalanceWei: bigint } {
  const totalGwei = spending.relayDayLimitGwei ?? chainPresetOf(chainId).spending.relayDayLimitGwei;
  return {
    budgets: { driverGas: spending.driverGasPerDay, clientGas: spending.clientGasPerDay, totalGwei },
    leastBalanceWei: BigInt(spending.relayLeastBalanceGwei ?? totalGwei) * gweiInWei,
  };
}
