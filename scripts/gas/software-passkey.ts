import { createECDH, createHash, createPrivateKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";

import { dataSlice, getBytes, hexlify, toBeHex } from "ethers";

import { p256Order, type PasskeyAssertion, type PasskeyPoint } from "../../services/domain/passkey.ts";

/** Bits of an authenticator's answer. */
export const userPresent = 0x01;
export const userVerified = 0x04;

/** A passkey without a device, for measurements and tests: it answers as an authenticator and a browser do together. */
export interface SoftwarePasskey {
  readonly point: PasskeyPoint;
  /** @param challenge 32 bytes. */
  assert(challenge: string, changes?: AssertionChanges): PasskeyAssertion;
}

/** In what an answer differs from that of an honest device and browser. */
export interface AssertionChanges {
  readonly rpId?: string;
  readonly origin?: string;
  readonly type?: string;
  readonly flags?: number;
  /** s in the upper half. */
  readonly isHigh?: boolean;
}

/** @param options.privateKey By default a new one. */
export function createSoftwarePasskey(
  options: { readonly rpId?: string; readonly origin?: string; readonly privateKey?: bigint } = {},
): SoftwarePasskey {
  const { rpId: usualId = "localhost", origin: usualOrigin = "http://localhost", privateKey } = options;
  const key =
    privateKey === undefined
      ? generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey
      : keyOf(toBeHex(privateKey, 32));
  const { x = "", y = "" } = key.export({ format: "jwk" });
  return {
    point: { x: fromBase64Url(x), y: fromBase64Url(y) },
    assert(challenge, changes = {}) {
      const { rpId = usualId, origin = usualOrigin, type = "webauthn.get", isHigh = false } = changes;
      const { flags = userPresent | userVerified } = changes;
      const clientDataJson = JSON.stringify({ type, challenge: toBase64Url(challenge), origin, crossOrigin: false });
      const rpIdHash = createHash("sha256").update(rpId).digest();
      const authenticatorData = Buffer.concat([rpIdHash, Buffer.from([flags, 0, 0, 0, 1])]);
      const clientDataHash = createHash("sha256").update(clientDataJson).digest();
      const signed = Buffer.concat([authenticatorData, clientDataHash]);
      const signature = sign("sha256", signed, { key, dsaEncoding: "ieee-p1363" });
      const s = BigInt(hexlify(signature.subarray(32)));
      const isInUpper = s > p256Order / 2n;
      return {
        authenticatorData: hexlify(authenticatorData),
        clientDataJson,
        r: hexlify(signature.subarray(0, 32)),
        s: toBeHex(isInUpper === isHigh ? s : p256Order - s, 32),
      };
    },
  };
}

function toBase64Url(hex: string): string {
  return Buffer.from(getBytes(hex)).toString("base64url");
}

function fromBase64Url(text: string): string {
  return hexlify(Buffer.from(text, "base64url"));
}

function keyOf(scalar: string): KeyObject {
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(getBytes(scalar));
  const point = hexlify(ecdh.getPublicKey());
  const [x, y] = [toBase64Url(dataSlice(point, 1, 33)), toBase64Url(dataSlice(point, 33))];
  return createPrivateKey({ key: { kty: "EC", crv: "P-256", x, y, d: toBase64Url(scalar) }, format: "jwk" });
}
