import { timeLocaleOf } from "./amounts.ts";

const daySeconds = 86_400;
const minuteSeconds = 60;

/**
 * What stands at the ticks of a time axis, as people of the locale write it: times of day, with the day in a second line
 * where it begins or changes; days alone where ticks are days apart.
 *
 * @param ticks Seconds since 1970, in order.
 * @param stepSeconds How far ticks are apart.
 * @param timeZone By default that of the device.
 */
export function timeLabels(
  ticks: readonly number[],
  stepSeconds: number,
  locale: string,
  timeZone?: string,
): readonly string[] {
  const zone = timeZone === undefined ? {} : { timeZone };
  const written = timeLocaleOf(locale);
  const day = new Intl.DateTimeFormat(written, { ...zone, day: "numeric", month: "numeric" });
  if (stepSeconds >= daySeconds) return ticks.map((tick) => day.format(tick * 1_000));
  const time = new Intl.DateTimeFormat(written, {
    ...zone,
    hour: "2-digit",
    minute: "2-digit",
    ...(stepSeconds < minuteSeconds ? { second: "2-digit" } : {}),
  });
  const days = ticks.map((tick) => day.format(tick * 1_000));
  return ticks.map((tick, index) => {
    const isNewDay = days[index] !== days[index - 1];
    return isNewDay ? `${time.format(tick * 1_000)}\n${days[index] ?? ""}` : time.format(tick * 1_000);
  });
}

/** What stands at the ticks of an axis of amounts, all with the same decimals; with the unit where there is one. */
export function numberLabels(ticks: readonly number[], locale: string, unit = ""): readonly string[] {
  // Ticks are multiples of a step like 0.25, of which a machine's number has more digits than people want to see.
  const decimals = Math.max(
    0,
    ...ticks.map((tick) => (/\.(\d+)$/u.exec(String(Number(tick.toFixed(6))))?.[1] ?? "").length),
  );
  const number = new Intl.NumberFormat(locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return ticks.map((tick) => `${number.format(tick)} ${unit}`.trim());
}
