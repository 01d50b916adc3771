import { hash } from "node:crypto";

/** A JSON object of which nothing is known yet. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** The payload as it is read: a copy of its own, so that no validator can change what was received. */
export interface PayloadCopy {
  readonly payload: JsonRecord;
  /** SHA-256 over the payload with its members in alphabetical order, in hex. */
  readonly digest: string;
}

/** No payload of OCPP is nested deeper than 8; what is deeper is cut off, so that nothing can exhaust the stack. */
const greatestDepth = 32;

/** Copies what was received. Whatever is no JSON object reads as an empty one. */
export function copyPayload(received: unknown): PayloadCopy {
  const copy = copyValue(received, 0);
  return { payload: isJsonRecord(copy) ? copy : {}, digest: digestOfCopy(copy) };
}

/** The digest of what was received, as `copyPayload` tells it. */
export function digestOf(received: unknown): string {
  return digestOfCopy(copyValue(received, 0));
}

function digestOfCopy(copy: unknown): string {
  return hash("sha256", JSON.stringify([copy]));
}

export function isJsonRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The member as text; `null` where it is missing or none. */
export function textOf(record: JsonRecord, key: string): string | null {
  const value = record[key];
  return typeof value === "string" ? value : null;
}

/** The member as integer; `null` where it is missing or none. */
export function integerOf(record: JsonRecord, key: string): number | null {
  const value = record[key];
  return typeof value === "number" && Number.isSafeInteger(value) ? value : null;
}

/** The member as integer, also where it is sent as text in plain digits; `null` where it is missing or neither. */
export function numberOf(record: JsonRecord, key: string): number | null {
  const value = record[key];
  const isDigits = typeof value === "string" && /^ *-?[0-9]{1,15} *$/.test(value);
  return isDigits ? Number(value) : integerOf(record, key);
}

/** The member as text, also where it is sent as a whole number; `null` where it is missing or neither. */
export function nameOf(record: JsonRecord, key: string): string | null {
  return textOf(record, key) ?? integerOf(record, key)?.toString() ?? null;
}

/** The member as object; an empty one where it is missing or none. */
export function recordOf(record: JsonRecord, key: string): JsonRecord {
  const value = record[key];
  return isJsonRecord(value) ? value : {};
}

/** The objects of a list, each with its JSON pointer. */
export function recordsOf(
  record: JsonRecord,
  key: string,
  path: string,
): readonly { readonly item: JsonRecord; readonly path: string }[] {
  const value: unknown = record[key];
  const records: { readonly item: JsonRecord; readonly path: string }[] = [];
  if (!Array.isArray(value)) return records;
  // A loop and no iterator: this runs for every message.
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (isJsonRecord(item)) records.push({ item, path: `${path}/${key}/${index}` });
  }
  return records;
}

function copyValue(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth >= greatestDepth) return null;
  if (Array.isArray(value)) return value.map((item: unknown) => copyValue(item, depth + 1));
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    const item = copyValue(Reflect.get(value, key), depth + 1);
    // One called __proto__ is a member like any other, which setting it would not make it.
    if (key === "__proto__") Object.defineProperty(copy, key, { value: item, enumerable: true });
    else copy[key] = item;
  }
  return copy;
}
