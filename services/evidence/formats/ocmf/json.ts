import { recordLimits } from "./limits.ts";
import { quote, refuse } from "./refusal.ts";

/** A JSON value that keeps what a decision about money needs: numbers stay the text they were written as. */
export type JsonValue =
  | JsonObject
  | { readonly kind: "array"; readonly items: readonly JsonValue[] }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "number"; readonly lexeme: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "null" };

export interface JsonObject {
  readonly kind: "object";
  readonly members: ReadonlyMap<string, JsonValue>;
}

/** The characters that JSON is built with. */
const code = {
  quotationMark: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  letterU: 0x75,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;
const numberGrammar = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads bytes that are exactly one JSON object of RFC 8259, white space around it allowed, and refuses more than that
 * grammar does: a key twice in one object, an escape sequence in a key (a byte scanner would not see the key), half a
 * surrogate pair, bytes that are not UTF-8, and nesting beyond `recordLimits.jsonDepth`. Two readers can then never
 * disagree about what a signed payload says.
 * @param text What the bytes are as text, where the caller has decoded them
 */
export function parseJsonObject(bytes: Uint8Array, text: string | null = null): JsonObject {
  const tokens = createTokenReader(bytes, text);
  const { peek, skipWhiteSpace, takeIf, expect } = tokens;

  const readObject = (depth: number): JsonObject => {
    const members = new Map<string, JsonValue>();
    expect(code.openBrace);
    skipWhiteSpace();
    if (takeIf(code.closeBrace)) return { kind: "object", members };
    do {
      skipWhiteSpace();
      const key = tokens.readKey();
      if (members.has(key)) refuse("OCMF_JSON_DUPLICATE_KEY", `the key ${quote(key)}`);
      skipWhiteSpace();
      expect(code.colon);
      members.set(key, readValue(depth + 1));
      skipWhiteSpace();
    } while (takeIf(code.comma));
    expect(code.closeBrace);
    return { kind: "object", members };
  };

  const readArray = (depth: number): JsonValue => {
    const items: JsonValue[] = [];
    expect(code.openBracket);
    skipWhiteSpace();
    if (takeIf(code.closeBracket)) return { kind: "array", items };
    do {
      items.push(readValue(depth + 1));
      skipWhiteSpace();
    } while (takeIf(code.comma));
    expect(code.closeBracket);
    return { kind: "array", items };
  };

  const readValue = (depth: number): JsonValue => {
    skipWhiteSpace();
    const opening = peek();
    if (opening === code.quotationMark) return { kind: "string", text: tokens.readString().text };
    if (opening !== code.openBrace && opening !== code.openBracket) return tokens.readWord();
    if (depth > recordLimits.jsonDepth) refuse("OCMF_JSON_TOO_DEEP", `the limit is ${recordLimits.jsonDepth}`);
    return opening === code.openBrace ? readObject(depth) : readArray(depth);
  };

  skipWhiteSpace();
  const object = readObject(1);
  skipWhiteSpace();
  if (peek() !== undefined) tokens.refuseSyntax("something follows the object");
  return object;
}

/** Reads the characters of JSON one token after the other. */
function createTokenReader(bytes: Uint8Array, known: string | null) {
  let at = 0;
  const ascii = asciiOf(bytes, known);

  const peek = (): number | undefined => bytes[at];

  const skipWhiteSpace = (): void => {
    while (at < bytes.length) {
      const byte = bytes[at];
      if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return;
      at += 1;
    }
  };

  const takeIf = (byte: number): boolean => {
    if (bytes[at] !== byte) return false;
    at += 1;
    return true;
  };

  const expect = (byte: number): void => {
    if (!takeIf(byte)) refuseSyntax(`a ${String.fromCharCode(byte)} was expected`);
  };

  const refuseSyntax = (what: string): never => refuse("OCMF_JSON_SYNTAX", `${what} at byte ${at} of the section`);

  const decode = (from: number, to: number): string => {
    if (ascii !== null) return ascii.slice(from, to);
    try {
      return utf8.decode(bytes.subarray(from, to));
    } catch {
      return refuse("OCMF_UTF8_INVALID", `the text from byte ${from} to ${to} of the section`);
    }
  };

  const readUnicodeEscape = (): number => {
    const digits = String.fromCharCode(...bytes.subarray(at, at + 4));
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) refuseSyntax("an escape sequence without four hex digits");
    at += 4;
    return Number.parseInt(digits, 16);
  };

  const readEscape = (): string => {
    const letter = String.fromCharCode(bytes[at] ?? 0);
    at += 1;
    if (letter !== "u") return escapes[letter] ?? refuseSyntax("an unknown escape sequence");
    const unit = readUnicodeEscape();
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit);
    const hasSecondHalf = unit < 0xdc00 && takeIf(code.backslash) && takeIf(code.letterU);
    const second = hasSecondHalf ? readUnicodeEscape() : 0;
    if (second < 0xdc00 || second > 0xdfff) refuse("OCMF_JSON_LONE_SURROGATE", `before byte ${at} of the section`);
    return String.fromCharCode(unit, second);
  };

  const readString = (): { text: string; hasEscape: boolean } => {
    expect(code.quotationMark);
    let text = "";
    let hasEscape = false;
    let from = at;
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined) return refuseSyntax("a string without end");
      if (byte < 0x20) return refuseSyntax("a control character in a string");
      if (byte === code.quotationMark || byte === code.backslash) {
        text += decode(from, at);
        at += 1;
        if (byte === code.quotationMark) return { text, hasEscape };
        text += readEscape();
        hasEscape = true;
        from = at;
      } else {
        at += 1;
      }
    }
  };

  const readKey = (): string => {
    const { text, hasEscape } = readString();
    if (hasEscape) refuse("OCMF_JSON_ESCAPED_KEY", `the key ${quote(text)}`);
    return text;
  };

  const readWord = (): JsonValue => {
    const from = at;
    while (at < bytes.length && isWordByte(bytes[at] ?? 0)) at += 1;
    const to = Math.min(at, from + 128);
    const word = ascii?.slice(from, to) ?? String.fromCharCode(...bytes.subarray(from, to));
    if (word === "true" || word === "false") return { kind: "boolean", value: word === "true" };
    if (word === "null") return { kind: "null" };
    if (!numberGrammar.test(word) || at - from > 128) {
      at = from;
      return refuseSyntax("a value was expected");
    }
    return { kind: "number", lexeme: word };
  };

  return { peek, skipWhiteSpace, takeIf, expect, refuseSyntax, readString, readKey, readWord };
}

/** The bytes as text if all of them are ASCII, which is nearly always; decoding every string by itself takes longer. */
function asciiOf(bytes: Uint8Array, known: string | null): string | null {
  try {
    const text = known ?? utf8.decode(bytes);
    // Whatever is not ASCII has more bytes than it has characters.
    return text.length === bytes.length ? text : null;
  } catch {
    return null;
  }
}

/** Letters, digits, `+`, `-` and `.`: what `true`, `false`, `null` and numbers are made of. */
function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e
  );
}
