/** One tag-length-value of DER. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Where the next element begins. */
  readonly end: number;
}

export const derTag = { integer: 0x02, bitString: 0x03, objectIdentifier: 0x06, sequence: 0x30 } as const;

/**
 * The element that begins at `from`, or `null`. Lengths may be written in up to two bytes and longer than needed, as
 * some meters write them; an element never reaches beyond `bytes`.
 */
export function readDerElement(bytes: Uint8Array, from: number): DerElement | null {
  const tag = bytes[from];
  const first = bytes[from + 1];
  if (tag === undefined || first === undefined) return null;
  let length = first;
  let start = from + 2;
  if (first > 0x7f) {
    const lengthBytes = first & 0x7f;
    if (lengthBytes < 1 || lengthBytes > 2 || start + lengthBytes > bytes.length) return null;
    length = 0;
    for (const byte of bytes.subarray(start, start + lengthBytes)) length = length * 256 + byte;
    start += lengthBytes;
  }
  return start + length <= bytes.length
    ? { tag, content: bytes.subarray(start, start + length), end: start + length }
    : null;
}

/** The contents of exactly `tags.length` elements that fill `bytes`, or `null` where tags or lengths differ. */
export function readDerElements(bytes: Uint8Array, tags: readonly number[]): Uint8Array[] | null {
  const contents: Uint8Array[] = [];
  let at = 0;
  for (const tag of tags) {
    const element = readDerElement(bytes, at);
    if (element?.tag !== tag) return null;
    contents.push(element.content);
    at = element.end;
  }
  return at === bytes.length ? contents : null;
}

/** An element of fewer than 128 bytes of content. */
export function writeDerElement(tag: number, content: Uint8Array): Uint8Array {
  return Uint8Array.of(tag, content.length, ...content);
}

/** Dotted form of an object identifier, or `null`. */
export function readObjectIdentifier(content: Uint8Array): string | null {
  const arcs: number[] = [];
  let arc = 0;
  for (const [index, byte] of content.entries()) {
    if (arc > 0xff_ffff) return null;
    arc = arc * 128 + (byte & 0x7f);
    if (byte > 0x7f) {
      if (index === content.length - 1) return null;
      continue;
    }
    arcs.push(arc);
    arc = 0;
  }
  const [first, ...rest] = arcs;
  if (first === undefined) return null;
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - 40 * root, ...rest].join(".");
}

/** Content of an object identifier in dotted form. */
export function writeObjectIdentifier(dotted: string): Uint8Array {
  const [root = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes: number[] = [];
  for (const arc of [40 * root + second, ...rest]) {
    const groups = [arc & 0x7f];
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128))
      groups.unshift((high & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return Uint8Array.from(bytes);
}
