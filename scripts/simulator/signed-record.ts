import { readEcdsaSignature } from "../../services/evidence/formats/ocmf/ecdsa-signature.ts";
import { splitRecord } from "../../services/evidence/formats/ocmf/framing.ts";
import { readSignatureSection } from "../../services/evidence/formats/ocmf/signature-section.ts";

/** What a contract takes of a record: the signed bytes and the signature, in words of 32 bytes. */
export interface SignedRecord {
  readonly payload: Uint8Array;
  readonly r: string;
  readonly s: string;
}

/** Takes a record on a curve of 256 bits apart. Nothing is verified. Refusals of the verifier's are thrown. */
export function signedRecordOf(record: Uint8Array): SignedRecord {
  const { payload, signature } = splitRecord(record);
  const { curve, signatureData } = readSignatureSection(signature);
  const { r, s } = readEcdsaSignature(curve, signatureData);

  return { payload, r: word(r), s: word(s) };
}

function word(value: bigint): string {
  return `0x${value.toString(16).padStart(64, "0")}`;
}
