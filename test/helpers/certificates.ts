// Before the library of certificates, which looks for it when it is loaded.
import "./reflect-metadata.ts";

import { webcrypto } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import * as x509 from "@peculiar/x509";

/** A certificate and its private key, as PEM. */
export interface Certified {
  readonly certificate: string;
  readonly key: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const validity = { notBefore: new Date("2025-01-01T00:00:00Z"), notAfter: new Date("2125-01-01T00:00:00Z") };

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = await webcrypto.subtle.exportKey("pkcs8", key);
  return x509.PemConverter.encode(bytes, "PRIVATE KEY");
}

/** An authority of its own that certifies names. */
export async function createAuthority(name: string): Promise<{
  readonly certificate: string;
  certify(commonName: string): Promise<Certified>;
}> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: `CN=${name}`,
    ...validity,
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  });
  let serial = 1;
  return {
    certificate: root.toString("pem"),
    async certify(commonName) {
      const own = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
      serial += 1;
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: serial.toString(16).padStart(2, "0"),
        subject: `CN=${commonName}`,
        issuer: root.subject,
        ...validity,
        signingAlgorithm: algorithm,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: "localhost" }])],
      });
      return { certificate: certificate.toString("pem"), key: await keyPem(own.privateKey) };
    },
  };
}

/** Writes a file of a test and returns its path. */
export async function writePem(folder: string, name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}
