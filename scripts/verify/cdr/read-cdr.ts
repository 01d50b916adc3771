import type { z } from "zod";

import type { ErrorCode } from "../../../services/errors.ts";
import { withoutNulls } from "../../operator/ocpi/tariff-schema.ts";
import { cdrSchema, type Cdr } from "./cdr-schema.ts";

/** Something that a record says wrong: a code of the catalogue, and the JSON path. */
export interface CdrReason {
  readonly code: ErrorCode;
  readonly where: string;
}

/** A record whose fields are what OCPI asks for, or why it is none. */
export type ReadCdr =
  { readonly cdr: Cdr; readonly reasons: readonly [] } | { readonly cdr: null; readonly reasons: readonly CdrReason[] };

/** Reads the fields of a record. Members that are `null` count as left out. */
export function readCdr(content: unknown): ReadCdr {
  const given = withoutNulls(content);
  const parsed = cdrSchema.safeParse(given);
  if (parsed.success) return { cdr: parsed.data, reasons: [] };
  return { cdr: null, reasons: parsed.error.issues.map((issue) => reasonOf(issue, given)) };
}

function reasonOf(issue: z.core.$ZodIssue, content: unknown): CdrReason {
  const value = issue.path.reduce<unknown>(memberOf, content);
  const where = pathText(issue.path);
  if (value === undefined) return { code: "CDR_FIELD_MISSING", where };
  const isNumberAwaited = issue.code === "invalid_type" && issue.expected === "number";
  if (isNumberAwaited && typeof value === "string") return { code: "CDR_NUMBER_AS_TEXT", where };
  if (typeof value === "number") return { code: "CDR_NUMBER_OUT_OF_RANGE", where };
  return { code: "CDR_FIELD_INVALID", where };
}

function memberOf(value: unknown, name: PropertyKey): unknown {
  return typeof value === "object" && value !== null
    ? (value as Readonly<Record<PropertyKey, unknown>>)[name]
    : undefined;
}

/** `charging_periods[0].dimensions[1].volume`; the record itself is `$`. */
export function pathText(path: readonly PropertyKey[]): string {
  const text = path.reduce<string>(
    (before, part) => (typeof part === "number" ? `${before}[${part}]` : `${before}.${String(part)}`),
    "",
  );
  return text === "" ? "$" : text.replace(/^\./u, "");
}
