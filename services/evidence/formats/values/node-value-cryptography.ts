import { createPublicKey, verify, type KeyObject } from "node:crypto";

import { nodeCryptography } from "../ocmf/node-cryptography.ts";
import type { OtherSignatures } from "../ocmf/other-algorithms.ts";
import type { Cryptography } from "../ocmf/types.ts";

/** The cryptography of all formats by Node's OpenSSL. */
export const nodeValueCryptography: Cryptography & OtherSignatures = {
  ...nodeCryptography,

  verify(publicKeyInfo, type, message, signature) {
    const key = readKey(publicKeyInfo);
    // Before OpenSSL 3.5 a key of ML-DSA cannot even be read.
    if (key === null) return type.startsWith("ml-dsa") ? "unsupported" : null;
    return key.asymmetricKeyType === type ? verify(null, message, key, signature) : null;
  },
};

function readKey(publicKeyInfo: Uint8Array): KeyObject | null {
  try {
    return createPublicKey({ key: Buffer.from(publicKeyInfo), format: "der", type: "spki" });
  } catch {
    // The bytes are no key that this platform knows.
    return null;
  }
}
