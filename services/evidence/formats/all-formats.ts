import { judgeSession } from "./ocmf/session.ts";
import type { Cryptography, OcmfVerifier, RecordVerdict } from "./ocmf/types.ts";
import { createOcmfVerifier } from "./ocmf/verifier.ts";
import { formatOfValueRecord, judgeValueRecord } from "./values/value-record.ts";

/** Judges records of every format by one interface. What is of no other format is judged as OCMF, with its reasons. */
export function createRecordJudge({ cryptography }: { readonly cryptography: Cryptography }): OcmfVerifier {
  const ocmf = createOcmfVerifier({ cryptography });
  const verifyRecord: OcmfVerifier["verifyRecord"] = (record, key): RecordVerdict =>
    (isOcmf(record) ? null : judgeValueRecord(record, key, cryptography)) ?? ocmf.verifyRecord(record, key);
  return {
    verifyRecord,
    verifySession: (records) => judgeSession(records.map(({ record, publicKey }) => verifyRecord(record, publicKey))),
  };
}

/** The name of a record's format: OCMF where it is none of the others. */
export function formatOfRecord(record: Uint8Array): string {
  return isOcmf(record) ? "OCMF" : (formatOfValueRecord(record) ?? "OCMF");
}

/**
 * What OCPI calls the formats in `encoding_method` (mod_cdrs, SignedData). Formats that it has no name for have the one that
 * is used here.
 */
const encodingMethods: ReadonlyMap<string, string> = new Map([
  ["OCMF", "OCMF"],
  ["ALFEN", "Alfen Eichrecht"],
  ["EDL40", "EDL40 E-Mobility Extension"],
  ["Mennekes", "EDL40 Mennekes"],
  ["PCDF", "PCDF"],
  ["chargeIT", "chargeIT"],
  ["BSM-WS36A", "BSM-WS36A"],
  ["PTB container", "PTB container"],
  ["ChargePoint", "ChargePoint"],
]);

/** The name of a record's format in OCPI. */
export function encodingMethodOf(record: Uint8Array): string {
  const format = formatOfRecord(record);
  return encodingMethods.get(format) ?? format;
}

/** Whether OCPI's name of a format is one that is read here, in whatever letters. */
export function isKnownEncodingMethod(method: string): boolean {
  return [...encodingMethods.values()].some((known) => known.toUpperCase() === method.trim().toUpperCase());
}

const header = new TextEncoder().encode("OCMF|");

function isOcmf(record: Uint8Array): boolean {
  return header.every((byte, index) => record[index] === byte);
}
