import { createHash, createPublicKey, verify } from "node:crypto";

import { fromInteger } from "./bytes.ts";
import { curveParameters } from "./curves.ts";
import { encodeSubjectPublicKeyInfo } from "./public-key.ts";
import type { Cryptography } from "./types.ts";

/** The verifier's cryptography by Node's OpenSSL, which has all seven curves. */
export const nodeCryptography: Cryptography = {
  sha256: (bytes) => Uint8Array.from(createHash("sha256").update(bytes).digest()),

  verifyEcdsaSha256: (key, message, { r, s }) => {
    const { coordinateBytes } = curveParameters[key.curve];
    const publicKey = createPublicKey({
      key: Buffer.from(encodeSubjectPublicKeyInfo(key)),
      format: "der",
      type: "spki",
    });
    const signature = Uint8Array.of(...fromInteger(r, coordinateBytes), ...fromInteger(s, coordinateBytes));
    return verify("sha256", message, { key: publicKey, dsaEncoding: "ieee-p1363" }, signature);
  },
};
