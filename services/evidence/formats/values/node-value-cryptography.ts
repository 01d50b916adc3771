import { createPublicKey, verify, type KeyObject } from "node:crypto";

import { nodeCryptography } from "../ocmf/node-cryptography.ts";
import type { OtherSignatures } from "../ocmf/other-algorithms.ts";
import type { ValueCryptography } from "./value.ts";

/** OpenSSL's names of the curves, where they are others than those of SEC 2. */
const namesOfCurves: ReadonlyMap<string, string> = new Map([
  ["prime256v1", "secp256r1"],
  ["secp224k1", "secp224k1"],
]);

/** The cryptography of all formats by Node's OpenSSL. */
export const nodeValueCryptography: ValueCryptography & OtherSignatures = {
  ...nodeCryptography,

  verifyDerSha256(publicKeyInfo, curve, message, signature) {
    const key = readKey(publicKeyInfo);
    const named = key?.asymmetricKeyDetails?.namedCurve;
    if (key === null || namesOfCurves.get(named ?? "") !== curve) return null;
    return verify("sha256", message, key, signature);
  },

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
