import type { SignedFormat } from "../format.ts";
import type { Cryptography } from "../ocmf/types.ts";
import { formatOfValueRecord, readIdentificationOfValue, verifyValueRecord } from "./value-record.ts";

/** All formats beside OCMF, as one of those that the service takes: which one it is the bytes say. */
export function createValueFormat(cryptography: Cryptography): SignedFormat {
  return {
    name: "other formats",
    claims: (record) => formatOfValueRecord(record) !== null,
    readIdentification: readIdentificationOfValue,
    verify: (record, key) => verifyValueRecord(record, key, cryptography),
  };
}
