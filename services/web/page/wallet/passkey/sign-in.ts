import { p256 } from "@noble/curves/nist.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concat, getBytes, hexlify, keccak256 } from "ethers";

import type { PasskeyAssertion, PasskeyPoint } from "../../../../domain/passkey.ts";
import { keepPasskey, type KeptPasskey } from "./kept-passkey.ts";
import type { PasskeyChain } from "./passkey-chain.ts";
import { assertPasskey } from "./webauthn.ts";

/** Which of the points that a signature allows is the right one; there are at most four. */
const recoveryBits = [0, 1, 2, 3] as const;

/**
 * Finds the account of a passkey that was made on another device: the device does not tell the key, but a signature leaves
 * only a few that it can be, and the chain knows which of them has an account.
 * @returns `null` if none of the driver's passkeys has an account yet.
 * @throws PasskeyDeclinedError
 */
export async function signInWithPasskey(chain: PasskeyChain): Promise<KeptPasskey | null> {
  const challenge = hexlify(crypto.getRandomValues(new Uint8Array(32)));
  const { credentialId, assertion } = await assertPasskey(challenge, null);
  const points = pointsOf(assertion);
  const found = await chain.findAccount(points.map(({ x, y }) => keccak256(concat([x, y]))));
  if (found === null) return null;
  const passkey = { credentialId, ...found };
  keepPasskey(passkey);
  return passkey;
}

/** The keys of which an assertion can be. */
export function pointsOf({ authenticatorData, clientDataJson, r, s }: PasskeyAssertion): readonly PasskeyPoint[] {
  const clientDataHash = sha256(new TextEncoder().encode(clientDataJson));
  const digest = sha256(getBytes(concat([authenticatorData, clientDataHash])));
  const points: PasskeyPoint[] = [];
  for (const bit of recoveryBits) {
    try {
      const bytes = getBytes(concat([new Uint8Array([bit]), r, s]));
      const signature = p256.Signature.fromBytes(bytes, "recovered");
      const point = signature.recoverPublicKey(digest).toBytes(false);
      points.push({ x: hexlify(point.slice(1, 33)), y: hexlify(point.slice(33)) });
    } catch {
      // Most signatures leave two points; the others are not on the curve.
    }
  }
  return points;
}
