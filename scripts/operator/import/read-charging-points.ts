import { parse } from "csv-parse/sync";
import { z } from "zod";

import { siteFields } from "../../../services/http/public/sites.ts";
import { WattproofError } from "../../../services/errors.ts";
import { curveParameters } from "../../../services/evidence/formats/ocmf/curves.ts";
import type { Curve } from "../../../services/evidence/formats/ocmf/types.ts";
import { readBytes } from "../../command-line/files.ts";
import { evseIdInput } from "../evse/evse-id.ts";
import { stationIdInput } from "../station/ledger.ts";
import { tariffIdInput, timeInput } from "../../command-line/inputs.ts";

const curveNames = Object.keys(curveParameters) as [Curve, ...Curve[]];
/** More are several files. */
const mostChargingPoints = 10_000;
/** Problems beyond these are counted, not listed. */
const mostProblems = 20;

/** A number as a table or JSON has it. */
const number = z.union(
  [
    z.number(),
    z
      .string()
      .regex(/^-?[0-9]{1,15}(\.[0-9]{1,12})?$/u)
      .transform(Number),
  ],
  "must be a number",
);
const wholeNumber = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}`;
  return number.pipe(z.int(message).min(least, message).max(most, message));
};

/** A charging point, as a line of the file describes it. */
const lineSchema = z
  .strictObject({
    evseId: evseIdInput,
    /** The most that it can deliver, in watts. */
    maximumPowerW: wholeNumber(1, 16_777_215),
    /** The station's identity in OCPP. Its charging points are its EVSE 1, 2, … in the order of the lines. */
    stationId: stationIdInput.optional(),
    /** Least security profile of OCPP. */
    securityProfile: wholeNumber(0, 3).optional(),
    /** The tariff that it offers. */
    tariffId: tariffIdInput.optional(),
    /** As printed, scanned or exported, in any form that `meter add --key` takes. */
    meterKey: z.string().min(1).optional(),
    meterCurve: z.enum(curveNames).optional(),
    /** From when on the meter's calibration has run out. */
    calibratedUntil: timeInput.optional(),
    /** A file with a record that the meter signed with its possession tag, beside this one. */
    possessionRecord: z.string().min(1).optional(),
    plug: siteFields.plug.optional(),
    /** The name of the place where it stands; the fields below describe the place. */
    site: siteFields.text.optional(),
    operatorName: siteFields.text.optional(),
    street: siteFields.text.optional(),
    town: siteFields.text.optional(),
    latitude: number.pipe(siteFields.latitude).optional(),
    longitude: number.pipe(siteFields.longitude).optional(),
    openingTimes: siteFields.text.optional(),
  })
  .superRefine((line, context) => {
    const needs = (field: keyof typeof line, other: keyof typeof line): void => {
      if (line[field] !== undefined && line[other] === undefined) {
        context.addIssue({ code: "custom", path: [field], message: `needs ${other}` });
      }
    };
    needs("meterKey", "calibratedUntil");
    needs("calibratedUntil", "meterKey");
    needs("meterCurve", "meterKey");
    needs("possessionRecord", "meterKey");
    needs("securityProfile", "stationId");
    needs("site", "operatorName");
    for (const field of ["operatorName", "street", "town", "latitude", "longitude", "openingTimes"] as const) {
      needs(field, "site");
    }
    needs("latitude", "longitude");
    needs("longitude", "latitude");
  });

/** A charging point that is to be taken in. */
export type ChargingPointLine = z.output<typeof lineSchema> & {
  /** Its line in the table, or its place in the list. */
  readonly line: number;
};

/** The columns of a table, in the spelling of tables. */
export const columnNames: readonly string[] = Object.keys(lineSchema.shape).map(snakeCase);

/**
 * Reads charging points from a table (CSV with a head line) or from JSON (`{"chargingPoints": […]}`). Empty cells are
 * fields that are left out.
 * @throws INPUT_UNREADABLE with every line that says something wrong; then nothing of the file is used
 */
export function readChargingPoints(path: string): readonly ChargingPointLine[] {
  const text = textOf(path);
  const isJson = text.trimStart().startsWith("{");
  const raw = isJson ? rowsOfJson(text, path) : rowsOfTable(text, path);
  const problems: string[] = [];
  const lines: ChargingPointLine[] = [];
  for (const { line, fields } of raw) {
    const parsed = lineSchema.safeParse(fields);
    if (parsed.success) lines.push({ ...parsed.data, line });
    else for (const issue of parsed.error.issues) problems.push(`line ${line}, ${sayIssue(issue, isJson)}`);
  }
  if (raw.length === 0) problems.push("it has no charging point");
  if (raw.length > mostChargingPoints)
    problems.push(`it has ${raw.length} charging points; ${mostChargingPoints} at once are taken`);
  problems.push(...contradictionsIn(lines));
  if (problems.length > 0) {
    const more = problems.length > mostProblems ? `\n… and ${problems.length - mostProblems} more` : "";
    const list = problems.slice(0, mostProblems).join("\n");
    throw new WattproofError("INPUT_UNREADABLE", `${path}: nothing was taken in.\n${list}${more}`);
  }
  return lines;
}

interface RawLine {
  readonly line: number;
  readonly fields: unknown;
}

function textOf(path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readBytes(path));
  } catch (error) {
    if (error instanceof WattproofError) throw error;
    throw new WattproofError("INPUT_UNREADABLE", `${path} is not text in UTF-8.`, { cause: error });
  }
}

function rowsOfJson(text: string, path: string): readonly RawLine[] {
  try {
    const { chargingPoints } = z.strictObject({ chargingPoints: z.array(z.unknown()) }).parse(JSON.parse(text));
    return chargingPoints.map((fields, index) => ({ line: index + 1, fields }));
  } catch (error) {
    throw new WattproofError("INPUT_UNREADABLE", `${path} is not JSON of the form {"chargingPoints": […]}.`, {
      cause: error,
    });
  }
}

const tableRow = z.object({ info: z.object({ lines: z.number() }), record: z.record(z.string(), z.string()) });

function rowsOfTable(text: string, path: string): readonly RawLine[] {
  try {
    const rows: unknown[] = parse(text, {
      bom: true,
      columns: (names: string[]) => names.map((name) => camelCase(name.trim())),
      delimiter: [",", ";", "\t"],
      info: true,
      skip_empty_lines: true,
      trim: true,
    });
    return rows.map((row) => {
      const { info, record } = tableRow.parse(row);
      return { line: info.lines, fields: Object.fromEntries(Object.entries(record).filter(([, cell]) => cell !== "")) };
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new WattproofError("INPUT_UNREADABLE", `${path} is not a table: ${reason}`, { cause: error });
  }
}

function sayIssue(issue: z.core.$ZodIssue, isJson: boolean): string {
  if (issue.code === "unrecognized_keys") {
    const names = issue.keys.map((name) => (isJson ? name : snakeCase(name))).join(", ");
    return `${names}: there is no such field`;
  }
  const name = String(issue.path[0] ?? "");
  const message = issue.code === "invalid_type" && issue.input === undefined ? "has to be given" : issue.message;
  const text = isJson
    ? message
    : message.replace(/^needs ([A-Za-z]+)$/u, (_found, other: string) => `needs ${snakeCase(other)}`);
  return `${isJson ? name : snakeCase(name)} ${text}`;
}

/** Fields that describe a place, which is described once. */
const placeFields = ["operatorName", "street", "town", "latitude", "longitude", "openingTimes"] as const;

/** What lines say that cannot be true together. */
function contradictionsIn(lines: readonly ChargingPointLine[]): readonly string[] {
  const problems: string[] = [];
  const byEvseId = new Map<string, ChargingPointLine>();
  const byKey = new Map<string, ChargingPointLine>();
  const byStation = new Map<string, ChargingPointLine>();
  const bySite = new Map<string, ChargingPointLine>();
  const firstOf = (known: Map<string, ChargingPointLine>, name: string | undefined, line: ChargingPointLine) => {
    if (name === undefined) return undefined;
    const first = known.get(name);
    if (first === undefined) known.set(name, line);
    return first;
  };
  for (const one of lines) {
    const sameId = firstOf(byEvseId, one.evseId, one);
    if (sameId !== undefined) problems.push(`line ${one.line}: ${one.evseId} is in line ${sameId.line} already`);
    const sameKey = firstOf(byKey, one.meterKey, one);
    if (sameKey !== undefined) problems.push(`line ${one.line}: the meter's key is that of line ${sameKey.line}`);
    const sameStation = firstOf(byStation, one.stationId, one);
    if (sameStation !== undefined && sameStation.securityProfile !== one.securityProfile) {
      problems.push(
        `line ${one.line}: ${one.stationId ?? ""} has another security profile in line ${sameStation.line}`,
      );
    }
    const sameSite = firstOf(bySite, one.site, one);
    const other = sameSite === undefined ? undefined : placeFields.find((field) => sameSite[field] !== one[field]);
    if (sameSite !== undefined && other !== undefined) {
      problems.push(
        `line ${one.line}: the site "${one.site ?? ""}" has another ${snakeCase(other)} in line ${sameSite.line}`,
      );
    }
  }
  return problems;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/gu, (_found, letter: string) => letter.toUpperCase());
}
