import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import { carriedValueOf } from "../../evidence/carriage/carried-value.ts";
import { unwrapSignedObject, unwrapSignedValue, type CarriedRecord } from "../../evidence/carriage/unwrap.ts";

/** A body, taken apart. */
export interface Envelope {
  readonly mediaType: "text/plain" | "application/json";
  readonly record: Uint8Array;
  readonly sessionReference: string | null;
}

export const envelopeSchema = z.strictObject({
  record: z.string().min(1),
  encoding: z.enum(["utf-8", "base64"]).default("utf-8"),
  sessionId: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/)
    .transform((text) => text.toLowerCase())
    .optional(),
});

const recordHeader = [0x4f, 0x43, 0x4d, 0x46, 0x7c]; // OCMF|
const contentTypeGrammar = /^(text\/plain|application\/json)(?:\s*;\s*charset\s*=\s*"?(?:utf-8|us-ascii)"?)?\s*$/i;

/** @throws MEDIA_TYPE_UNSUPPORTED */
export function readMediaType(contentType: string | undefined): Envelope["mediaType"] {
  const mediaType = contentTypeGrammar.exec(contentType ?? "")?.[1]?.toLowerCase();
  if (mediaType === "text/plain" || mediaType === "application/json") return mediaType;
  throw new WattproofError("MEDIA_TYPE_UNSUPPORTED", "Send text/plain or application/json in UTF-8.");
}

/**
 * The record inside a body: the body itself, or what the JSON envelope carries.
 * @throws ENVELOPE_INVALID
 */
export function readEnvelope(mediaType: Envelope["mediaType"], body: Uint8Array): Envelope {
  if (body.length === 0) throw new WattproofError("ENVELOPE_INVALID", "The body is empty.");
  if (mediaType === "text/plain") return { mediaType, record: unwrapped(body), sessionReference: null };

  const content = parseJson(body);
  const parsed = envelopeSchema.safeParse(content);
  if (!parsed.success) {
    const inside = isSignedMeterValue(content) ? only(unwrapSignedObject(content).records) : null;
    if (inside !== null) return { mediaType, record: inside, sessionReference: null };
    // What is a container of another format needs no envelope.
    const isEnvelope = typeof content === "object" && content !== null && "record" in content;
    const other = isEnvelope ? null : carriedValueOf(new TextDecoder().decode(body), null);
    if (other !== null) return { mediaType, record: other.record, sessionReference: null };
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.code}`);
    throw new WattproofError("ENVELOPE_INVALID", problems.join("; ").slice(0, 300));
  }
  const { record, encoding, sessionId } = parsed.data;
  const bytes = encoding === "base64" ? decodeBase64(record) : encodeUtf8(record);
  return { mediaType, record: unwrapped(bytes), sessionReference: sessionId ?? null };
}

/** The record inside of what chargers wrap it in; as it is where nothing is found. Verifying says what it is then. */
function unwrapped(bytes: Uint8Array): Uint8Array {
  if (recordHeader.every((byte, index) => bytes[index] === byte)) return bytes;
  // Decoding replaces what is no UTF-8, and a wrapping has nothing of that.
  const text = new TextDecoder().decode(bytes);
  if (text.trimStart().startsWith("OCMF|")) return bytes;
  return only(unwrapSignedValue(text).records) ?? bytes;
}

/** @throws ENVELOPE_INVALID if there are several: the answer is to one */
function only(records: readonly CarriedRecord[]): Uint8Array | null {
  const [first, ...others] = records;
  if (others.length > 0) {
    throw new WattproofError("ENVELOPE_INVALID", `${records.length} records in one body: send each by itself.`);
  }
  return first?.record ?? null;
}

/** A SignedMeterValueType of OCPP, which is no envelope of ours. */
function isSignedMeterValue(content: unknown): content is Readonly<Record<string, unknown>> {
  const isObject = typeof content === "object" && content !== null;
  return isObject && !("record" in content) && ("signedMeterData" in content || "signedMeterValue" in content);
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw new WattproofError("ENVELOPE_INVALID", "The body is not JSON in UTF-8.", { cause: error });
  }
}

function decodeBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, "base64");
  // Node skips what is not base64; the way back shows whether anything was.
  if (bytes.length === 0 || bytes.toString("base64") !== text) {
    throw new WattproofError("ENVELOPE_INVALID", "record: not base64 with padding.");
  }
  return bytes;
}

function encodeUtf8(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new WattproofError("ENVELOPE_INVALID", "record: half a surrogate pair.");
  return Buffer.from(text, "utf8");
}
