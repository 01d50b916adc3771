import { addDecimals, formatDecimal, parseJsonDecimal } from "../../../domain/decimal.ts";
import type { Sessions } from "./answers.ts";

type Row = Pick<Sessions["sessions"][number], "energyWh" | "heldMicro" | "billedMicro" | "settledMicro">;

const none = { unscaled: 0n, scale: 0 };

/** What rows of sessions add up to, exactly; what is not known yet counts nothing. */
export function sumsOf(rows: readonly Row[]): {
  readonly energyWh: string;
  readonly heldMicro: bigint;
  readonly billedMicro: bigint;
  readonly settledMicro: bigint;
} {
  const add = (amountOf: (row: Row) => bigint | null): bigint =>
    rows.reduce((sum, row) => sum + (amountOf(row) ?? 0n), 0n);
  const energy = rows.reduce((sum, row) => addDecimals(sum, parseJsonDecimal(row.energyWh ?? "0") ?? none), none);
  return {
    energyWh: formatDecimal(energy),
    heldMicro: add(({ heldMicro }) => heldMicro),
    billedMicro: add(({ billedMicro }) => billedMicro),
    settledMicro: add(({ settledMicro }) => settledMicro),
  };
}
