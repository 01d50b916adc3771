/** The curves of the signature table of OCMF 1.4.1 (§2.3), under the names that its SA field uses. */
export type SimulatedCurve = keyof typeof simulatedCurves;

/**
 * Per curve: the name that OpenSSL knows it by, the spelling of the SA field, and the length of a coordinate in bytes.
 */
export const simulatedCurves = {
  secp192k1: { openSslName: "secp192k1", algorithm: "ECDSA-secp192k1-SHA256", coordinateBytes: 24 },
  secp192r1: { openSslName: "prime192v1", algorithm: "ECDSA-secp192r1-SHA256", coordinateBytes: 24 },
  secp256k1: { openSslName: "secp256k1", algorithm: "ECDSA-secp256k1-SHA256", coordinateBytes: 32 },
  secp256r1: { openSslName: "prime256v1", algorithm: "ECDSA-secp256r1-SHA256", coordinateBytes: 32 },
  brainpoolP256r1: { openSslName: "brainpoolP256r1", algorithm: "ECDSA-brainpool256r1-SHA256", coordinateBytes: 32 },
  secp384r1: { openSslName: "secp384r1", algorithm: "ECDSA-secp384r1-SHA256", coordinateBytes: 48 },
  brainpoolP384r1: { openSslName: "brainpoolP384r1", algorithm: "ECDSA-brainpool384r1-SHA256", coordinateBytes: 48 },
} as const satisfies Record<string, { openSslName: string; algorithm: string; coordinateBytes: number }>;

/** All curves, in the order of the table. */
export const simulatedCurveNames = Object.keys(simulatedCurves).filter(isSimulatedCurve);

/** Whether the text names a curve that the simulator can sign on. */
export function isSimulatedCurve(name: string): name is SimulatedCurve {
  return Object.hasOwn(simulatedCurves, name);
}
