const hexOfByte: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const noDigit = 0xff;
/** What a character of ASCII is worth as a hex digit. */
const nibbleOfCode = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = "0123456789abcdef".indexOf(String.fromCharCode(code).toLowerCase());
  return digit < 0 ? noDigit : digit;
});

/** Lower-case hex without prefix. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += hexOfByte[byte] ?? "";
  return text;
}

/** Bytes of an even number of hex digits in either case, or `null`. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    const high = nibbleOfCode[text.charCodeAt(2 * index)] ?? noDigit;
    const low = nibbleOfCode[text.charCodeAt(2 * index + 1)] ?? noDigit;
    if (high === noDigit || low === noDigit) return null;
    bytes[index] = 16 * high + low;
  }
  return bytes;
}

/** The hex digits of a text without 0x in front, or between its bytes, and without dashes and colons; `null` if it is no hex. */
export function hexDigitsOf(text: string): string | null {
  return /^(?:0x)?[0-9a-f]{2}(?:[-:,]?(?:0x)?[0-9a-f]{2})*$/iu.test(text) ? text.replace(/0x|[-:,]/giu, "") : null;
}

/** Bytes of padded base64 in the alphabet of RFC 4648 §4 with zero spare bits, or `null`. */
export function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  return fromRadix(text.replace(/=+$/, ""), base64Digits, 6);
}

/** Base64 of either alphabet, padded or not, as chargers write it. `text` has no blanks. */
export function fromLooseBase64(text: string): Uint8Array | null {
  const digits = text
    .replaceAll("-", "+")
    .replaceAll("_", "/")
    .replace(/={0,2}$/u, "");
  return fromBase64(digits + "=".repeat((4 - (digits.length % 4)) % 4));
}

/** What a text of PEM, hex or base64 stands for: the bytes of a SubjectPublicKeyInfo, not looked into, or `null`. */
export function fromKeyInfoText(text: string): Uint8Array | null {
  const compact = text.replace(/\s/gu, "");
  const pem = /^-----BEGINPUBLICKEY-----(.+)-----ENDPUBLICKEY-----$/u.exec(compact);
  if (pem !== null) return fromBase64(pem[1] ?? "");
  const digits = hexDigitsOf(compact);
  return (digits === null ? null : fromHex(digits)) ?? fromLooseBase64(compact);
}

/** Bytes of base32 in the alphabet of RFC 4648 §6, padded or not, with zero spare bits, or `null`. */
export function fromBase32(text: string): Uint8Array | null {
  if (!/^[A-Z2-7]*={0,6}$/.test(text)) return null;
  if (text.includes("=") && text.length % 8 !== 0) return null;
  return fromRadix(text.replace(/=+$/, ""), base32Digits, 5);
}

/** All bytes, one part after the other. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** The unsigned integer that the bytes are in big-endian order; 0 for no bytes. */
export function toInteger(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`);
}

/** `value` in exactly `length` big-endian bytes. The caller has made sure that it fits. */
export function fromInteger(value: bigint, length: number): Uint8Array {
  const bytes = fromHex(value.toString(16).padStart(2 * length, "0"));
  if (bytes?.length !== length) throw new RangeError(`The integer does not fit into ${length} bytes.`);
  return bytes;
}

const base64Digits = digitsOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const base32Digits = digitsOf("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");

/** What a character of ASCII is worth as a digit. */
function digitsOf(alphabet: string): Uint8Array {
  const digits = new Uint8Array(128);
  for (let digit = 0; digit < alphabet.length; digit += 1) digits[alphabet.charCodeAt(digit)] = digit;
  return digits;
}

/** `text` has no other characters than digits. */
function fromRadix(text: string, digits: Uint8Array, bitsPerCharacter: number): Uint8Array | null {
  const bytes = new Uint8Array(Math.floor((text.length * bitsPerCharacter) / 8));
  let window = 0;
  let bits = 0;
  let written = 0;
  for (let at = 0; at < text.length; at += 1) {
    window = (window << bitsPerCharacter) | (digits[text.charCodeAt(at)] ?? 0);
    bits += bitsPerCharacter;
    if (bits < 8) continue;
    bits -= 8;
    bytes[written] = window >> bits;
    written += 1;
    window &= (1 << bits) - 1;
  }
  return window === 0 && bits < bitsPerCharacter ? bytes : null;
}
