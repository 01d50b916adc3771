import { createHash, randomBytes } from "node:crypto";

/** A new API key of a station: 32 random bytes. The service keeps only its SHA-256. */
export function createApiKey(): { readonly apiKey: string; readonly apiKeySha256: string } {
  const apiKey = randomBytes(32).toString("base64url");

  return { apiKey, apiKeySha256: createHash("sha256").update(apiKey).digest("hex") };
}

/** A new OCPP key of a station: 20 random bytes as hexadecimal text, which every version takes. */
export function createStationKey(): string {
  return randomBytes(20).toString("hex");
}
