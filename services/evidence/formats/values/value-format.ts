import type { SignedFormat } from "../format.ts";
import type { Cryptography } from "../ocmf/types.ts";
import { createValueReader } from "./value-record.ts";

/** All formats beside OCMF, as one of those that the service takes: which one it is the bytes say. */
export function createValueFormat(cryptography: Cryptography): SignedFormat {
  const reader = createValueReader(cryptography);
  return {
    name: "other formats",
    claims: (record) => reader.isOfFormat(record),
    readIdentification: (record) => reader.readIdentification(record),
    verify: (record, key) => reader.verify(record, key),
  };
}
