import { hash } from "node:crypto";

/**
 * The one way to read what a station has sent: every function takes a payload of any form, and none throws. A member that
 * is missing or is no such thing is `null`.
 */

/** A JSON object of which nothing is known yet. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** No payload of OCPP is nested deeper than 8; what is deeper is cut off, so that nothing can exhaust the stack. */
const greatestDepth = 32;
const emptyRecord: JsonRecord = {};

export function isJsonRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What was received as an object; whatever is none reads as an empty one. */
export function asRecord(received: unknown): JsonRecord {
  return isJsonRecord(received) ? received : emptyRecord;
}

/** SHA-256 over the payload with its members in alphabetical order, in hex: equal for equal content. */
export function digestOf(received: unknown): string {
  return hash("sha256", JSON.stringify([sortMembers(received, 0)]));
}

/** The member at the end of the path, of objects only; `undefined` where there is none. */
export function fieldAt(value: unknown, ...path: readonly string[]): unknown {
  let member = value;
  for (const name of path) {
    if (!isJsonRecord(member) || !Object.hasOwn(member, name)) return undefined;
    member = member[name];
  }
  return member;
}

/** The member at the end of the path as text. */
export function textAt(value: unknown, ...path: readonly string[]): string | null {
  const member = fieldAt(value, ...path);
  return typeof member === "string" ? member : null;
}

/** The member as text. */
export function textOf(record: JsonRecord, key: string): string | null {
  const value = record[key];
  return typeof value === "string" ? value : null;
}

/** The member as integer. */
export function integerOf(record: JsonRecord, key: string): number | null {
  const value = record[key];
  return typeof value === "number" && Number.isSafeInteger(value) ? value : null;
}

/** The member as integer, also where it is sent as text in plain digits. */
export function numberOf(record: JsonRecord, key: string): number | null {
  const value = record[key];
  const isDigits = typeof value === "string" && /^ *-?[0-9]{1,15} *$/.test(value);
  return isDigits ? Number(value) : integerOf(record, key);
}

/** The member as the number of an EVSE, a connector or a transaction, none of which is negative. */
export function countOf(record: JsonRecord, key: string): number | null {
  const number = numberOf(record, key);
  return number === null || number < 0 ? null : number;
}

/** The member as text, also where it is sent as a whole number. */
export function nameOf(record: JsonRecord, key: string): string | null {
  return textOf(record, key) ?? integerOf(record, key)?.toString() ?? null;
}

/** The member as object; an empty one where it is missing or none. */
export function recordOf(record: JsonRecord, key: string): JsonRecord {
  return asRecord(record[key]);
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

function sortMembers(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth >= greatestDepth) return null;
  if (Array.isArray(value)) return value.map((item: unknown) => sortMembers(item, depth + 1));
  const sorted: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    const item = sortMembers(Reflect.get(value, key), depth + 1);
    // One called __proto__ is a member like any other, which setting it would not make it.
    if (key === "__proto__") Object.defineProperty(sorted, key, { value: item, enumerable: true });
    else sorted[key] = item;
  }
  return sorted;
}
