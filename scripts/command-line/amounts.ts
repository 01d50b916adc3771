/** An amount of 10⁻⁶ token as people read it: all six decimals where they matter, two at least. */
export function tokens(amountMicro: bigint): string {
  const text = (amountMicro % 1_000_000n)
    .toString()
    .padStart(6, "0")
    .replace(/0{1,4}$/u, "");
  return `${amountMicro / 1_000_000n}.${text}`;
}

/** Energy of 10⁻⁶ Wh in kWh with three decimals, rounded down. */
export function kilowattHours(energyMicroWh: bigint): string {
  const wattHours = energyMicroWh / 1_000_000n;
  return `${wattHours / 1_000n}.${(wattHours % 1_000n).toString().padStart(3, "0")}`;
}

/** Gas money: wei in the chain's own coin. */
export function coins(wei: bigint): string {
  const fraction = (wei % 10n ** 18n).toString().padStart(18, "0").slice(0, 9).replace(/0+$/u, "");
  return fraction === "" ? `${wei / 10n ** 18n}` : `${wei / 10n ** 18n}.${fraction}`;
}

/** Seconds since 1970 as a time in UTC. */
export function utc(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace(".000Z", "Z");
}

/** Lines of a table whose columns are as wide as their widest entry. */
export function tableLines(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Text from outside as it may be shown: what could move a terminal's cursor is replaced. */
export function shown(text: string): string {
  return text.replace(/\p{C}/gu, "?");
}
