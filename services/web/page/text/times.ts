import { timeLocaleOf } from "./amounts.ts";

/** A day and a time of day, the weekday with them. @param seconds Since 1970. */
export function formatMoment(seconds: number, locale: string): string {
  return format(seconds, locale, {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  });
}

/** A day without its time. */
export function formatDay(seconds: number, locale: string): string {
  return format(seconds, locale, { weekday: "short", day: "numeric", month: "short", year: "numeric" });
}

/** A day of a period that is counted in UTC, wherever the reader is. */
export function formatUtcDay(seconds: number, locale: string): string {
  return format(seconds, locale, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
}

/** A time of day; of use only where the day is today's or stands beside it. */
export function formatClock(seconds: number, locale: string): string {
  return format(seconds, locale, { hour: "2-digit", minute: "2-digit" });
}

/** A month with its year. */
export function formatMonth(seconds: number, locale: string): string {
  return format(seconds, locale, { month: "long", year: "numeric" });
}

/** A month in three letters or so, for an axis. */
export function formatShortMonth(seconds: number, locale: string): string {
  return format(seconds, locale, { month: "short" });
}

/** Hours and minutes as people say them; seconds below a minute. */
export function formatDuration(seconds: number, locale: string): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return unit(whole, "second", locale);
  const hours = Math.floor(whole / 3_600);
  const minutes = Math.floor((whole % 3_600) / 60);
  if (hours === 0) return unit(minutes, "minute", locale);
  return minutes === 0
    ? unit(hours, "hour", locale)
    : `${unit(hours, "hour", locale)} ${unit(minutes, "minute", locale)}`;
}

function unit(count: number, name: "hour" | "minute" | "second", locale: string): string {
  return new Intl.NumberFormat(locale, { style: "unit", unit: name, unitDisplay: "short" }).format(count);
}

function format(seconds: number, locale: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(timeLocaleOf(locale), options).format(new Date(seconds * 1_000));
}
