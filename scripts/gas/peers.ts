/** A figure of another system, as measured on the same EVM rules; see docs/gas.md for what each does per session. */
export interface PeerFigure {
  readonly entry: string;
  readonly n: number;
  readonly gasPerItem: number;
}

/**
 * Gas of one whole session (hold, partial payment, release of the rest) in other systems: `receipt.gasUsed` under the
 * Osaka rules with the 21,000 of the transaction and its calldata, an ERC-20 with 6 decimals and warm slots.
 */
export const peerFigures: readonly PeerFigure[] = [
  { entry: "base/commerce-payments", n: 1, gasPerItem: 256_000 },
  { entry: "base/commerce-payments", n: 50, gasPerItem: 139_500 },
  { entry: "Filecoin Pay", n: 1, gasPerItem: 293_000 },
  { entry: "Sablier Flow", n: 1, gasPerItem: 327_000 },
  { entry: "Perun channels", n: 1, gasPerItem: 337_000 },
  { entry: "Ocean Escrow", n: 1, gasPerItem: 342_000 },
  { entry: "PlugAndChargeCore", n: 1, gasPerItem: 345_000 },
  { entry: "Share&Charge", n: 1, gasPerItem: 458_000 },
  { entry: "ProofGrid Charge", n: 1, gasPerItem: 551_000 },
];
