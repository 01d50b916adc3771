import { toHex } from "../ocmf/bytes.ts";
import { refuse } from "../ocmf/refusal.ts";

/** An element of SML 1.04 (BSI TR-03109-1, annex IV). An optional element that is left out is an octet string of length 0. */
export type SmlElement =
  | { readonly kind: "octets"; readonly bytes: Uint8Array }
  | { readonly kind: "integer"; readonly value: bigint }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "list"; readonly items: readonly SmlElement[] }
  | { readonly kind: "endOfMessage" };

/** One value of a list of readings. */
export interface SmlEntry {
  /** OBIS code, 12 hex digits. */
  readonly name: string;
  readonly status: SmlElement;
  readonly time: SmlElement;
  readonly unit: SmlElement;
  readonly scaler: SmlElement;
  readonly value: SmlElement;
  readonly signature: SmlElement;
}

/** The answer of a meter to a question for a list of values. */
export interface SmlList {
  readonly serverId: Uint8Array;
  /** 12 hex digits; empty where there is none. */
  readonly name: string;
  readonly entries: ReadonlyMap<string, SmlEntry>;
  readonly signature: Uint8Array;
}

const limits = { bytes: 16_384, depth: 8, elements: 2_048 };
const escape = [0x1b, 0x1b, 0x1b, 0x1b] as const;
const begin = [...escape, 0x01, 0x01, 0x01, 0x01];
const endMarker = 0x1a;
const getListResponse = 0x0701n;

/** Whether bytes begin as a transport of SML, version 1. */
export function isSml(bytes: Uint8Array): boolean {
  return matches(bytes, 0, begin);
}

/**
 * The one list of values in a transport. Every checksum must be right: that of the transport and that of each message.
 * A list that stands there twice, or a name twice in it, is refused, so that nobody sees another value than was signed.
 */
export function readSmlList(bytes: Uint8Array): SmlList {
  const lists = readMessages(unwrapTransport(bytes)).flatMap((message) => {
    const [tag, body] = itemsOf(message[3]);
    return tag?.kind === "integer" && tag.value === getListResponse ? [body] : [];
  });
  const [list, second] = lists;
  if (list === undefined) return refuse("SIGNED_VALUE_FIELD_MISSING", "there is no list of values");
  if (second !== undefined) return refuse("SIGNED_VALUE_FIELD_REPEATED", "there are two lists of values");
  const items = itemsOf(list);
  if (items.length !== 7) return refuse("SIGNED_VALUE_MALFORMED", `a list of values has 7 parts, not ${items.length}`);
  const entries = new Map<string, SmlEntry>();
  for (const item of itemsOf(items[4])) {
    const entry = readEntry(item);
    if (entries.has(entry.name)) return refuse("SIGNED_VALUE_FIELD_REPEATED", `the value ${entry.name} is there twice`);
    entries.set(entry.name, entry);
  }
  return {
    serverId: octetsOf(items[1], "the meter's number"),
    name: toHex(octetsOf(items[2], "the list's name")),
    entries,
    signature: octetsOf(items[5], "the list's signature"),
  };
}

/** @throws through `refuse` where the element is something else */
export function octetsOf(element: SmlElement | undefined, what: string): Uint8Array {
  return element?.kind === "octets" ? element.bytes : refuse("SIGNED_VALUE_MALFORMED", `${what} is no octet string`);
}

/** @throws through `refuse` where the element is something else or outside of the range */
export function integerOf(element: SmlElement | undefined, what: string, least: bigint, most: bigint): bigint {
  if (element?.kind !== "integer") return refuse("SIGNED_VALUE_FIELD_MISSING", `${what} is no number`);
  if (element.value < least || element.value > most) {
    return refuse("SIGNED_VALUE_NUMBER_INVALID", `${what} is ${element.value}`);
  }
  return element.value;
}

/** The parts of a list; none where the element is no list. */
export function itemsOf(element: SmlElement | undefined): readonly SmlElement[] {
  return element?.kind === "list" ? element.items : [];
}

function readEntry(element: SmlElement): SmlEntry {
  const [name, status, time, unit, scaler, value, signature, ...rest] = itemsOf(element);
  if (
    status === undefined ||
    time === undefined ||
    unit === undefined ||
    scaler === undefined ||
    value === undefined ||
    signature === undefined ||
    rest.length > 0
  ) {
    return refuse("SIGNED_VALUE_MALFORMED", "a value has seven parts");
  }
  return { name: toHex(octetsOf(name, "a value's name")), status, time, unit, scaler, value, signature };
}

/** The messages between the escape sequences; an escape sequence inside of them is doubled. */
function unwrapTransport(bytes: Uint8Array): Uint8Array {
  if (bytes.length > limits.bytes) {
    return refuse("SIGNED_VALUE_MALFORMED", `${bytes.length} bytes; the limit is ${limits.bytes}`);
  }
  if (!isSml(bytes)) return refuse("SIGNED_VALUE_MALFORMED", "the bytes do not begin as SML");
  const content = new Uint8Array(bytes.length);
  let length = 0;
  let at = begin.length;
  while (at < bytes.length) {
    if (bytes[at] !== escape[0] || !matches(bytes, at, escape)) {
      // Up to what may be the next escape sequence nothing has to be looked at.
      const next = bytes.indexOf(escape[0], at + 1);
      const piece = bytes.subarray(at, next < 0 ? bytes.length : next);
      content.set(piece, length);
      length += piece.length;
      at += piece.length;
    } else if (matches(bytes, at + 4, escape)) {
      content.set(escape, length);
      length += escape.length;
      at += 8;
    } else if (bytes[at + 4] === endMarker && at + 8 === bytes.length) {
      const padding = bytes[at + 5] ?? 0;
      requireChecksum(bytes.subarray(0, at + 6), bytes.subarray(at + 6), "the transport");
      if (padding > 3 || padding > length || content.subarray(length - padding, length).some((byte) => byte !== 0)) {
        return refuse("SIGNED_VALUE_MALFORMED", `${padding} bytes of padding`);
      }
      return content.subarray(0, length - padding);
    } else {
      return refuse("SIGNED_VALUE_MALFORMED", "there is an unknown escape sequence, or something after the end");
    }
  }
  return refuse("SIGNED_VALUE_MALFORMED", "the end of the transport is missing");
}

/** The parts of each message. The last but one is the checksum over what stands before it. */
function readMessages(bytes: Uint8Array): readonly (readonly SmlElement[])[] {
  const reader = createReader(bytes);
  const messages: (readonly SmlElement[])[] = [];
  while (reader.at() < bytes.length) {
    const start = reader.at();
    const items = reader.readMessage();
    const checksum = items[4];
    if (checksum?.element.kind !== "integer" || items[5]?.element.kind !== "endOfMessage") {
      return refuse("SIGNED_VALUE_MALFORMED", "a message does not end with checksum and end mark");
    }
    const expected = Uint8Array.of(Number(checksum.element.value >> 8n) & 0xff, Number(checksum.element.value & 0xffn));
    requireChecksum(bytes.subarray(start, checksum.start), expected, "a message");
    messages.push(items.map(({ element }) => element));
  }
  return messages;
}

interface Placed {
  readonly element: SmlElement;
  readonly start: number;
}

function createReader(bytes: Uint8Array) {
  let at = 0;
  let elements = 0;

  /** Type and length stand in the first byte; the length goes on in the next while bit 7 is set. */
  function readHead(): { readonly type: number; readonly length: number; readonly headBytes: number } {
    let byte = next();
    const type = (byte >> 4) & 0x07;
    let length = byte & 0x0f;
    let headBytes = 1;
    while ((byte & 0x80) !== 0) {
      byte = next();
      headBytes += 1;
      if (headBytes > 4) return refuse("SIGNED_VALUE_MALFORMED", "a length has more than four bytes");
      length = length * 16 + (byte & 0x0f);
    }
    return { type, length, headBytes };
  }

  function next(): number {
    const byte = bytes[at];
    if (byte === undefined) return refuse("SIGNED_VALUE_MALFORMED", "the message is cut off");
    at += 1;
    return byte;
  }

  function readElement(depth: number): SmlElement {
    elements += 1;
    if (depth > limits.depth || elements > limits.elements) {
      return refuse("SIGNED_VALUE_MALFORMED", "the message has too many elements or nests too deep");
    }
    if (bytes[at] === 0x00) {
      at += 1;
      return { kind: "endOfMessage" };
    }
    const { type, length, headBytes } = readHead();
    if (type === 7) return { kind: "list", items: readItems(length, depth).map(({ element }) => element) };
    const size = length - headBytes;
    if (size < 0 || at + size > bytes.length) return refuse("SIGNED_VALUE_MALFORMED", "an element is cut off");
    const content = bytes.subarray(at, at + size);
    at += size;
    return readContent(type, content);
  }

  function readItems(count: number, depth: number): readonly Placed[] {
    if (count > limits.elements) return refuse("SIGNED_VALUE_MALFORMED", `a list of ${count} elements`);
    const items: Placed[] = [];
    for (let index = 0; index < count; index += 1) {
      const start = at;
      items.push({ element: readElement(depth + 1), start });
    }
    return items;
  }

  return {
    at: () => at,
    readMessage(): readonly Placed[] {
      const { type, length } = readHead();
      if (type !== 7 || length !== 6) return refuse("SIGNED_VALUE_MALFORMED", "a message is a list of six");
      return readItems(length, 1);
    },
  };
}

function readContent(type: number, content: Uint8Array): SmlElement {
  if (type === 0) return { kind: "octets", bytes: content };
  if (type === 4 && content.length === 1) return { kind: "boolean", value: content[0] !== 0 };
  if ((type === 5 || type === 6) && content.length >= 1 && content.length <= 8) {
    const unsigned = unsignedOf(content);
    const isNegative = type === 5 && (content[0] ?? 0) > 0x7f;
    return { kind: "integer", value: isNegative ? unsigned - (1n << BigInt(8 * content.length)) : unsigned };
  }
  return refuse("SIGNED_VALUE_MALFORMED", `an element of type ${type} with ${content.length} bytes`);
}

function unsignedOf(content: Uint8Array): bigint {
  if (content.length > 6) return BigInt(`0x${toHex(content)}`);
  let value = 0;
  for (const byte of content) value = value * 256 + byte;
  return BigInt(value);
}

function requireChecksum(bytes: Uint8Array, expected: Uint8Array, what: string): void {
  const checksum = checksumOf(bytes);
  if (expected.length !== 2 || expected[0] !== (checksum & 0xff) || expected[1] !== checksum >> 8) {
    refuse("SIGNED_VALUE_CHECKSUM_WRONG", `that of ${what}`);
  }
}

/** CRC-16/X-25 of DIN EN 62056-46: polynomial 0x1021 reflected, begun and ended with ones. No kept library has it. */
function checksumOf(bytes: Uint8Array): number {
  let checksum = 0xffff;
  for (const byte of bytes) checksum = (checksum >> 8) ^ (remainders[(checksum ^ byte) & 0xff] ?? 0);
  return checksum ^ 0xffff;
}

/** What a byte leaves behind in the checksum. */
const remainders = Uint16Array.from({ length: 256 }, (_item, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = (rest & 1) === 0 ? rest >> 1 : (rest >> 1) ^ 0x8408;
  return rest;
});

function matches(bytes: Uint8Array, from: number, expected: readonly number[]): boolean {
  for (let index = 0; index < expected.length; index += 1) {
    if (bytes[from + index] !== expected[index]) return false;
  }
  return true;
}
