import { fromBase32, fromBase64, fromHex, fromInteger, fromLooseBase64, hexDigitsOf, toInteger } from "./bytes.ts";
import { curveOfObjectIdentifier, curveParameters, decompressY, isOnCurve } from "./curves.ts";
import {
  derTag,
  readDerElement,
  readDerElements,
  readObjectIdentifier,
  writeDerElement,
  writeObjectIdentifier,
} from "./der.ts";
import { parseJsonObject, type JsonObject } from "./json.ts";
import { recordLimits } from "./limits.ts";
import { answerUnsupported, refuse, withVerdict } from "./refusal.ts";
import type { Curve, PublicKey, Refusal, Unsupported } from "./types.ts";

const ecPublicKeyIdentifier = "1.2.840.10045.2.1";

/** Names of the registry of JSON Web Keys, and those of SEC 2 where it has none. */
const curvesOfWebKeys: ReadonlyMap<string, Curve> = new Map([
  ["P-256", "secp256r1"],
  ["P-384", "secp384r1"],
  ["secp256k1", "secp256k1"],
  ["P-192", "secp192r1"],
  ["secp192r1", "secp192r1"],
  ["secp224k1", "secp224k1"],
]);

/** How often one text may be wrapped in another: base64 of JSON of hex is the deepest seen. */
const maximumWrappings = 3;

/**
 * Reads the text of a public key in the forms in which operators and chargers hand keys on: SubjectPublicKeyInfo, SEC1
 * point (plain or compressed) or bare x‖y; as hex (with blanks, colons or dashes between digits), base64 of either alphabet,
 * base32 or PEM; bare, as base64 of the text, as `oca:base16:asn1:…` / `oca:base64:asn1:…`, in a JSON object as `UK`, or as
 * JSON Web Key.
 *
 * A key that names its curve keeps it; a bare point is taken to be of `curveOfAlgorithm` and must lie on it. The forms
 * overlap (a hex text is also base64), so every one that gives a point counts, and two different points are refused.
 */
export function parsePublicKey(text: string | null, curveOfAlgorithm: Curve): PublicKey | Refusal | Unsupported {
  return withVerdict(() => requirePublicKey(text, curveOfAlgorithm));
}

/**
 * The same for callers inside the verifier: a refusal leaves by exception. A key that was parsed elsewhere is checked
 * again; the curve equation is never taken on trust.
 */
export function requirePublicKey(key: string | PublicKey | null, curveOfAlgorithm: Curve): PublicKey {
  if (typeof key === "object" && key !== null) return requireOnCurve(key);
  if (key === null || key.trim() === "") return refuse("OCMF_KEY_MISSING", "no public key is given");
  if (key.length > recordLimits.publicKeyCharacters) return refuse("OCMF_KEY_MALFORMED", "the text is too long");
  const readings = decodeKeyText(key, maximumWrappings).map((bytes) =>
    withVerdict(() => readPublicKeyBytes(bytes, curveOfAlgorithm)),
  );
  const [found, ...others] = readings.filter((reading) => "curve" in reading);
  if (found === undefined) return rethrowMostTelling(readings.filter((reading) => "verdict" in reading));
  if (others.every((other) => isSameKey(other, found))) return found;
  return refuse("OCMF_KEY_MALFORMED", "the text can be read as two different keys");
}

export function isSameKey(left: PublicKey, right: PublicKey): boolean {
  return left.curve === right.curve && left.x === right.x && left.y === right.y;
}

/** The key as SEC1 point: 04, x, y. */
export function encodePoint(key: PublicKey): Uint8Array {
  const { coordinateBytes } = curveParameters[key.curve];
  return Uint8Array.of(4, ...fromInteger(key.x, coordinateBytes), ...fromInteger(key.y, coordinateBytes));
}

/** The key as SubjectPublicKeyInfo in DER (RFC 5480). */
export function encodeSubjectPublicKeyInfo(key: PublicKey): Uint8Array {
  const algorithm = writeDerElement(
    derTag.sequence,
    Uint8Array.of(
      ...writeDerElement(derTag.objectIdentifier, writeObjectIdentifier(ecPublicKeyIdentifier)),
      ...writeDerElement(derTag.objectIdentifier, writeObjectIdentifier(curveParameters[key.curve].objectIdentifier)),
    ),
  );
  const point = writeDerElement(derTag.bitString, Uint8Array.of(0, ...encodePoint(key)));
  return writeDerElement(derTag.sequence, Uint8Array.of(...algorithm, ...point));
}

/** Every byte string that the text may stand for. */
function decodeKeyText(text: string, wrappings: number): Uint8Array[] {
  const compact = text.replace(/[ \t\r\n]/g, "");
  const oca = /^oca:(base16|base64):asn1:(.+)$/is.exec(compact);
  if (oca !== null) return decodeOcaText((oca[1] ?? "").toLowerCase(), oca[2] ?? "");
  if (compact.startsWith("{")) return wrappings === 0 ? [] : decodeJsonText(text, wrappings);
  const pem = /^-----BEGINPUBLICKEY-----(.+)-----ENDPUBLICKEY-----$/.exec(compact);
  if (pem !== null) return keepBytes([fromBase64(pem[1] ?? "")]);
  const base64 = fromLooseBase64(compact);
  const digits = hexDigitsOf(compact);
  const inner = base64 === null || wrappings === 0 ? null : printableText(base64);
  return [
    ...keepBytes([digits === null ? null : fromHex(digits), base64, fromBase32(compact)]),
    ...(inner === null ? [] : decodeKeyText(inner, wrappings - 1)),
  ];
}

/** In this form the base16 digits stand as printed on the meter: anything that is no digit is decoration. */
function decodeOcaText(encoding: string, text: string): Uint8Array[] {
  return keepBytes([
    encoding === "base16" ? fromHex(text.replace(/0x/gi, "").replace(/[^0-9a-fA-F]/g, "")) : fromBase64(text),
  ]);
}

function decodeJsonText(text: string, wrappings: number): Uint8Array[] {
  const object = withVerdict(() => parseJsonObject(new TextEncoder().encode(text)));
  if (!("kind" in object)) return [];
  const key = object.members.get("UK");
  return key?.kind === "string" ? decodeKeyText(key.text, wrappings - 1) : keepBytes([decodeWebKey(object)]);
}

/** A JSON Web Key (RFC 7518 §6.2) as SubjectPublicKeyInfo. `null`: it is none, or of none of these curves. */
function decodeWebKey({ members }: JsonObject): Uint8Array | null {
  const [type, name, x, y] = ["kty", "crv", "x", "y"].map((member) => {
    const value = members.get(member);
    return value?.kind === "string" ? value.text : "";
  });
  const curve = curvesOfWebKeys.get(name ?? "");
  const [left, right] = [fromLooseBase64(x ?? ""), fromLooseBase64(y ?? "")];
  if (type !== "EC" || curve === undefined || left === null || right === null) return null;
  const { coordinateBytes } = curveParameters[curve];
  if (left.length !== coordinateBytes || right.length !== coordinateBytes) return null;
  return encodeSubjectPublicKeyInfo({ curve, x: toInteger(left), y: toInteger(right) });
}

function printableText(bytes: Uint8Array): string | null {
  const isPrintable = bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d);
  return isPrintable && bytes.length > 0 ? String.fromCharCode(...bytes) : null;
}

function keepBytes(candidates: readonly (Uint8Array | null)[]): Uint8Array[] {
  return candidates.filter((candidate) => candidate !== null);
}

function readPublicKeyBytes(bytes: Uint8Array, curveOfAlgorithm: Curve): PublicKey {
  const outer = readDerElement(bytes, 0);
  const isPoint = bytes.length === 2 * curveParameters[curveOfAlgorithm].coordinateBytes;
  if (outer?.tag === derTag.sequence && outer.end === bytes.length && !isPoint) {
    return readSubjectPublicKeyInfo(outer.content);
  }
  return readPoint(bytes, curveOfAlgorithm);
}

function readSubjectPublicKeyInfo(content: Uint8Array): PublicKey {
  const [algorithm, bits] = readDerElements(content, [derTag.sequence, derTag.bitString]) ?? [];
  if (algorithm === undefined || bits === undefined) return refuse("OCMF_KEY_MALFORMED", "no SubjectPublicKeyInfo");
  const identifier = readDerElement(algorithm, 0);
  if (identifier?.tag !== derTag.objectIdentifier) return refuse("OCMF_KEY_MALFORMED", "no algorithm identifier");
  if (readObjectIdentifier(identifier.content) !== ecPublicKeyIdentifier) {
    return answerUnsupported("OCMF_KEY_FORMAT_UNSUPPORTED", "the key is not one of an elliptic curve");
  }
  const [named] = readDerElements(algorithm.subarray(identifier.end), [derTag.objectIdentifier]) ?? [];
  if (named === undefined) return answerUnsupported("OCMF_KEY_FORMAT_UNSUPPORTED", "the key does not name its curve");
  const objectIdentifier = readObjectIdentifier(named);
  if (objectIdentifier === null) return refuse("OCMF_KEY_MALFORMED", "the curve's identifier cannot be read");
  const curve = curveOfObjectIdentifier(objectIdentifier);
  if (curve === null) return answerUnsupported("OCMF_CURVE_UNSUPPORTED", `the key is of curve ${objectIdentifier}`);
  if (bits[0] !== 0) return refuse("OCMF_KEY_MALFORMED", "the point is not a whole number of bytes");
  const point = bits.subarray(1);
  // Inside SubjectPublicKeyInfo the prefix is mandatory (RFC 5480).
  if (point.length === 2 * curveParameters[curve].coordinateBytes) {
    return refuse("OCMF_KEY_MALFORMED", "the point has no SEC1 prefix");
  }
  return readPoint(point, curve);
}

function readPoint(bytes: Uint8Array, curve: Curve): PublicKey {
  const { coordinateBytes } = curveParameters[curve];
  const prefix = bytes[0];
  if (bytes.length === 2 * coordinateBytes) return readCoordinates(bytes, curve);
  if (bytes.length === 1 + 2 * coordinateBytes && prefix === 4) return readCoordinates(bytes.subarray(1), curve);
  if (bytes.length === 1 + coordinateBytes && (prefix === 2 || prefix === 3)) {
    const x = toInteger(bytes.subarray(1));
    const y = decompressY(curve, x, prefix === 3);
    return y === null ? refuse("OCMF_KEY_NOT_ON_CURVE", `no point of ${curve} has this x`) : { curve, x, y };
  }
  return refuse("OCMF_KEY_MALFORMED", `${bytes.length} bytes that are no point of ${curve}`);
}

function readCoordinates(bytes: Uint8Array, curve: Curve): PublicKey {
  const x = toInteger(bytes.subarray(0, bytes.length / 2));
  const y = toInteger(bytes.subarray(bytes.length / 2));
  return requireOnCurve({ curve, x, y });
}

function requireOnCurve(key: PublicKey): PublicKey {
  return isOnCurve(key.curve, key.x, key.y) ? key : refuse("OCMF_KEY_NOT_ON_CURVE", `the point is not on ${key.curve}`);
}

/** A form that was recognised and then failed says more than all the forms that were never meant. */
function rethrowMostTelling(failures: readonly (Refusal | Unsupported)[]): never {
  const telling = failures.find((failure) => failure.reason !== "OCMF_KEY_MALFORMED") ?? failures[0];
  if (telling === undefined) return refuse("OCMF_KEY_MALFORMED", "the text is in no known form");
  return telling.verdict === "refused"
    ? refuse(telling.reason, telling.detail)
    : answerUnsupported(telling.reason, telling.detail);
}
