import { ed25519 } from "@noble/curves/ed25519.js";
import { ed448 } from "@noble/curves/ed448.js";
import { ml_dsa44, ml_dsa65, ml_dsa87 } from "@noble/post-quantum/ml-dsa.js";

import { fromHex, toHex } from "../../../evidence/formats/ocmf/bytes.ts";
import type { OtherKeyType, OtherSignatures } from "../../../evidence/formats/ocmf/other-algorithms.ts";
import { judgeFile, type FileLine } from "../../../evidence/formats/values/judge-file.ts";
import { nobleCryptography } from "./noble-cryptography.ts";

/** How the keys of a signature algorithm look, and what checks its signatures. */
interface Algorithm {
  /** What stands in front of a key in its SubjectPublicKeyInfo, in hexadecimal digits (RFC 8410, RFC 9881). */
  readonly prefix: string;
  readonly keyBytes: number;
  readonly verify: (signature: Uint8Array, message: Uint8Array, key: Uint8Array) => boolean;
}

const algorithms: Readonly<Record<OtherKeyType, Algorithm>> = {
  ed25519: { prefix: "302a300506032b6570032100", keyBytes: 32, verify: ed25519.verify },
  ed448: { prefix: "3043300506032b6571033a00", keyBytes: 57, verify: ed448.verify },
  "ml-dsa-44": { prefix: "30820532300b06096086480165030403110382052100", keyBytes: 1_312, verify: ml_dsa44.verify },
  "ml-dsa-65": { prefix: "308207b2300b0609608648016503040312038207a100", keyBytes: 1_952, verify: ml_dsa65.verify },
  "ml-dsa-87": { prefix: "30820a32300b060960864801650304031303820a2100", keyBytes: 2_592, verify: ml_dsa87.verify },
};

/** The signatures that are not of ECDSA. */
const otherSignatures: OtherSignatures = {
  verify(publicKeyInfo, type, message, signature) {
    const { prefix, keyBytes, verify } = algorithms[type];
    const text = toHex(publicKeyInfo);
    const key = text.startsWith(prefix) ? fromHex(text.slice(prefix.length)) : null;
    if (key?.length !== keyBytes) return null;
    try {
      return verify(signature, message, key);
    } catch {
      // A signature of another length, or a key that is no point, is not good.
      return false;
    }
  },
};

/**
 * Judges a file of signed meter values in this browser, as `npm run verify:record` does.
 *
 * @param key The meter's registered key in any form. Empty: the key that came along with each value
 */
export function checkSignedFile(bytes: Uint8Array, key: string): readonly FileLine[] {
  const given = key.trim() === "" ? null : key;
  return judgeFile("file", bytes, null, given, { ...nobleCryptography, ...otherSignatures });
}

export type { FileLine } from "../../../evidence/formats/values/judge-file.ts";
