import { fromBase64, fromHex, fromKeyInfoText } from "./bytes.ts";
import { splitRecord } from "./framing.ts";
import { parseJsonObject } from "./json.ts";
import { readPayload, type PayloadContent } from "./payload.ts";
import { answerUnsupported, quote, refuse, withVerdict } from "./refusal.ts";
import type { Refusal, Unsupported } from "./types.ts";

/** Algorithms beside ECDSA that records carry in `SA`, by the name that Node has for their keys. */
export const otherAlgorithms = {
  "eddsa-ed25519": "ed25519",
  "eddsa-ed448": "ed448",
  "ml-dsa-44": "ml-dsa-44",
  "ml-dsa-65": "ml-dsa-65",
  "ml-dsa-87": "ml-dsa-87",
} as const;

export type OtherKeyType = (typeof otherAlgorithms)[keyof typeof otherAlgorithms];

/** A record that was signed otherwise than by ECDSA, and is authentic. */
export type OtherwiseSignedRecord = PayloadContent & { readonly verdict: "accepted" };

export interface OtherSignatures {
  /**
   * Whether the signature over the message itself is good. `"unsupported"`: this platform has not the algorithm; `null`:
   * the bytes are no SubjectPublicKeyInfo with a key of the type.
   */
  verify(
    publicKeyInfo: Uint8Array,
    type: OtherKeyType,
    message: Uint8Array,
    signature: Uint8Array,
  ): boolean | "unsupported" | null;
}

/** The algorithm of a record if it is one of these; otherwise `null`, and the usual verifier has to judge. */
export function otherAlgorithmOf(record: Uint8Array): OtherKeyType | null {
  const read = withVerdict(() => {
    const algorithm = parseJsonObject(splitRecord(record).signature).members.get("SA");
    return { algorithm: algorithm?.kind === "string" ? algorithm.text.toLowerCase() : "" };
  });
  if ("verdict" in read) return null;
  return Object.entries(otherAlgorithms).find(([name]) => name === read.algorithm)?.[1] ?? null;
}

/** Judges such a record. What the payload says is read by the same rules as ever, after the signature was found good. */
export function verifyOtherwiseSigned(
  record: Uint8Array,
  type: OtherKeyType,
  keyText: string | null,
  signatures: OtherSignatures,
): OtherwiseSignedRecord | Refusal | Unsupported {
  return withVerdict(() => {
    const sections = splitRecord(record);
    const section = parseJsonObject(sections.signature);
    const encoding = section.members.get("SE");
    const encodingName = encoding?.kind === "string" ? encoding.text : "hex";
    if (encodingName !== "hex" && encodingName !== "base64") {
      return refuse("OCMF_ENCODING_UNKNOWN", `SE is ${quote(encodingName)}`);
    }
    const data = section.members.get("SD");
    if (data?.kind !== "string") return refuse("OCMF_SIGNATURE_MISSING", "there is no SD");
    const signature = encodingName === "hex" ? fromHex(data.text) : fromBase64(data.text);
    if (signature === null) return refuse("OCMF_SIGNATURE_MALFORMED", `SD is not ${encodingName}`);
    if (keyText === null || keyText.trim() === "") return refuse("OCMF_KEY_MISSING", "no public key is given");
    const key = fromKeyInfoText(keyText);
    const isGood = key === null ? null : signatures.verify(key, type, sections.payload, signature);
    if (isGood === null) return refuse("OCMF_KEY_MALFORMED", `the text is no SubjectPublicKeyInfo of ${type}`);
    if (isGood === "unsupported") return answerUnsupported("OCMF_CURVE_UNSUPPORTED", `${type} is not available here`);
    if (!isGood) return refuse("OCMF_SIGNATURE_MISMATCH", `${sections.payload.length} signed bytes`);
    return { ...readPayload(sections.payload), verdict: "accepted" as const };
  });
}
