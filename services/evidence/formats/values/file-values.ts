import { decodeText } from "../../carriage/text.ts";
import { unwrapSignedValue } from "../../carriage/unwrap.ts";
import { isAlfen, keyOfAlfen, verifyAlfen } from "../alfen/alfen.ts";
import { isSml } from "../edl/sml.ts";
import { verifyEdl } from "../edl/verify-edl.ts";
import { fromBase32, fromHex, fromLooseBase64, hexDigitsOf } from "../ocmf/bytes.ts";
import { isPcdf, keyOfPcdf, verifyPcdf } from "../pcdf/pcdf.ts";
import { unknownValue, type Around, type FoundValue, type ValueRole } from "./found-value.ts";
import { findInJson } from "./json-values.ts";
import { findInXml } from "./xml-values.ts";

const limits = { bytes: 4_194_304, values: 2_048, depth: 10 };
const alone: Around = { enclosedKey: null, role: null, session: null, claimedFormat: null };

/**
 * Finds the signed values in a file. A format is recognised from its bytes; what a container calls it counts only where
 * the bytes are of no format, and then makes them malformed instead of unknown.
 *
 * @param signature The content of the file that stands beside it under the same name with `.sign`, if there is one
 */
export function findValues(bytes: Uint8Array, signature: Uint8Array | null): readonly FoundValue[] {
  if (bytes.length > limits.bytes) return [unknownValue(alone)];
  const found = findInBytes(bytes, signature, alone, limits.depth) ?? [unknownValue(alone)];
  return found.length === 0 || found.length > limits.values ? [unknownValue(alone)] : found;
}

function findInBytes(
  bytes: Uint8Array,
  signature: Uint8Array | null,
  around: Around,
  depth: number,
): readonly FoundValue[] | null {
  if (isSml(bytes)) {
    return [{ ...around, format: "EDL40", judge: (key, cryptography) => verifyEdl(bytes, key, cryptography) }];
  }
  const text = decodeText(bytes);
  // Bytes that are neither SML nor text are of no known format.
  return text === null ? null : findInText(text, bytes, signature, around, depth);
}

function findInText(
  text: string,
  bytes: Uint8Array | null,
  signature: Uint8Array | null,
  around: Around,
  depth: number,
): readonly FoundValue[] | null {
  const trimmed = text.replace(/^\uFEFF/u, "").trim();
  if (trimmed.startsWith("OCMF|")) {
    return [{ ...around, format: "OCMF", record: new TextEncoder().encode(trimmed) }];
  }
  if (isAlfen(trimmed)) return alfenValues(trimmed, around);
  if (isPcdf(trimmed)) return [pcdfValue(trimmed, around)];
  if (depth === 0 || trimmed === "") return null;
  const findInside = (inner: string, about: Around, left: number) => findInText(inner, null, null, about, left);
  if (trimmed.startsWith("<")) return findInXml(trimmed, around, depth - 1, findInside);
  if (/^[{["]/u.test(trimmed)) {
    const found = findInJson(trimmed, bytes, signature, around, depth - 1, findInside);
    return found ?? wrappedOcmf(trimmed, around);
  }

  const compact = trimmed.replace(/\s/gu, "");
  for (const decode of decoders) {
    const decoded = decode(compact);
    const found = decoded === null ? null : findInBytes(decoded, null, around, depth - 1);
    if (found !== null) return found;
  }
  return wrappedOcmf(trimmed, around);
}

/** What is read first decides where the alphabets overlap and both give a value, which no two of them do for any value. */
const decoders: readonly ((text: string) => Uint8Array | null)[] = [
  (text) => {
    const plain = fromHex(text);
    if (plain !== null) return plain;
    const digits = hexDigitsOf(text);
    return digits === null ? null : fromHex(digits);
  },
  fromLooseBase64,
  fromBase32,
];

/** Records of OCMF in whatever chargers put around them. */
function wrappedOcmf(text: string, around: Around): readonly FoundValue[] | null {
  const { records } = unwrapSignedValue(text);
  return records.length === 0
    ? null
    : records.map(({ record, enclosedKey }) => ({
        ...around,
        enclosedKey: enclosedKey ?? around.enclosedKey,
        format: "OCMF",
        record,
      }));
}

function alfenValues(text: string, around: Around): readonly FoundValue[] {
  return text.split(/\s+(?=AP;)/u).map((written) => {
    const line = written.replace(/\s/gu, "");
    return {
      ...around,
      enclosedKey: around.enclosedKey ?? keyOfAlfen(line),
      role: roleOfAlfen(line) ?? around.role,
      format: "ALFEN",
      judge: (key, cryptography) => verifyAlfen(line, key, cryptography),
    };
  });
}

function roleOfAlfen(line: string): ValueRole {
  const type = line.split(";")[1];
  return type === "0" ? "begin" : type === "1" ? "end" : type === "2" ? "between" : null;
}

function pcdfValue(text: string, around: Around): FoundValue {
  return {
    ...around,
    enclosedKey: around.enclosedKey ?? keyOfPcdf(text),
    format: "PCDF",
    judge: (key, cryptography) => verifyPcdf(text, key, cryptography),
  };
}
