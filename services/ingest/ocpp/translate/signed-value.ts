import type { MessageFault, SignedCarriage, SignedContainer } from "../../../domain/charging/message.ts";
import { fromBase64, fromHex } from "../../../verify/ocmf/bytes.ts";
import { isJsonRecord, textOf, type JsonRecord } from "./payload.ts";

/** A signed value without the place where it stood. */
export type SignedContent = Omit<SignedContainer, "context" | "time" | "faults"> & {
  readonly fault: Omit<MessageFault, "path"> | null;
};

const recordHeader = "OCMF|";
const headerInHex = /^4f434d467c/i;
const nothing = { record: null, signingMethod: null, encodingMethod: null, enclosedKey: null };

/**
 * A signed value of 1.6, out of `SampledValue.value`. The application note puts a SignedMeterValueType there as JSON text;
 * older stations the record itself, or its bytes in hexadecimal.
 */
export function readSignedValueText(text: string): SignedContent {
  const trimmed = text.trim();
  if (trimmed.startsWith(recordHeader)) {
    return { ...nothing, carriage: "record-in-value", record: new TextEncoder().encode(trimmed), fault: null };
  }
  if (headerInHex.test(trimmed)) {
    const record = fromHex(trimmed);
    const fault = record === null ? unreadable("no whole number of hexadecimal digits") : null;
    return { ...nothing, carriage: "hex-in-value", record, fault };
  }
  const wrapped = parseJson(trimmed);
  if (wrapped !== null) return readSignedMeterValue(wrapped, "json-in-value");
  return { ...nothing, carriage: "json-in-value", fault: unreadable("neither JSON nor a record") };
}

/** Whether a text of 1.6 is a signed value although its `format` does not say so. */
export function looksSigned(text: string): boolean {
  return text.trimStart().startsWith(recordHeader);
}

/** A SignedMeterValueType. Base64 is taken off once: what is inside must be the record. */
export function readSignedMeterValue(wrapped: JsonRecord, carriage: SignedCarriage): SignedContent {
  const described = {
    carriage,
    signingMethod: textOf(wrapped, "signingMethod"),
    encodingMethod: textOf(wrapped, "encodingMethod"),
    enclosedKey: readEnclosedKey(textOf(wrapped, "publicKey")),
  };
  const data = textOf(wrapped, "signedMeterData")?.trim() ?? "";
  const record = data.startsWith(recordHeader) ? new TextEncoder().encode(data) : fromBase64(data);
  if (record !== null && startsWithHeader(record)) return { ...described, record, fault: null };
  const encoding = described.encodingMethod ?? "";
  if (encoding !== "" && encoding.toUpperCase() !== "OCMF") {
    const detail = `encodingMethod is ${JSON.stringify(encoding.slice(0, 50))}`;
    return { ...described, record: null, fault: { code: "SIGNED_VALUE_UNSUPPORTED", detail } };
  }
  const detail = record === null ? "signedMeterData is not base64" : "signedMeterData is not the base64 of a record";
  return { ...described, record: null, fault: unreadable(detail) };
}

/** The key's text without its outer base64, if there is text inside; else as it came. `null` for none. */
function readEnclosedKey(publicKey: string | null): string | null {
  const sent = publicKey?.trim() ?? "";
  if (sent === "") return null;
  const inner = fromBase64(sent);
  const isText =
    inner !== null && inner.length > 0 && inner.every((byte) => byte === 10 || byte === 13 || isPrintable(byte));
  return isText ? new TextDecoder().decode(inner).trim() : sent;
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f;
}

function startsWithHeader(record: Uint8Array): boolean {
  return Array.from(recordHeader).every((character, index) => record[index] === character.charCodeAt(0));
}

function parseJson(text: string): JsonRecord | null {
  if (!text.startsWith("{")) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonRecord(value) ? value : null;
  } catch {
    // What is no JSON is answered as unreadable by the caller.
    return null;
  }
}

function unreadable(detail: string): Omit<MessageFault, "path"> {
  return { code: "SIGNED_VALUE_UNREADABLE", detail };
}
