import { ocpiTime } from "../../../services/domain/ocpi/ocpi-time.ts";

const everyDay = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
/** No place on Earth is further from UTC than this. */
const farthestZoneSeconds = 14 * 3_600;
const leastNames: ReadonlySet<string> = new Set(["min_kwh", "min_current", "min_power", "min_duration"]);

/**
 * Which restrictions of an element (TariffRestrictions) restrict anything: a whole day, all days of the week, a least value
 * of nothing, and a first day that is over everywhere do not, now or later.
 */
export function effectiveRestrictions(
  restrictions: Readonly<Record<string, unknown>>,
  nowSeconds: number,
): readonly string[] {
  return Object.keys(restrictions).filter((name) => !isWithoutEffect(name, restrictions, nowSeconds));
}

function isWithoutEffect(name: string, restrictions: Readonly<Record<string, unknown>>, nowSeconds: number): boolean {
  const value = restrictions[name];
  if (name === "start_time" || name === "end_time") return isWholeDay(restrictions);
  if (name === "day_of_week") {
    return Array.isArray(value) && (value.length === 0 || everyDay.every((day) => value.includes(day)));
  }
  if (name === "start_date") {
    const begins = typeof value === "string" ? ocpiTime(`${value}T00:00:00Z`) : null;
    return begins !== null && begins + farthestZoneSeconds <= nowSeconds;
  }
  return leastNames.has(name) && value === 0;
}

/** From midnight to midnight; where one of the two is left out, the day's own begin or end stands for it. */
function isWholeDay({ start_time: start, end_time: end }: Readonly<Record<string, unknown>>): boolean {
  return (start === undefined || start === "00:00") && (end === undefined || end === "00:00");
}
