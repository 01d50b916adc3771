import { ecdsa, weierstrass, type ECDSA } from "@noble/curves/abstract/weierstrass.js";
import { sha256 } from "@noble/hashes/sha2.js";

import { fromInteger } from "../../../evidence/formats/ocmf/bytes.ts";
import { curveParameters } from "../../../evidence/formats/ocmf/curves.ts";
import { encodePoint } from "../../../evidence/formats/ocmf/public-key.ts";
import type { Cryptography, Curve } from "../../../evidence/formats/ocmf/types.ts";

/** The base points of SEC 2 version 2.0 and RFC 5639; a test compares them with those of OpenSSL. */
export const basePoints: Readonly<Record<Curve, { readonly x: bigint; readonly y: bigint }>> = {
  secp192k1: {
    x: 0xdb4ff10ec057e9ae26b07d0280b7f4341da5d1b1eae06c7dn,
    y: 0x9b2f2f6d9c5628a7844163d015be86344082aa88d95e2f9dn,
  },
  secp192r1: {
    x: 0x188da80eb03090f67cbf20eb43a18800f4ff0afd82ff1012n,
    y: 0x07192b95ffc8da78631011ed6b24cdd573f977a11e794811n,
  },
  secp256k1: {
    x: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
    y: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
  },
  secp256r1: {
    x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
    y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
  },
  brainpoolP256r1: {
    x: 0x8bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262n,
    y: 0x547ef835c3dac4fd97f8461a14611dc9c27745132ded8e545c1d54c72f046997n,
  },
  secp384r1: {
    x: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
    y: 0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
  },
  brainpoolP384r1: {
    x: 0x1d1c64f068cf45ffa2a63a81b7c13f6b8847a3e77ef14fe3db7fcafe0cbd10e8e826e03436d646aaef87b2e247d4af1en,
    y: 0x8abe1d7520f9c2a45cb1eb8e95cfd55262b70b29feec5864e19c054ff99129280e4646217791811142820341263c5315n,
  },
  secp224k1: {
    x: 0xa1455b334df099df30fc28a169a467e9e47075a90f7e650eb6b7a45cn,
    y: 0x7e089fed7fba344282cafbd6f7e319f7c0b0bd59e2ca4bdb556d61a5n,
  },
};

const made = new Map<Curve, ECDSA>();

/** The curves by their parameters, made when they are first needed. */
function curveOf(curve: Curve): ECDSA {
  const known = made.get(curve);
  if (known !== undefined) return known;
  const { p, a, b, n } = curveParameters[curve];
  const { x, y } = basePoints[curve];
  const created = ecdsa(weierstrass({ p, a, b, n, h: 1n, Gx: x, Gy: y }), sha256);
  made.set(curve, created);
  return created;
}

/** The verifier's cryptography in a browser, where there is no OpenSSL. */
export const nobleCryptography: Cryptography = {
  sha256: (bytes) => sha256(bytes),

  verifyEcdsaSha256: (key, message, { r, s }) => {
    const { scalarBytes } = curveParameters[key.curve];
    const signature = Uint8Array.of(...fromInteger(r, scalarBytes), ...fromInteger(s, scalarBytes));
    // Meters sign with either of the twins s and n − s.
    return curveOf(key.curve).verify(signature, message, encodePoint(key), { lowS: false, prehash: true });
  },
};
