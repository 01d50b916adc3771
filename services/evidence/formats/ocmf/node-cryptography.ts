import { createPublicKey, hash, verify, type KeyObject } from "node:crypto";

import { fromInteger } from "./bytes.ts";
import { curveParameters } from "./curves.ts";
import { encodeSubjectPublicKeyInfo } from "./public-key.ts";
import type { Cryptography, PublicKey } from "./types.ts";

/** Keys that are kept imported: the meters of a large fleet. Each takes about 3 kB. */
const keyLimit = 4_096;

/** The verifier's cryptography by Node's OpenSSL, which has all the curves. */
export const nodeCryptography: Cryptography = createNodeCryptography();

function createNodeCryptography(): Cryptography {
  const importKey = createKeyImport();
  return {
    sha256: (bytes) => new Uint8Array(hash("sha256", bytes, "buffer")),

    verifyEcdsaSha256: (key, message, { r, s }) => {
      const { scalarBytes } = curveParameters[key.curve];
      const signature = new Uint8Array(2 * scalarBytes);
      signature.set(fromInteger(r, scalarBytes));
      signature.set(fromInteger(s, scalarBytes), scalarBytes);
      return verify("sha256", message, { key: importKey(key), dsaEncoding: "ieee-p1363" }, signature);
    },
  };
}

/** Importing a key takes about as long as verifying a signature with it, and a meter signs with one key for years. */
function createKeyImport(): (key: PublicKey) => KeyObject {
  /** A verifier of many records mostly holds one object for one key. */
  const ofObject = new WeakMap<PublicKey, KeyObject>();
  const imported = new Map<string, KeyObject>();

  function importOnce(key: PublicKey): KeyObject {
    const name = `${key.curve} ${key.x.toString(16)} ${key.y.toString(16)}`;
    const known = imported.get(name);
    if (known !== undefined) return known;
    const fresh = createPublicKey({
      key: Buffer.from(encodeSubjectPublicKeyInfo(key)),
      format: "der",
      type: "spki",
    });
    const oldest = imported.keys().next();
    if (imported.size >= keyLimit && oldest.done !== true) imported.delete(oldest.value);
    imported.set(name, fresh);
    return fresh;
  }

  return (key) => {
    const known = ofObject.get(key) ?? importOnce(key);
    ofObject.set(key, known);
    return known;
  };
}
