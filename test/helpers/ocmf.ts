import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";

import { expect } from "chai";

import type { ErrorCode } from "../../services/errors.ts";
import { nodeCryptography } from "../../services/evidence/formats/ocmf/node-cryptography.ts";
import { parsePublicKey } from "../../services/evidence/formats/ocmf/public-key.ts";
import { withVerdict } from "../../services/evidence/formats/ocmf/refusal.ts";
import type { Curve, OcmfCurve, PublicKey } from "../../services/evidence/formats/ocmf/types.ts";
import { createOcmfVerifier } from "../../services/evidence/formats/ocmf/verifier.ts";

/** The curves with the name that OpenSSL knows them by and the spelling of `SA`; the last has none in the format. */
export const curveNames = {
  secp192k1: { openSsl: "secp192k1", algorithm: "ECDSA-secp192k1-SHA256" },
  secp192r1: { openSsl: "prime192v1", algorithm: "ECDSA-secp192r1-SHA256" },
  secp256k1: { openSsl: "secp256k1", algorithm: "ECDSA-secp256k1-SHA256" },
  secp256r1: { openSsl: "prime256v1", algorithm: "ECDSA-secp256r1-SHA256" },
  brainpoolP256r1: { openSsl: "brainpoolP256r1", algorithm: "ECDSA-brainpool256r1-SHA256" },
  secp384r1: { openSsl: "secp384r1", algorithm: "ECDSA-secp384r1-SHA256" },
  brainpoolP384r1: { openSsl: "brainpoolP384r1", algorithm: "ECDSA-brainpool384r1-SHA256" },
  secp224k1: { openSsl: "secp224k1", algorithm: "ECDSA-secp224k1-SHA256" },
} as const satisfies Record<Curve, { openSsl: string; algorithm: string }>;

/** Those of OCMF. */
export const curves: readonly OcmfCurve[] = [
  "secp192k1",
  "secp192r1",
  "secp256k1",
  "secp256r1",
  "brainpoolP256r1",
  "secp384r1",
  "brainpoolP384r1",
];

export const verifier = createOcmfVerifier({ cryptography: nodeCryptography });

/** A fresh meter key and its public half as SubjectPublicKeyInfo in hex. */
export interface TestKey {
  readonly curve: Curve;
  readonly privateKey: KeyObject;
  readonly publicKey: PublicKey;
  readonly spkiHex: string;
}

export function createTestKey(curve: Curve): TestKey {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: curveNames[curve].openSsl });
  const spkiHex = createPublicKey(privateKey).export({ type: "spki", format: "der" }).toString("hex");
  const publicKey = parsePublicKey(spkiHex, curve);
  if ("verdict" in publicKey) throw new Error(publicKey.reason);
  return { curve, privateKey, publicKey, spkiHex };
}

const keys = new Map<Curve, TestKey>();

/** The same key for the same curve, within one run. */
export function testKey(curve: Curve): TestKey {
  const key = keys.get(curve) ?? createTestKey(curve);
  keys.set(curve, key);
  return key;
}

/** Members of a JSON object as raw text of their values; `undefined` leaves a member out. */
export type RawMembers = Readonly<Record<string, string | undefined>>;

export const beginReading: RawMembers = {
  TM: '"2026-03-01T10:00:00,000+0100 S"',
  TX: '"B"',
  RV: "100.000",
  RI: '"1-b:1.8.0"',
  RU: '"kWh"',
  RT: '"AC"',
  EF: '""',
  ST: '"G"',
};

export const endReading: RawMembers = {
  ...beginReading,
  TM: '"2026-03-01T11:30:00,000+0100 S"',
  TX: '"E"',
  RV: "112.345",
};

/** Text of a payload that is accepted with 12,345 Wh unless something is changed. */
export function payloadText(
  header: RawMembers = {},
  readings: readonly RawMembers[] = [beginReading, endReading],
): string {
  const members: RawMembers = {
    FV: '"1.0"',
    GI: '"Test gateway"',
    GS: '"G1"',
    GV: '"1"',
    PG: '"T7"',
    MV: '"Test"',
    MM: '"M"',
    MS: '"M1"',
    IS: "true",
    IL: '"TRUSTED"',
    IF: '["RFID_PLAIN"]',
    IT: '"ISO14443"',
    ID: '"AABBCCDD"',
    RD: `[${readings.map(objectText).join(",")}]`,
    ...header,
  };
  return objectText(members);
}

export function objectText(members: RawMembers): string {
  const written = Object.entries(members).flatMap(([key, value]) => (value === undefined ? [] : [`"${key}":${value}`]));
  return `{${written.join(",")}}`;
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** DER signature of the bytes, in hex. */
export function signHex(key: TestKey, payload: Uint8Array): string {
  return sign("sha256", payload, key.privateKey).toString("hex");
}

/** r and s of a fresh signature of the bytes, in hex of full length. */
export function signScalars(key: TestKey, payload: Uint8Array): { readonly r: string; readonly s: string } {
  const bare = sign("sha256", payload, { key: key.privateKey, dsaEncoding: "ieee-p1363" }).toString("hex");
  return { r: bare.slice(0, bare.length / 2), s: bare.slice(bare.length / 2) };
}

/** A whole record; `signature` replaces members of the signature section. */
export function recordOf(payload: string | Uint8Array, key: TestKey, signature: RawMembers = {}): Uint8Array {
  const signed = typeof payload === "string" ? bytesOf(payload) : payload;
  const section = {
    SA: `"${curveNames[key.curve].algorithm}"`,
    SD: `"${signHex(key, signed)}"`,
    ...signature,
  };
  return concat(bytesOf("OCMF|"), signed, bytesOf(`|${objectText(section)}`));
}

/** Expects that `read` ends in a refusal or in "unsupported" with exactly this code. */
export function expectReason(read: () => unknown, reason: ErrorCode): void {
  const outcome = withVerdict(read);
  expect(outcome).to.have.property("reason", reason);
}
