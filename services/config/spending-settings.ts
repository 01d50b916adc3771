import type { z } from "zod";

import { spendingDefaultsOf, type FeeLimits } from "../domain/spending.ts";
import type { RelayLimits } from "../domain/relay-budget.ts";
import { integer } from "./setting-types.ts";

const mostGwei = 1_000_000_000_000;

/** The settings of what the service may spend, for itself and for others. */
export const spendingSettings = {
  FEE_LIMIT_GWEI: integer(1, 1_000_000)
    .prefault("500")
    .meta({ description: "Highest fee per gas that is offered, in 10⁻⁹ ether; beyond it settlement waits." }),
  TIP_LIMIT_GWEI: integer(1, 1_000_000).optional().meta({
    description:
      "Highest tip per gas that is offered, in 10⁻⁹ ether. By default 10 on chain 31337, 1 on chains 10, 8453 and 42161, 200 on chain 137, else 5.",
  }),
  TRANSACTION_LIMIT_GWEI: integer(1, mostGwei).optional().meta({
    description:
      "The most that one transaction may cost, in 10⁻⁹ ether. By default 1 ether on chain 31337, 0.02 on chains 10, 8453 and 42161, 20 coins on chain 137, else 0.2 ether.",
  }),
  RELAY_LEAST_HOLD_MICRO: integer(0, 9_000_000_000_000_000).prefault("1000000").meta({
    description:
      "Least hold, top-up and withdrawal that the relayer pays gas for, in 10⁻⁶ token. Set it to what the gas of an opening is worth.",
  }),
  RELAY_DRIVER_GAS_PER_DAY: integer(0, mostGwei).prefault("2000000").meta({
    description:
      "Gas that the relayer pays for one driver, or one vehicle of a fleet, within 24 hours: some 10 openings.",
  }),
  RELAY_CLIENT_GAS_PER_DAY: integer(0, mostGwei)
    .prefault("20000000")
    .meta({ description: "Gas that the relayer pays for what comes from one address within 24 hours." }),
  RELAY_DAY_LIMIT_GWEI: integer(0, mostGwei).optional().meta({
    description:
      "What the relayer spends for others within 24 hours, in 10⁻⁹ ether. By default 1 ether on chain 31337, 0.01 on chains 10, 8453 and 42161, 20 coins on chain 137, else 0.05 ether.",
  }),
  RELAY_LEAST_BALANCE_GWEI: integer(0, mostGwei).optional().meta({
    description:
      "Balance of the relayer below which an alert is given, in 10⁻⁹ ether. By default RELAY_DAY_LIMIT_GWEI.",
  }),
  RELAY_WAIT_MS: integer(100, 120_000).prefault("25000").meta({
    description:
      "How long a driver waits for the block before the answer is that it is on its way, in milliseconds; two slots of Ethereum by default.",
  }),
};

/** What the service may spend, and how it sends for others. `null`: the default of its chain. */
export interface SpendingConfig {
  readonly feeLimitGwei: number;
  readonly tipLimitGwei: number | null;
  readonly transactionLimitGwei: number | null;
  readonly leastHoldMicro: bigint;
  readonly driverGasPerDay: number;
  readonly clientGasPerDay: number;
  readonly relayDayLimitGwei: number | null;
  readonly relayLeastBalanceGwei: number | null;
  readonly relayWaitMs: number;
}

const gweiInWei = 1_000_000_000n;

/** The settings as the service uses them. */
export function spendingOf(settings: z.output<z.ZodObject<typeof spendingSettings>>): SpendingConfig {
  return {
    feeLimitGwei: settings.FEE_LIMIT_GWEI,
    tipLimitGwei: settings.TIP_LIMIT_GWEI ?? null,
    transactionLimitGwei: settings.TRANSACTION_LIMIT_GWEI ?? null,
    leastHoldMicro: BigInt(settings.RELAY_LEAST_HOLD_MICRO),
    driverGasPerDay: settings.RELAY_DRIVER_GAS_PER_DAY,
    clientGasPerDay: settings.RELAY_CLIENT_GAS_PER_DAY,
    relayDayLimitGwei: settings.RELAY_DAY_LIMIT_GWEI ?? null,
    relayLeastBalanceGwei: settings.RELAY_LEAST_BALANCE_GWEI ?? null,
    relayWaitMs: settings.RELAY_WAIT_MS,
  };
}

/** The limits of every transaction on a chain. */
export function feeLimitsOf(spending: SpendingConfig, chainId: number): FeeLimits {
  const defaults = spendingDefaultsOf(chainId);
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
  const totalGwei = spending.relayDayLimitGwei ?? spendingDefaultsOf(chainId).relayDayLimitGwei;
  return {
    budgets: { driverGas: spending.driverGasPerDay, clientGas: spending.clientGasPerDay, totalGwei },
    leastBalanceWei: BigInt(spending.relayLeastBalanceGwei ?? totalGwei) * gweiInWei,
  };
}
