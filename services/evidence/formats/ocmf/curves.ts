import type { Curve } from "./types.ts";

/** A short Weierstrass curve y² = x³ + ax + b over the prime field of p, its base point of prime order n, cofactor 1. */
export interface CurveParameters {
  readonly curve: Curve;
  /** Dotted form of the object identifier of the named curve. */
  readonly objectIdentifier: string;
  readonly coordinateBytes: number;
  /** Bytes of r and of s. On secp224k1 n is longer than p, on the others they are as long. */
  readonly scalarBytes: number;
  readonly p: bigint;
  readonly a: bigint;
  readonly b: bigint;
  readonly n: bigint;
}

/** Parameters from SEC 2 version 2.0 and RFC 5639; a test compares them with those of an independent library. */
export const curveParameters: Readonly<Record<Curve, CurveParameters>> = {
  secp192k1: {
    curve: "secp192k1",
    objectIdentifier: "1.3.132.0.31",
    coordinateBytes: 24,
    scalarBytes: 24,
    p: 0xfffffffffffffffffffffffffffffffffffffffeffffee37n,
    a: 0n,
    b: 3n,
    n: 0xfffffffffffffffffffffffe26f2fc170f69466a74defd8dn,
  },
  secp192r1: {
    curve: "secp192r1",
    objectIdentifier: "1.2.840.10045.3.1.1",
    coordinateBytes: 24,
    scalarBytes: 24,
    p: 0xfffffffffffffffffffffffffffffffeffffffffffffffffn,
    a: 0xfffffffffffffffffffffffffffffffefffffffffffffffcn,
    b: 0x64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1n,
    n: 0xffffffffffffffffffffffff99def836146bc9b1b4d22831n,
  },
  secp256k1: {
    curve: "secp256k1",
    objectIdentifier: "1.3.132.0.10",
    coordinateBytes: 32,
    scalarBytes: 32,
    p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn,
    a: 0n,
    b: 7n,
    n: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  },
  secp256r1: {
    curve: "secp256r1",
    objectIdentifier: "1.2.840.10045.3.1.7",
    coordinateBytes: 32,
    scalarBytes: 32,
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    a: 0xffffffff00000001000000000000000000000000fffffffffffffffffffffffcn,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  brainpoolP256r1: {
    curve: "brainpoolP256r1",
    objectIdentifier: "1.3.36.3.3.2.8.1.1.7",
    coordinateBytes: 32,
    scalarBytes: 32,
    p: 0xa9fb57dba1eea9bc3e660a909d838d726e3bf623d52620282013481d1f6e5377n,
    a: 0x7d5a0975fc2c3057eef67530417affe7fb8055c126dc5c6ce94a4b44f330b5d9n,
    b: 0x26dc5c6ce94a4b44f330b5d9bbd77cbf958416295cf7e1ce6bccdc18ff8c07b6n,
    n: 0xa9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7n,
  },
  secp384r1: {
    curve: "secp384r1",
    objectIdentifier: "1.3.132.0.34",
    coordinateBytes: 48,
    scalarBytes: 48,
    p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
    a: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000fffffffcn,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  brainpoolP384r1: {
    curve: "brainpoolP384r1",
    objectIdentifier: "1.3.36.3.3.2.8.1.1.11",
    coordinateBytes: 48,
    scalarBytes: 48,
    p: 0x8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b412b1da197fb71123acd3a729901d1a71874700133107ec53n,
    a: 0x7bc382c63d8c150c3c72080ace05afa0c2bea28e4fb22787139165efba91f90f8aa5814a503ad4eb04a8c7dd22ce2826n,
    b: 0x04a8c7dd22ce28268b39b55416f0447c2fb77de107dcd2a62e880ea53eeb62d57cb4390295dbc9943ab78696fa504c11n,
    n: 0x8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7cf3ab6af6b7fc3103b883202e9046565n,
  },
  secp224k1: {
    curve: "secp224k1",
    objectIdentifier: "1.3.132.0.32",
    coordinateBytes: 28,
    scalarBytes: 29,
    p: 0xfffffffffffffffffffffffffffffffffffffffffffffffeffffe56dn,
    a: 0n,
    b: 5n,
    n: 0x10000000000000000000000000001dce8d2ec6184caf0a971769fb1f7n,
  },
};

const curveByObjectIdentifier = new Map(
  Object.values(curveParameters).map((parameters) => [parameters.objectIdentifier, parameters.curve]),
);

/** The curve an object identifier names, or `null` where it is none of ours. */
export function curveOfObjectIdentifier(objectIdentifier: string): Curve | null {
  return curveByObjectIdentifier.get(objectIdentifier) ?? null;
}

/** Whether (x, y) is a point of the curve with both coordinates reduced. On a curve of cofactor 1 that is enough. */
export function isOnCurve(curve: Curve, x: bigint, y: bigint): boolean {
  const { p, a, b } = curveParameters[curve];
  if (x < 0n || x >= p || y < 0n || y >= p) return false;
  return (y * y - (x * x * x + a * x + b)) % p === 0n;
}

/** The y of a compressed point, or `null` where x belongs to no point. */
export function decompressY(curve: Curve, x: bigint, isOdd: boolean): bigint | null {
  const { p, a, b } = curveParameters[curve];
  if (x >= p) return null;
  const square = (x * x * x + a * x + b) % p;
  const root = modularRoot(square, p);
  const y = (root & 1n) === (isOdd ? 1n : 0n) ? root : (p - root) % p;
  return (y * y - square) % p === 0n && (y & 1n) === (isOdd ? 1n : 0n) ? y : null;
}

/** A root of `square` where it has one. Every p of the table is 3 modulo 4, but that of secp224k1, which is 5 modulo 8. */
function modularRoot(square: bigint, p: bigint): bigint {
  if (p % 4n === 3n) return modularPower(square, (p + 1n) / 4n, p);
  const root = modularPower(square, (p + 3n) / 8n, p);
  return (root * root - square) % p === 0n ? root : (root * modularPower(2n, (p - 1n) / 4n, p)) % p;
}

function modularPower(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}
