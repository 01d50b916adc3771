import { fromHex, fromLooseBase64 } from "../formats/ocmf/bytes.ts";
import { otherFormatOfBytes, otherFormatOfJson, otherFormatOfText, otherFormatOfXml } from "./other-formats.ts";
import { readXml } from "./xml.ts";

/** A record that was taken out of its wrappings. Nothing is verified. */
export interface CarriedRecord {
  readonly record: Uint8Array;
  /** The text of the key that came along, as it came. `null` for none. */
  readonly enclosedKey: string | null;
}

/** What is inside of a text. */
export interface Unwrapped {
  readonly records: readonly CarriedRecord[];
  /** Names of other formats that were recognised by their framing. */
  readonly otherFormats: readonly string[];
}

/** What is read at all. The deepest seen is base64 in JSON in JSON; a day of records is more than a message holds. */
const limits = { characters: 262_144, depth: 6, records: 64 };

const header = "OCMF|";
/** Members under which chargers put the data, in the order in which they count. */
const dataMembers = ["signedMeterData", "signedMeterValue", "signedData"] as const;
const nothing: Unwrapped = { records: [], otherFormats: [] };

/**
 * Finds records in what chargers put around them: JSON, also twice encoded or a list; base64, with line breaks, of the URL's
 * alphabet or without padding; hexadecimal digits; S.A.F.E. XML; one in the other, in any order, to a bounded depth. The
 * bytes of a record stay as they are.
 */
export function unwrapSignedValue(text: string): Unwrapped {
  return text.length > limits.characters ? nothing : unwrapText(text, null, limits.depth);
}

/** The same of an object that was read already. */
export function unwrapSignedObject(content: Readonly<Record<string, unknown>>): Unwrapped {
  return unwrapObject(content, null, limits.depth);
}

/**
 * The name of what bytes are that are no record: another format, or a wrapping of records, which is taken off before they
 * are judged. `null` if they look like neither. Nothing is verified.
 */
export function otherFormatOf(bytes: Uint8Array): string | null {
  if (bytes.length > limits.characters) return null;
  // Blanks around a record wrap nothing: they are not part of the format.
  if (isPaddedRecord(bytes)) return null;
  const { records, otherFormats } = unwrapBytes(bytes, null, limits.depth);
  return otherFormats[0] ?? (records.length > 0 ? "a wrapping of records" : null);
}

function isPaddedRecord(bytes: Uint8Array): boolean {
  return new TextDecoder().decode(bytes.subarray(0, 256)).trimStart().startsWith(header);
}

function unwrapText(text: string, enclosedKey: string | null, depth: number): Unwrapped {
  const trimmed = text.replace(/^\uFEFF/u, "").trim();
  if (trimmed.startsWith(header)) {
    return { records: [{ record: new TextEncoder().encode(trimmed), enclosedKey }], otherFormats: [] };
  }
  const other = otherFormatOfText(trimmed);
  if (other !== null) return { records: [], otherFormats: [other] };
  if (depth === 0 || trimmed === "") return nothing;
  if (/^[{["]/u.test(trimmed)) return unwrapJson(parseJson(trimmed), enclosedKey, depth - 1);
  if (trimmed.startsWith("<")) return unwrapXml(trimmed, depth - 1);

  // Hexadecimal digits are letters of base64, too: what gives something counts.
  const compact = trimmed.replace(/\s/gu, "");
  const asHex = fromHex(compact.replace(/^0x/iu, ""));
  const inHex = asHex === null ? nothing : unwrapBytes(asHex, enclosedKey, depth - 1);
  if (hasSomething(inHex)) return inHex;
  const asBase64 = fromLooseBase64(compact);
  return asBase64 === null ? nothing : unwrapBytes(asBase64, enclosedKey, depth - 1);
}

function unwrapBytes(bytes: Uint8Array, enclosedKey: string | null, depth: number): Unwrapped {
  const other = otherFormatOfBytes(bytes);
  if (other !== null) return { records: [], otherFormats: [other] };
  // The record's own bytes are kept: whoever verifies them looks whether they are text.
  if (Array.from(header).every((character, index) => bytes[index] === character.charCodeAt(0))) {
    return { records: [{ record: bytes, enclosedKey }], otherFormats: [] };
  }
  try {
    return unwrapText(new TextDecoder("utf-8", { fatal: true }).decode(bytes), enclosedKey, depth);
  } catch {
    // Bytes that are no text wrap nothing.
    return nothing;
  }
}

function unwrapJson(content: unknown, enclosedKey: string | null, depth: number): Unwrapped {
  if (typeof content === "string") return unwrapText(content, enclosedKey, depth);
  if (Array.isArray(content)) {
    if (depth === 0 || content.length > limits.records) return nothing;
    return joined(content.map((item) => unwrapJson(item, enclosedKey, depth - 1)));
  }
  return isObject(content) ? unwrapObject(content, enclosedKey, depth) : nothing;
}

function unwrapObject(content: Readonly<Record<string, unknown>>, outerKey: string | null, depth: number): Unwrapped {
  const key = content["publicKey"];
  const enclosedKey = typeof key === "string" && key.trim() !== "" ? key : outerKey;
  const data = dataMembers.map((name) => content[name]).find((value) => value !== undefined && value !== "");
  if (data !== undefined && depth > 0) {
    const inside = unwrapJson(data, enclosedKey, depth - 1);
    if (hasSomething(inside)) return inside;
  }
  const other = otherFormatOfJson(content);
  return other === null ? nothing : { records: [], otherFormats: [other] };
}

/** `<values><value><signedData encoding="plain|base64|hex">…</signedData><publicKey>…`; encodings are recognised by themselves. */
function unwrapXml(document: string, depth: number): Unwrapped {
  const elements = readXml(document);
  if (elements === null) return nothing;
  const found: Unwrapped[] = [];
  for (const [index, { name, text }] of elements.entries()) {
    if (name !== "signedData" && name !== "encodedData") continue;
    if (found.length === limits.records) return nothing;
    // The key of a value is the next one before the next value.
    const rest = elements.slice(index + 1);
    const next = rest.findIndex((other) => other.name === name);
    const key = rest.slice(0, next < 0 ? undefined : next).find((other) => other.name === "publicKey");
    found.push(unwrapText(text, key === undefined || key.text.trim() === "" ? null : key.text.trim(), depth));
  }
  const inside = joined(found);
  if (hasSomething(inside)) return inside;
  const names = new Set(elements.map(({ name }) => name));
  const other = otherFormatOfXml(names);
  return other === null ? nothing : { records: [], otherFormats: [other] };
}

function joined(parts: readonly Unwrapped[]): Unwrapped {
  const records = parts.flatMap((one) => one.records);
  if (records.length > limits.records) return nothing;
  return { records, otherFormats: parts.flatMap((one) => one.otherFormats) };
}

function hasSomething({ records, otherFormats }: Unwrapped): boolean {
  return records.length > 0 || otherFormats.length > 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON wraps nothing.
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
