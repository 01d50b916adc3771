import { kilo } from "../kilo.ts";
import type { MonthOfPurpose } from "./evidence-answer.ts";

/** One bar of the chart, in kWh. A picture needs no more digits than a number has; the table beside it has all. */
export interface MonthBar {
  /** "2026-11" */
  readonly month: string;
  readonly claimedKwh: number;
  readonly claimableKwh: number;
  readonly outsideKwh: number;
}

const mostBars = 12;

/** The newest twelve months up to the last that has any energy, one after the other, also those without. */
export function chartMonthsOf(months: readonly MonthOfPurpose[]): readonly MonthBar[] {
  const last = months.at(-1)?.month;
  const [first] = months;
  if (last === undefined || first === undefined) return [];
  const known = new Map(months.map((month) => [month.month, month]));
  const bars: MonthBar[] = [];
  for (let month = last; bars.length < mostBars && month >= first.month; month = before(month)) {
    const sums = known.get(month);
    bars.unshift({
      month,
      claimedKwh: Number(kilo(sums?.claimedWh ?? "0")),
      claimableKwh: Number(kilo(sums?.claimableWh ?? "0")),
      outsideKwh: Number(kilo(sums?.outsideWh ?? "0")),
    });
  }
  return bars;
}

/** The sum of decimal texts, to the last digit. */
export function sumWh(values: readonly string[]): string {
  const places = 6;
  const total = values.reduce((sum, value) => {
    const [whole = "0", fraction = ""] = value.split(".");
    return sum + BigInt(`${whole}${fraction.padEnd(places, "0")}`);
  }, 0n);
  const digits = total.toString().padStart(places + 1, "0");
  const fraction = digits.slice(-places).replace(/0+$/u, "");
  return fraction === "" ? digits.slice(0, -places) : `${digits.slice(0, -places)}.${fraction}`;
}

function before(month: string): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return number === 1 ? `${year - 1}-12` : `${year}-${String(number - 1).padStart(2, "0")}`;
}
