import { decodeBase64, getBytes, hexlify, sha256, toUtf8Bytes } from "ethers";
import { z } from "zod";

import { p256Order, type PasskeyAssertion, type PasskeyPoint } from "../domain/passkey.ts";

/** What is wrong with an assertion, apart from its signature, which the account's contract judges. */
export type AssertionFault = "type" | "challenge" | "origin" | "rpId" | "user-absent" | "user-unverified" | "s-high";

const clientDataSchema = z.object({ type: z.string(), challenge: z.string(), origin: z.string() });
/** SHA-256 of the rpId, one byte of flags, four of a counter. */
const leastBytes = 37;
const userPresent = 0x01;
const userVerified = 0x04;

/** p, and b of y² = x³ − 3x + b (SEC 2, version 2.0). */
const p = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** Whether it is a point of secp256r1. */
export function isP256Point({ x, y }: PasskeyPoint): boolean {
  const [left, right] = [BigInt(x), BigInt(y)];
  if (left >= p || right >= p) return false;
  return (right * right - (left * left * left - 3n * left + b)) % p === 0n;
}

/**
 * What is wrong with an assertion; `null`: nothing but perhaps its signature. The contract looks at type, challenge and
 * user, too; only here it is seen from which page it came.
 * @param expected.challenge 32 bytes, `0x` and hexadecimal digits.
 * @param expected.origin Scheme, name and port of the page.
 */
export function findAssertionFault(
  assertion: PasskeyAssertion,
  expected: { readonly challenge: string; readonly origin: string },
): AssertionFault | null {
  const clientData = readClientData(assertion.clientDataJson);
  if (clientData?.type !== "webauthn.get") return "type";
  if (hexOfBase64Url(clientData.challenge) !== expected.challenge.toLowerCase()) return "challenge";
  if (clientData.origin !== expected.origin) return "origin";
  const data = getBytes(assertion.authenticatorData);
  const rpIdHash = sha256(toUtf8Bytes(new URL(expected.origin).hostname));
  if (data.length < leastBytes || hexlify(data.subarray(0, 32)) !== rpIdHash) return "rpId";
  const flags = data[32] ?? 0;
  if ((flags & userPresent) === 0) return "user-absent";
  if ((flags & userVerified) === 0) return "user-unverified";
  return BigInt(assertion.s) > p256Order / 2n ? "s-high" : null;
}

function readClientData(text: string): z.infer<typeof clientDataSchema> | null {
  try {
    return clientDataSchema.parse(JSON.parse(text));
  } catch {
    // What a browser did not write has no type.
    return null;
  }
}

function hexOfBase64Url(text: string): string | null {
  try {
    return hexlify(
      decodeBase64(
        text
          .replaceAll("-", "+")
          .replaceAll("_", "/")
          .padEnd(Math.ceil(text.length / 4) * 4, "="),
      ),
    );
  } catch {
    // No bytes at all; so not the expected ones.
    return null;
  }
}
