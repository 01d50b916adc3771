import { readEcdsaSignature } from "./ecdsa-signature.ts";
import { splitRecord } from "./framing.ts";
import { requirePublicKey } from "./public-key.ts";
import { refuse, withVerdict } from "./refusal.ts";
import { readSignatureSection } from "./signature-section.ts";
import type { EcdsaSignature, PublicKey, Refusal, Unsupported } from "./types.ts";

/** A record taken apart, before anybody has checked the signature or looked into the payload. */
export interface SignedEnvelope {
  readonly verdict: "opened";
  /** The signed bytes: everything between the first and the second `|`, as a copy. */
  readonly payload: Uint8Array;
  readonly key: PublicKey;
  readonly signature: EcdsaSignature;
}

/**
 * Decodes framing, signature section, key form and signature form. This is what a verifier gets that cannot do it
 * itself, such as a contract; nothing is known yet about whether the signature is good.
 */
export function openEnvelope(
  record: Uint8Array,
  publicKey: string | PublicKey | null,
): SignedEnvelope | Refusal | Unsupported {
  return withVerdict(() => requireEnvelope(record, publicKey));
}

/** The same for callers inside the verifier: a refusal leaves by exception. */
export function requireEnvelope(record: Uint8Array, publicKey: string | PublicKey | null): SignedEnvelope {
  const sections = splitRecord(record);
  const { curve, signatureData } = readSignatureSection(sections.signature);
  const key = requirePublicKey(publicKey, curve);
  if (key.curve !== curve) {
    return refuse("OCMF_KEY_CURVE_MISMATCH", `the key is of ${key.curve}, SA of ${curve}`);
  }
  const signature = readEcdsaSignature(curve, signatureData);
  // A copy, so that a verdict does not change when the caller re-uses the buffer.
  return { verdict: "opened", payload: sections.payload.slice(), key, signature };
}
