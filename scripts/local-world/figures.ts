import type { Books } from "./books.ts";

/** Gas of the transactions that opened and settled, by session, rounded to whole units. */
export function gasPerSession(books: Books): { readonly opening: number; readonly settlement: number } {
  const all = [...books.sessions.values()];
  const settled = all.filter(({ closing }) => closing.kind === "settled");

  return {
    opening: all.length === 0 ? 0 : Math.round(Number(books.openingGas) / all.length),
    settlement: settled.length === 0 ? 0 : Math.round(Number(books.settlementGas) / settled.length),
  };
}

/** Tokens with all six decimals. */
export function money(amountMicro: bigint): string {
  return decimal(amountMicro, 6);
}

/** Kilowatt-hours, with three decimals or as many as there are. */
export function kilowattHours(energyMicroWh: bigint): string {
  return decimal(energyMicroWh, 9).replace(/0{1,6}$/u, "");
}

function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, "0");

  return `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
