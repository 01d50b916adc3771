import { createHash } from "node:crypto";

/** A row in the order of its shape's columns. */
export type Row = readonly (string | bigint | Uint8Array | null)[];

/** How many rows there are, and a number that changes with any of them. */
export interface RowSum {
  readonly rows: number;
  /** 64 hexadecimal digits. */
  readonly sum: string;
}

const mask = (1n << 256n) - 1n;

/**
 * Sums the rows of a table, in whatever order they come: each row's SHA-256 is added, so that two databases that sort text
 * differently come to the same sum.
 */
export function createRowSum(): { add(row: Row): void; total(): RowSum } {
  let rows = 0;
  let sum = 0n;
  return {
    add(row) {
      rows += 1;
      sum = (sum + BigInt(`0x${createHash("sha256").update(textOf(row)).digest("hex")}`)) & mask;
    },
    total: () => ({ rows, sum: sum.toString(16).padStart(64, "0") }),
  };
}

export function isSameSum(left: RowSum, right: RowSum): boolean {
  return left.rows === right.rows && left.sum === right.sum;
}

/** Each value with a letter for its type, so that no two rows have one text. */
function textOf(row: Row): string {
  return JSON.stringify(
    row.map((value) => {
      if (value === null) return null;
      if (typeof value === "string") return `t${value}`;
      if (typeof value === "bigint") return `i${value}`;
      return `b${Buffer.from(value).toString("hex")}`;
    }),
  );
}
