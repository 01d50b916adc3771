import type { TransactionReceipt } from "ethers";

/** Gas of one entry point, per item, the transaction's 21,000 and its calldata included. */
export interface GasRow {
  readonly entry: string;
  readonly n: number;
  readonly gasPerItem: number;
  readonly txCount: number;
  readonly source: "measured" | "peer";
}

export type GasRows = ReturnType<typeof createGasRows>;

/** Collects what receipts tell. */
export function createGasRows() {
  const rows: GasRow[] = [];
  return {
    rows: rows as readonly GasRow[],

    /** Adds a row for n items in these transactions. @returns the gas per item, not rounded. */
    add(entry: string, n: number, ...receipts: readonly TransactionReceipt[]): number {
      const gas = receipts.reduce((sum, { gasUsed }) => sum + Number(gasUsed), 0);
      rows.push({ entry, n, gasPerItem: Math.round(gas / n), txCount: receipts.length, source: "measured" });
      return gas / n;
    },
  };
}
