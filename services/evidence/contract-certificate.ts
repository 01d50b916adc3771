import { createHash, X509Certificate } from "node:crypto";

import { derTag, readDerElement, type DerElement } from "./formats/ocmf/der.ts";

/** What a station says of a certificate for an inquiry about its revocation (OCPP 2.x, `OCSPRequestDataType`). */
export interface CertificateHashes {
  readonly hashAlgorithm: string;
  readonly issuerNameHash: string;
  readonly issuerKeyHash: string;
  readonly serialNumber: string;
}

/** What a station presents of a contract: its certificates in PEM, the contract's first, or their hashes. */
export type PresentedCertificate =
  | { readonly kind: "chain"; readonly pem: string }
  | { readonly kind: "hashes"; readonly hashes: readonly CertificateHashes[] };

/** Words of `AuthorizeCertificateStatusEnumType`. */
export type CertificateStatus =
  "Accepted" | "CertificateExpired" | "CertChainError" | "ContractCancelled" | "NoCertificateAvailable";

const algorithms: Readonly<Record<string, string>> = { SHA256: "sha256", SHA384: "sha384", SHA512: "sha512" };
const pemGrammar = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{1,20000}-----END CERTIFICATE-----/g;
const versionTag = 0xa0;
const certificateLimit = 4;

/** The certificates in a text in PEM, in its order; empty if one cannot be read. */
function readCertificates(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(pemGrammar) ?? [];
  if (blocks.length > certificateLimit) return [];
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    // Whatever is no certificate proves nothing, like no certificate.
    return [];
  }
}

/**
 * The contract id that a contract's certificate names, as ISO 15118 has it: its common name.
 * @param pem The contract's certificate and its issuer's.
 * @returns `null` if it is not two certificates of which the second issued the first
 */
export function contractIdOf(pem: string): string | null {
  const [leaf, issuer] = readCertificates(pem);
  if (leaf === undefined || issuer === undefined || !leaf.checkIssued(issuer) || !leaf.verify(issuer.publicKey)) {
    return null;
  }
  return /^CN=(.{1,64})$/m.exec(leaf.subject)?.[1] ?? null;
}

/**
 * Whether what a station presents is the certificate that was bound, and still valid. Whether its issuer has revoked it is
 * not asked anywhere: the binding is what says so.
 * @param boundPem The contract's certificate and its issuer's; `null` if none was bound.
 */
export function judgeCertificate(
  boundPem: string | null,
  presented: PresentedCertificate,
  nowMs: number,
): CertificateStatus {
  const [leaf, issuer] = boundPem === null ? [] : readCertificates(boundPem);
  if (leaf === undefined || issuer === undefined) return "NoCertificateAvailable";
  const isSame =
    presented.kind === "chain"
      ? readCertificates(presented.pem)[0]?.fingerprint256 === leaf.fingerprint256
      : presented.hashes.some((hashes) => isOfCertificate(hashes, leaf, issuer));
  if (!isSame) return "CertChainError";
  const isValid = nowMs >= Date.parse(leaf.validFrom) && nowMs < Date.parse(leaf.validTo);
  return isValid ? "Accepted" : "CertificateExpired";
}

function isOfCertificate(hashes: CertificateHashes, leaf: X509Certificate, issuer: X509Certificate): boolean {
  const algorithm = algorithms[hashes.hashAlgorithm];
  const parts = readParts(leaf.raw);
  const issuerParts = readParts(issuer.raw);
  if (algorithm === undefined || parts === null || issuerParts === null) return false;
  const digest = (bytes: Uint8Array): string => createHash(algorithm).update(bytes).digest("hex");
  return (
    isSameNumber(hashes.serialNumber, leaf.serialNumber) &&
    hashes.issuerNameHash.toLowerCase() === digest(parts.issuerName) &&
    hashes.issuerKeyHash.toLowerCase() === digest(issuerParts.keyBits)
  );
}

/** Hexadecimal digits, with leading zeros or without. */
function isSameNumber(left: string, right: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replace(/^0+/, "");
  return /^[0-9a-fA-F]+$/.test(left) && plain(left) === plain(right);
}

/**
 * The issuer's name as it is encoded, and the subject's public key without tag, length and unused bits: what RFC 6960 hashes.
 * RFC 5280 §4.1: SEQUENCE { SEQUENCE { [0] version, serial, algorithm, issuer, validity, subject, key … } … }.
 */
function readParts(certificate: Uint8Array): { readonly issuerName: Uint8Array; readonly keyBits: Uint8Array } | null {
  const body = readDerElement(readDerElement(certificate, 0)?.content ?? new Uint8Array(), 0)?.content;
  if (body === undefined) return null;
  const elements: (DerElement & { readonly start: number })[] = [];
  for (let start = 0; start < body.length && elements.length < 7;) {
    const element = readDerElement(body, start);
    if (element === null) return null;
    elements.push({ ...element, start });
    start = element.end;
  }
  const [version, , , issuer, , , key] = elements;
  if (version?.tag !== versionTag || issuer?.tag !== derTag.sequence || key?.tag !== derTag.sequence) return null;
  const algorithm = readDerElement(key.content, 0);
  const bits = algorithm === null ? null : readDerElement(key.content, algorithm.end);
  if (bits?.tag !== derTag.bitString) return null;
  return { issuerName: body.subarray(issuer.start, issuer.end), keyBits: bits.content.subarray(1) };
}
