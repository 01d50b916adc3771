import { fromBase32, toHex } from "../ocmf/bytes.ts";
import { answerUnsupported, quote, refuse, withVerdict } from "../ocmf/refusal.ts";
import type { Cryptography } from "../ocmf/types.ts";
import { requireImportRegister } from "../edl/registers.ts";
import { requireKeyOn, requireSignature, requireWattHours } from "../values/require.ts";
import type { GivenKey, SignedValue, ValueVerdict } from "../values/value.ts";

/** `AP;type;version;key;data;signature;`: the sections are base32, and only the data are signed. */
const sectionCount = 6;
const version = "3";
const dataBytes = 82;
/** Where the parts of the signed data begin; all numbers are in little-endian order. */
const place = {
  adapter: 0,
  meter: 16,
  status: 26,
  secondsIndex: 30,
  time: 34,
  obis: 38,
  unit: 44,
  scaler: 45,
  value: 46,
  identification: 54,
  session: 74,
  pagination: 78,
} as const;

/** Whether a text means to be of this format: a name, a type and a version, and then sections. */
export function isAlfen(text: string): boolean {
  return /^AP;[0-9]{1,3};[0-9]{1,3};/u.test(text);
}

/** The key that a text of this format carries. It proves nothing about the meter. */
export function keyOfAlfen(text: string): string | null {
  return text.split(";")[3] ?? null;
}

/**
 * Judges a text that the adapter of a charger signed for its meter (secp192r1, SHA-256). Whether it is a begin or an end
 * stands in the second section and is not signed; the pagination is.
 */
export function verifyAlfen(text: string, key: GivenKey, cryptography: Cryptography): ValueVerdict {
  return withVerdict(() => readAlfen(text, key, cryptography));
}

function readAlfen(text: string, key: GivenKey, cryptography: Cryptography): SignedValue {
  const sections = text.trim().replace(/;$/u, "").split(";");
  const [prefix, , writtenVersion, , data = "", signature = ""] = sections;
  if (sections.length !== sectionCount || prefix !== "AP") {
    return refuse("SIGNED_VALUE_MALFORMED", `${sections.length} sections instead of ${sectionCount}`);
  }
  if (writtenVersion !== version) {
    return answerUnsupported("FORMAT_UNSUPPORTED", `the version is ${quote(writtenVersion ?? "")}, not ${version}`);
  }
  const bytes = fromBase32(data);
  if (bytes?.length !== dataBytes) return refuse("SIGNED_VALUE_MALFORMED", `the data are not ${dataBytes} bytes`);
  const signatureBytes = fromBase32(signature);
  if (signatureBytes === null) return refuse("SIGNED_VALUE_SIGNATURE_MALFORMED", "it is not base32");
  const signed = requireSignature(cryptography, requireKeyOn(["secp192r1"], key), bytes, signatureBytes);

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const register = requireImportRegister(toHex(bytes.subarray(place.obis, place.unit)));
  return {
    verdict: "accepted",
    signed,
    meter: toHex(bytes.subarray(place.meter, place.status)),
    identification: readText(bytes.subarray(place.identification, place.session)),
    counter: BigInt(view.getUint32(place.pagination, true)),
    register: register.text,
    reading: {
      registerWh: requireWattHours(
        view.getBigInt64(place.value, true),
        view.getInt8(place.scaler),
        view.getUint8(place.unit),
      ),
      // Whether the clock was set by somebody stands in no part of the format that is described.
      time: { epochMs: 1_000 * view.getUint32(place.time, true), state: "I" },
    },
    span: null,
  };
}

/** Text that is filled up with zeros. */
function readText(bytes: Uint8Array): string | null {
  const end = bytes.indexOf(0);
  const text = String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end));
  return text === "" ? null : text;
}
