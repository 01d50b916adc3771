/** What the service brings to the chain: what somebody signed, and releases as the operator's releaser. */
export type RelayedCallKind =
  | "opening"
  | "funded-opening"
  | "top-up"
  | "withdrawal"
  | "vehicle-opening"
  | "wallet-opening"
  | "new-wallet-opening"
  | "passkey-batch"
  | "release";

/** What may be spent for others within 24 hours. Gas is in units, money in 10⁻⁹ of the chain's coin. */
export interface RelayLimits {
  /** For one driver. */
  readonly driverGas: number;
  /** For one client's address. */
  readonly clientGas: number;
  /** For all. */
  readonly totalGwei: number;
}

/** What was spent and what is set aside within 24 hours. */
export interface RelaySpending {
  readonly driverGas: number;
  readonly clientGas: number;
  readonly totalGwei: number;
}

/** The span that budgets are for. */
export const budgetMs = 86_400_000;

/**
 * What is set aside for a call until it is known what it cost, in gas (docs/gas.md). A signature of a driver whose account
 * is a contract may cost 500,000 to check; openings are taken with plain signatures alone. Wallets of several owners take
 * up to 400,000 to deploy.
 */
export const reservedGas: Readonly<Record<RelayedCallKind, number>> = {
  opening: 200_000,
  "funded-opening": 400_000,
  "top-up": 700_000,
  withdrawal: 700_000,
  "vehicle-opening": 400_000,
  "wallet-opening": 700_000,
  "new-wallet-opening": 1_200_000,
  "passkey-batch": 700_000,
  release: 150_000,
};

/** Whose budget a further call would exceed; `null`: nobody's. */
export function exceededBudgetOf(
  spent: RelaySpending,
  further: { readonly gas: number; readonly costGwei: number },
  limits: RelayLimits,
): "driver" | "client" | "total" | null {
  if (spent.driverGas + further.gas > limits.driverGas) return "driver";
  if (spent.clientGas + further.gas > limits.clientGas) return "client";
  return spent.totalGwei + further.costGwei > limits.totalGwei ? "total" : null;
}
