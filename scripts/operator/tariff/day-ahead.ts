import { tariffIdOf } from "../../../services/domain/packed-tariff.ts";
import { dateSeconds, momentOfWall } from "../../../services/domain/local-time.ts";
import type { PlanWindow } from "../../../services/domain/tariff-plan.ts";
import type { Tariff } from "../../../services/domain/tariff.ts";
import { WattproofError } from "../../../services/errors.ts";
import { scaled } from "../ocpi/exact-number.ts";
import type { JudgedPlan } from "./judge-plan.ts";

/** The price of energy from one time until another. */
interface PricedSpan {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly priceNanoPerKwh: bigint;
}

/** How prices of a market become those of drivers. */
export interface DayAheadTerms {
  /** Everything else of the tariffs; the price of energy is the one outside of the file's times. */
  readonly base: Tariff;
  /** Added to each price, in nano-tokens (1e-9) per kWh. */
  readonly marginNanoPerKwh: bigint;
  /** Prices are rounded up to this, so that equal ones share a tariff; in nano-tokens per kWh. */
  readonly stepNanoPerKwh: bigint;
}

const daySeconds = 86_400;
const minuteSeconds = 60;
const nanoDecimals = 9;

/**
 * A plan in UTC, whose hours come once each on every day, of prices of coming days. A price that margin and rounding leave
 * below zero is zero: nobody is paid for charging here.
 * @param text JSON (a list of `{from, to, price}`) or CSV with these columns; times with a zone, prices per kWh before tax.
 * @throws INPUT_UNREADABLE, TARIFF_NOT_PRICEABLE if the base has several prices of energy
 */
export function planOfDayAhead(text: string, { base, marginNanoPerKwh, stepNanoPerKwh }: DayAheadTerms): JudgedPlan {
  if (base.energyBands.length > 0)
    throw new WattproofError("TARIFF_NOT_PRICEABLE", "energyBands: the price changes by time.");
  const spans = spansOf(text);
  const tariffs = new Map<string, Tariff>([[tariffIdOf(base), base]]);
  const idOf = (marketNano: bigint): string => {
    const asked = marketNano + marginNanoPerKwh;
    const price = asked <= 0n ? 0n : ((asked + stepNanoPerKwh - 1n) / stepNanoPerKwh) * stepNanoPerKwh;
    const tariff = { ...base, priceNanoPerKwh: price };
    tariffs.set(tariffIdOf(tariff), tariff);
    return tariffIdOf(tariff);
  };
  const baseId = tariffIdOf(base);
  const windows: PlanWindow[] = [];
  const put = (tariffId: string, fromSeconds: number, toSeconds: number): void => {
    if (fromSeconds < toSeconds) windows.push(...windowsOf(tariffId, fromSeconds, toSeconds));
  };
  const first = Math.floor((spans[0]?.fromSeconds ?? 0) / daySeconds) * daySeconds;
  let until = first;
  for (const { fromSeconds, toSeconds, priceNanoPerKwh } of spans) {
    put(baseId, until, fromSeconds);
    put(idOf(priceNanoPerKwh), fromSeconds, toSeconds);
    until = toSeconds;
  }
  const last = Math.ceil(until / daySeconds) * daySeconds;
  put(baseId, until, last);
  const whole = { tariffId: baseId, fromTime: "00:00", toTime: "00:00", weekdays: [] };
  windows.push({ ...whole, fromDate: null, toDate: dateOf(first) }, { ...whole, fromDate: dateOf(last), toDate: null });
  return { plan: { zone: "UTC", windows: merged(windows) }, tariffs, refusals: [], obstacles: [] };
}

/** One window for each day that a span is in. */
function windowsOf(tariffId: string, fromSeconds: number, toSeconds: number): readonly PlanWindow[] {
  const windows: PlanWindow[] = [];
  for (let begin = fromSeconds; begin < toSeconds;) {
    const day = Math.floor(begin / daySeconds) * daySeconds;
    const end = Math.min(toSeconds, day + daySeconds);
    windows.push({
      tariffId,
      fromTime: momentOfWall(begin).time,
      toTime: momentOfWall(end).time,
      weekdays: [],
      fromDate: dateOf(day),
      toDate: dateOf(day + daySeconds),
    });
    begin = end;
  }
  return windows;
}

/** Neighbours of one day with one price are one window. */
function merged(windows: readonly PlanWindow[]): readonly PlanWindow[] {
  const all: PlanWindow[] = [];
  for (const window of windows) {
    const before = all.at(-1);
    const isSame = before?.tariffId === window.tariffId && before.fromDate === window.fromDate;
    if (before !== undefined && isSame && before.toTime === window.fromTime)
      all[all.length - 1] = { ...before, toTime: window.toTime };
    else all.push(window);
  }
  return all;
}

function dateOf(atSeconds: number): string {
  return momentOfWall(atSeconds).date;
}

function spansOf(text: string): readonly PricedSpan[] {
  const rows = text.trimStart().startsWith("[") ? rowsOfJson(text) : rowsOfCsv(text);
  const spans = rows.map((row, index): PricedSpan => {
    const place = `row ${index + 1}`;
    const [fromSeconds, toSeconds] = [row[0], row[1]].map((time) => secondsOf(time ?? "", place));
    const price = /^-?[0-9]{1,6}(\.[0-9]{1,9})?$/u.test(row[2] ?? "") ? scaled(Number(row[2]), nanoDecimals) : null;
    if (price === null) throw unreadable(`${place}: the price is no number with at most ${nanoDecimals} decimals`);
    if (fromSeconds === undefined || toSeconds === undefined || fromSeconds >= toSeconds) {
      throw unreadable(`${place}: it does not end after it begins`);
    }
    return { fromSeconds, toSeconds, priceNanoPerKwh: price };
  });
  const sorted = spans.toSorted((left, right) => left.fromSeconds - right.fromSeconds);
  for (const [index, { fromSeconds }] of sorted.entries()) {
    const before = sorted[index - 1];
    if (before !== undefined && before.toSeconds > fromSeconds) {
      throw unreadable(`two prices overlap at ${new Date(fromSeconds * 1_000).toISOString()}`);
    }
  }
  if (sorted.length === 0) throw unreadable("there is no price");
  return sorted;
}

function rowsOfCsv(text: string): readonly (readonly string[])[] {
  const [heading = "", ...lines] = text.split(/\r?\n/u).filter((line) => line.trim() !== "");
  if (heading.replaceAll(" ", "").toLowerCase() !== "from,to,price") {
    throw unreadable("its heading is not from,to,price");
  }
  return lines.map((line) => line.split(",").map((cell) => cell.trim()));
}

function rowsOfJson(text: string): readonly (readonly string[])[] {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new WattproofError("INPUT_UNREADABLE", "The prices are not JSON.", { cause: error });
  }
  if (!Array.isArray(content)) throw unreadable("it is no list");
  return content.map((row: unknown) => {
    const { from, to, price }: { readonly from?: unknown; readonly to?: unknown; readonly price?: unknown } =
      typeof row === "object" && row !== null ? row : {};
    return [from, to, price].map((cell) => (typeof cell === "string" || typeof cell === "number" ? String(cell) : ""));
  });
}

function secondsOf(text: string, place: string): number {
  const hasZone = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})$/u.test(text);
  const isTime = hasZone && dateSeconds(text.slice(0, 10)) !== null;
  const seconds = isTime ? Date.parse(text) / 1_000 : Number.NaN;
  if (Number.isNaN(seconds)) throw unreadable(`${place}: a time is none with its zone, like 2027-01-31T08:00:00+01:00`);
  if (seconds % minuteSeconds !== 0) throw unreadable(`${place}: a price does not begin or end with a minute`);
  return seconds;
}

function unreadable(detail: string): WattproofError {
  return new WattproofError("INPUT_UNREADABLE", `The prices: ${detail}.`);
}
