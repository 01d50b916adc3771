import { csvCell } from "../../domain/csv-cell.ts";
import {
  printedCode,
  type FleetGroup,
  type FleetLine,
  type FleetStatement,
  type FleetTerms,
} from "./fleet-statement.ts";

/** Numbers have a point and times an offset, so that every program reads the same, and a check can write it again. */
export const fleetCsvColumns = [
  ...["row", "vehicle", "month", "begin", "end", "evse_id", "meter", "kwh", "kwh_exact"],
  ...["price_per_kwh", "amount", "currency", "time_zone", "code"],
] as const;

/** The lines of a statement as comma-separated values (RFC 4180): a heading, sessions, months, and the total. */
export function fleetCsvLines(statement: FleetStatement): readonly string[] {
  const { terms, groups } = statement;
  const rows = groups.flatMap((group) => [
    ...group.lines.map((line) => sessionCells(line, terms)),
    monthCells(group, terms),
  ]);
  const total = ["total", "", "", "", "", "", "", kwh(statement.printedWh), "", "", amount(statement.amount, terms)];
  const tail = [terms.price?.currency ?? "", terms.timeZone, ""];
  return [[...fleetCsvColumns], ...rows, [...total, ...tail]].map((cells) => cells.map(csvCell).join(","));
}

function sessionCells(line: FleetLine, terms: FleetTerms): readonly string[] {
  const { vehicle, month, beginSeconds, endSeconds, evseId, meter, printedWh, energyMicroWh } = line;
  const { price, timeZone } = terms;
  return [
    ...["session", vehicle, month, timeIn(timeZone, beginSeconds), timeIn(timeZone, endSeconds), evseId, meter],
    ...[kwh(printedWh), decimal(energyMicroWh, 9), price === null ? "" : decimal(price.microPerKwh, 6)],
    ...[amount(line.amount, terms), price?.currency ?? "", timeZone, printedCode(line.code)],
  ];
}

function monthCells({ vehicle, month, printedWh, ...group }: FleetGroup, terms: FleetTerms): readonly string[] {
  const before = ["month", vehicle, month, "", "", "", "", kwh(printedWh), "", ""];
  return [...before, amount(group.amount, terms), terms.price?.currency ?? "", terms.timeZone, ""];
}

function kwh(wattHours: bigint): string {
  return decimal(wattHours, 3);
}

function amount(value: bigint | null, { price }: FleetTerms): string {
  return value === null || price === null ? "" : decimal(value, price.decimals);
}

function decimal(value: bigint, places: number): string {
  if (places === 0) return value.toString();
  const digits = value.toString().padStart(places + 1, "0");
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** ISO 8601 with the offset of the zone at that time. */
function timeIn(timeZone: string, seconds: number): string {
  const parts = new Intl.DateTimeFormat("en-CA", {
    ...{ timeZone, hourCycle: "h23", timeZoneName: "longOffset" },
    ...{ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" },
  }).formatToParts(seconds * 1_000);
  const of = (type: Intl.DateTimeFormatPartTypes): string => parts.find((part) => part.type === type)?.value ?? "";
  const offset = of("timeZoneName").replace("GMT", "") || "+00:00";
  return `${of("year")}-${of("month")}-${of("day")}T${of("hour")}:${of("minute")}:${of("second")}${offset}`;
}
