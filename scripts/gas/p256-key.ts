import { createECDH } from "node:crypto";

import { concat, getBytes, hexlify, toBeHex } from "ethers";

/** The order of secp256r1, from SEC 2 version 2.0. */
export const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** A key of secp256r1 that signs a digest as it is; Node's own functions hash once more. */
export interface P256Key {
  /** Both coordinates, 64 bytes. */
  readonly publicKey: string;
  /** r and s, 64 bytes, s the higher or the lower of both twins. */
  sign(digest: string, twin?: "lower" | "higher"): string;
}

export function p256Key(privateKey: bigint): P256Key {
  // A number per signature that nobody may learn of a real key; here it only has to differ.
  let ephemeral = privateKey;
  return {
    publicKey: hexlify(pointOf(privateKey)),
    sign(digest, twin = "lower") {
      ephemeral += 1n;
      const r = BigInt(hexlify(pointOf(ephemeral).subarray(0, 32))) % P256_ORDER;
      const s = (inverseOf(ephemeral) * (BigInt(digest) + r * privateKey)) % P256_ORDER;
      const isLower = s <= P256_ORDER / 2n;
      return concat([toBeHex(r, 32), toBeHex(isLower === (twin === "lower") ? s : P256_ORDER - s, 32)]);
    },
  };
}

function pointOf(scalar: bigint): Uint8Array {
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(getBytes(toBeHex(scalar, 32)));
  return Uint8Array.from(ecdh.getPublicKey()).subarray(1);
}

/** By Fermat: the order is prime. */
function inverseOf(value: bigint): bigint {
  let result = 1n;
  let base = value % P256_ORDER;
  for (let exponent = P256_ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * base) % P256_ORDER;
    base = (base * base) % P256_ORDER;
  }
  return result;
}
