import {
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";

import { simulatedCurves, type SimulatedCurve } from "./curves.ts";

/** A meter's key pair. */
export interface MeterKey {
  readonly curve: SimulatedCurve;
  readonly privateKey: KeyObject;
  /** The public key as SubjectPublicKeyInfo in DER, hexadecimal: the form in which meters print it. */
  readonly publicKeySpkiHex: string;
  /** X and Y, big-endian, each as long as the curve's field: the form of the meter registry. */
  readonly publicKeyPoint: Uint8Array;
}

/** A new random key. */
export function generateMeterKey(curve: SimulatedCurve): MeterKey {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: simulatedCurves[curve].openSslName });

  return meterKeyOf(curve, privateKey);
}

/**
 * The key that belongs to a seed, for demos that can be repeated.
 *
 * Warning: whoever knows the seed has the key. Never for a meter that measures anything.
 */
export function demoMeterKey(curve: SimulatedCurve, seed: string): MeterKey {
  const { openSslName, coordinateBytes } = simulatedCurves[curve];
  // One byte shorter than the order of the group, so that the number is below it on every curve.
  const scalar = createHash("shake256", { outputLength: coordinateBytes - 1 })
    .update(`Wattproof demo meter key, not secret\n${curve}\n${seed}`)
    .digest();
  const pair = createECDH(openSslName);
  pair.setPrivateKey(scalar);
  const privateKey = createPrivateKey({ key: sec1Of(pair.getPrivateKey(), curve), format: "der", type: "sec1" });

  return meterKeyOf(curve, privateKey);
}

/** The key pair around a private key. */
export function meterKeyOf(curve: SimulatedCurve, privateKey: KeyObject): MeterKey {
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });

  return {
    curve,
    privateKey,
    publicKeySpkiHex: spki.toString("hex"),
    // An uncompressed point ends the structure: 0x04, X, Y.
    publicKeyPoint: new Uint8Array(spki.subarray(spki.length - 2 * simulatedCurves[curve].coordinateBytes)),
  };
}

/** ECPrivateKey of RFC 5915: version, private key, named curve. */
function sec1Of(scalar: Buffer, curve: SimulatedCurve): Buffer {
  const { coordinateBytes } = simulatedCurves[curve];
  const padded = Buffer.concat([Buffer.alloc(coordinateBytes - scalar.length), scalar]);
  const objectIdentifier = objectIdentifierOf(curve);

  return der(0x30, [der(0x02, [Buffer.of(1)]), der(0x04, [padded]), der(0xa0, [objectIdentifier])]);
}

/** The curve's object identifier, DER, read from the parameters of a key that OpenSSL makes on it. */
function objectIdentifierOf(curve: SimulatedCurve): Buffer {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: simulatedCurves[curve].openSslName });
  const spki = publicKey.export({ format: "der", type: "spki" });
  // SEQUENCE { SEQUENCE { OID ecPublicKey (9 bytes in all), OID curve }, BIT STRING }. The lengths of the outer two are
  // one byte each, as no key here reaches 128 bytes.
  const start = 4 + 9;
  const length = spki[start + 1] ?? 0;

  return spki.subarray(start, start + 2 + length);
}

/** One DER element of less than 128 bytes, or of less than 256. */
function der(tag: number, parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = content.length < 128 ? [content.length] : [0x81, content.length];

  return Buffer.concat([Buffer.of(tag, ...length), content]);
}
