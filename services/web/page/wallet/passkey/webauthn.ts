import { getBytes, hexlify, toBeHex } from "ethers";

import { p256Order, type PasskeyAssertion, type PasskeyPoint } from "../../../../domain/passkey.ts";

/** The driver closed the device's dialogue, or it took too long; with the code of a wallet's refusal (EIP-1193). */
export class PasskeyDeclinedError extends Error {
  override readonly name = "PasskeyDeclinedError";
  readonly code = 4001;
}

/** A passkey as this device knows it. */
export interface KnownPasskey {
  /** Base64url. */
  readonly credentialId: string;
  readonly point: PasskeyPoint;
}

/** ECDSA on secp256r1 with SHA-256 (COSE): the curve that the chain verifies. */
const es256 = -7;
/** A person looks for glasses, finger or second device. */
const timeoutMs = 120_000;
const userIdBytes = 32;
/** The form of a public key (SubjectPublicKeyInfo) ends with both coordinates. */
const coordinateBytes = 32;

/**
 * Has the device make a passkey for this page.
 * @param name What the device calls it.
 * @throws PasskeyDeclinedError
 */
export async function createPasskey(name: string): Promise<KnownPasskey> {
  const credential = await declinable(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { name: "Wattproof" },
        user: { id: crypto.getRandomValues(new Uint8Array(userIdBytes)), name, displayName: name },
        // The account is made of the key alone, and nothing is asserted by its creation.
        challenge: crypto.getRandomValues(new Uint8Array(userIdBytes)),
        pubKeyCredParams: [{ type: "public-key", alg: es256 }],
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        timeout: timeoutMs,
      },
    }),
  );
  if (!(credential instanceof PublicKeyCredential)) throw new PasskeyDeclinedError("No passkey was made.");
  const { response } = credential;
  const key = response instanceof AuthenticatorAttestationResponse ? response.getPublicKey() : null;
  if (key === null) throw new Error("The device does not tell the key of its passkey.");
  const bytes = new Uint8Array(key);
  return {
    credentialId: credential.id,
    point: {
      x: hexlify(bytes.slice(-2 * coordinateBytes, -coordinateBytes)),
      y: hexlify(bytes.slice(-coordinateBytes)),
    },
  };
}

/**
 * Has the device answer a challenge of 32 bytes, after it has verified its user.
 * @param credentialId `null`: the driver chooses one of this page's passkeys.
 * @throws PasskeyDeclinedError
 */
export async function assertPasskey(
  challenge: string,
  credentialId: string | null,
): Promise<{ readonly credentialId: string; readonly assertion: PasskeyAssertion }> {
  const credential = await declinable(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: new Uint8Array(getBytes(challenge)),
        allowCredentials: credentialId === null ? [] : [{ type: "public-key", id: fromBase64Url(credentialId) }],
        userVerification: "required",
        timeout: timeoutMs,
      },
    }),
  );
  if (!(credential instanceof PublicKeyCredential)) throw new PasskeyDeclinedError("No passkey was chosen.");
  const { response } = credential;
  if (!(response instanceof AuthenticatorAssertionResponse)) throw new Error("The device answered something else.");
  const { r, s } = readSignature(new Uint8Array(response.signature));
  const assertion = {
    authenticatorData: hexlify(new Uint8Array(response.authenticatorData)),
    clientDataJson: new TextDecoder().decode(response.clientDataJSON),
    r,
    s,
  };
  return { credentialId: credential.id, assertion };
}

/**
 * r and s of a signature in DER, 32 bytes each. Of both twins of s that are good, contracts take the lower.
 * @throws RangeError if it is none
 */
export function readSignature(der: Uint8Array): { readonly r: string; readonly s: string } {
  const [r, afterR] = readInteger(der, 2);
  const [s, end] = readInteger(der, afterR);
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || end !== der.length) throw new RangeError("No signature in DER.");
  return { r: toBeHex(r, 32), s: toBeHex(s > p256Order / 2n ? p256Order - s : s, 32) };
}

function readInteger(der: Uint8Array, at: number): readonly [bigint, number] {
  const length = der[at + 1] ?? 0;
  const end = at + 2 + length;
  if (der[at] !== 0x02 || length === 0 || length > 33 || end > der.length) throw new RangeError("No integer in DER.");
  return [BigInt(hexlify(der.slice(at + 2, end))), end];
}

/** What the browser says where a person said no, or nothing. */
async function declinable<Value>(ask: () => Promise<Value>): Promise<Value> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof DOMException && (cause.name === "NotAllowedError" || cause.name === "AbortError")) {
      throw new PasskeyDeclinedError("The passkey was not used.", { cause });
    }
    throw cause;
  }
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const decoded = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(decoded, (character) => character.charCodeAt(0));
}
