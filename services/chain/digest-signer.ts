import { recoverAddress, Signature, type SigningKey } from "ethers";

import { WattproofError } from "../errors.ts";

/** An account that signs digests, wherever its key is. */
export interface DigestSigner {
  readonly address: string;
  /**
   * @param digest 32 bytes, `0x` and hexadecimal digits.
   * @throws SIGNER_UNAVAILABLE if there is no usable answer in time, SIGNER_WRONG if another key signed
   */
  sign(digest: string): Promise<Signature>;
}

/** A key in this process. */
export function signerOfKey({
  address,
  signingKey,
}: {
  readonly address: string;
  readonly signingKey: SigningKey;
}): DigestSigner {
  return { address, sign: (digest) => Promise.resolve(signingKey.sign(digest)) };
}

/** The order of the group of secp256k1. */
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/**
 * The signature as the chain takes it: the smaller of the two values of s (EIP-2), and the v under which the account is
 * recovered, which not every signer says.
 * @throws SIGNER_UNAVAILABLE if the numbers are not of the curve, SIGNER_WRONG if no v leads to the account
 */
export function signatureOf(address: string, digest: string, r: bigint, s: bigint): Signature {
  if (r <= 0n || r >= order || s <= 0n || s >= order) {
    throw new WattproofError(
      "SIGNER_UNAVAILABLE",
      "The signer answered with numbers that no signature of secp256k1 has.",
    );
  }
  const lowS = s > order / 2n ? order - s : s;
  for (const yParity of [0, 1] as const) {
    const signature = Signature.from({ r: word(r), s: word(lowS), yParity });
    if (recovers(address, digest, signature)) return signature;
  }
  throw new WattproofError("SIGNER_WRONG", `The signer has another key than that of ${address}.`);
}

function recovers(address: string, digest: string, signature: Signature): boolean {
  try {
    return recoverAddress(digest, signature) === address;
  } catch {
    // No point has this r.
    return false;
  }
}

function word(value: bigint): string {
  return `0x${value.toString(16).padStart(64, "0")}`;
}
