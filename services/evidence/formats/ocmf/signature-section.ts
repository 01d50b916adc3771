import { fromBase64, fromHex } from "./bytes.ts";
import { parseJsonObject, type JsonObject } from "./json.ts";
import { answerUnsupported, quote, refuse } from "./refusal.ts";
import type { OcmfCurve } from "./types.ts";

/** What the third section says. Nothing of it is signed: it must agree with the registered key, it decides nothing. */
export interface SignatureSection {
  readonly curve: OcmfCurve;
  /** `SD`, decoded from hex or base64, not yet read as two numbers. */
  readonly signatureData: Uint8Array;
}

/** The spellings of the table, and brainpoolP…, which is how meters in the field write it. */
const curveBySpelling: ReadonlyMap<string, OcmfCurve> = new Map([
  ["secp192k1", "secp192k1"],
  ["secp192r1", "secp192r1"],
  ["secp256k1", "secp256k1"],
  ["secp256r1", "secp256r1"],
  ["brainpool256r1", "brainpoolP256r1"],
  ["brainpoolp256r1", "brainpoolP256r1"],
  ["secp384r1", "secp384r1"],
  ["brainpool384r1", "brainpoolP384r1"],
  ["brainpoolp384r1", "brainpoolP384r1"],
]);

const algorithmGrammar = /^ECDSA-([A-Za-z0-9]{1,32})-SHA256$/i;

/** Reads the section; keys that are not of the format (extensions) are read and ignored. */
export function readSignatureSection(bytes: Uint8Array): SignatureSection {
  const section = parseJsonObject(bytes);
  const curve = readCurve(section);
  readMimeType(section);
  return { curve, signatureData: readSignatureData(section, readEncoding(section)) };
}

function readCurve(section: JsonObject): OcmfCurve {
  const algorithm = section.members.get("SA");
  // The default since OCMF 0.4.
  if (algorithm === undefined) return "secp256r1";
  if (algorithm.kind !== "string") return refuse("OCMF_ALGORITHM_UNKNOWN", `SA is a JSON ${algorithm.kind}`);
  const name = algorithmGrammar.exec(algorithm.text)?.[1];
  if (name === undefined) return refuse("OCMF_ALGORITHM_UNKNOWN", `SA is ${quote(algorithm.text)}`);
  return (
    curveBySpelling.get(name.toLowerCase()) ??
    answerUnsupported("OCMF_CURVE_UNSUPPORTED", `SA names the curve ${quote(name)}`)
  );
}

function readEncoding(section: JsonObject): "hex" | "base64" {
  const encoding = section.members.get("SE");
  if (encoding === undefined) return "hex";
  if (encoding.kind === "string" && (encoding.text === "hex" || encoding.text === "base64")) return encoding.text;
  return refuse(
    "OCMF_ENCODING_UNKNOWN",
    encoding.kind === "string" ? `SE is ${quote(encoding.text)}` : "SE is no text",
  );
}

function readMimeType(section: JsonObject): void {
  const mimeType = section.members.get("SM");
  if (mimeType === undefined) return;
  if (mimeType.kind === "string" && mimeType.text === "application/x-der") return;
  refuse("OCMF_MIME_TYPE_UNKNOWN", mimeType.kind === "string" ? `SM is ${quote(mimeType.text)}` : "SM is no text");
}

function readSignatureData(section: JsonObject, encoding: "hex" | "base64"): Uint8Array {
  const data = section.members.get("SD");
  if (data === undefined) return refuse("OCMF_SIGNATURE_MISSING", "there is no SD");
  if (data.kind !== "string") return refuse("OCMF_SIGNATURE_MALFORMED", `SD is a JSON ${data.kind}`);
  const bytes = encoding === "hex" ? fromHex(data.text) : fromBase64(data.text);
  return bytes ?? refuse("OCMF_SIGNATURE_MALFORMED", `SD is not ${encoding}`);
}
