import { ed25519 } from "@noble/curves/ed25519.js";
import { ed448 } from "@noble/curves/ed448.js";

import { fromHex, toHex } from "../../../evidence/formats/ocmf/bytes.ts";
import type { OtherSignatures } from "../../../evidence/formats/ocmf/other-algorithms.ts";
import { judgeFile, type FileLine } from "../../../evidence/formats/values/judge-file.ts";
import { nobleCryptography } from "./noble-cryptography.ts";

/** What stands in front of a key in its SubjectPublicKeyInfo (RFC 8410), and how long the key is. */
const keyInfos = {
  ed25519: { prefix: "302a300506032b6570032100", bytes: 32, curve: ed25519 },
  ed448: { prefix: "3043300506032b6571033a00", bytes: 57, curve: ed448 },
} as const;

/** The signatures that are not of ECDSA, as far as a browser checks them here: not ML-DSA. */
const otherSignatures: OtherSignatures = {
  verify(publicKeyInfo, type, message, signature) {
    if (type !== "ed25519" && type !== "ed448") return "unsupported";
    const { prefix, bytes, curve } = keyInfos[type];
    const text = toHex(publicKeyInfo);
    const key = text.startsWith(prefix) ? fromHex(text.slice(prefix.length)) : null;
    if (key?.length !== bytes) return null;
    try {
      return curve.verify(signature, message, key);
    } catch {
      // A signature or a key that is no point is not good.
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
