import type { MessageFault, SignedCarriage, SignedContainer } from "../../domain/charging/message.ts";
import { carriedValueOf } from "../../evidence/carriage/carried-value.ts";
import { unwrapSignedObject, unwrapSignedValue, type Unwrapped } from "../../evidence/carriage/unwrap.ts";
import { fromBase64 } from "../../evidence/formats/ocmf/bytes.ts";
import { isJsonRecord, textOf } from "../payload.ts";

/** A signed value without the place where it stood. */
export type SignedContent = Omit<SignedContainer, "context" | "time" | "faults"> & {
  readonly fault: Omit<MessageFault, "path"> | null;
};

const recordHeader = "OCMF|";
/** A reading is a number; the shortest record is longer than any. */
const shortestSigned = 32;
/** Members of a SignedMeterValueType that hold the data, and how some platforms call them. */
const dataMembers = ["signedMeterData", "signedMeterValue", "signedData"] as const;
const described = { signingMethod: null, encodingMethod: null };

/**
 * The signed values of 1.6, out of `SampledValue.value`. The application note puts a SignedMeterValueType there as JSON text;
 * stations also send the record itself, hexadecimal digits, base64, S.A.F.E. XML, and one in the other. There is one for
 * each record, and one with a fault where there is none.
 */
export function readSignedValueText(text: string, context: string | null): readonly SignedContent[] {
  const trimmed = text.trim();
  const wrapped = parseJson(trimmed);
  if (isJsonRecord(wrapped)) return readSignedMeterValue(wrapped, "json-in-value", context, trimmed);
  const carriage = carriageOf(trimmed);
  const inside = unwrapSignedValue(trimmed);
  const problem = "neither a record nor what wraps one";
  return (
    otherContent(inside, trimmed, context, carriage, described) ?? contentsOf(inside, carriage, described, problem)
  );
}

/** Whether a text of 1.6 is a signed value although its `format` does not say so. */
export function looksSigned(text: string): boolean {
  if (text.trimStart().startsWith(recordHeader)) return true;
  if (text.length < shortestSigned) return false;
  const { records, otherFormats } = unwrapSignedValue(text);
  return records.length > 0 || otherFormats.length > 0 || carriedValueOf(text, null) !== null;
}

/**
 * What is inside of a SignedMeterValueType: one for each record, and one with a fault where there is none.
 *
 * @param context Where the station says that the value was taken
 * @param text The whole as text, where it is one: a container in JSON may be itself what is signed
 */
export function readSignedMeterValue(
  wrapped: unknown,
  carriage: SignedCarriage,
  context: string | null,
  text: string | null = null,
): readonly SignedContent[] {
  if (!isJsonRecord(wrapped)) {
    const inside = typeof wrapped === "string" ? unwrapSignedValue(wrapped) : { records: [], otherFormats: [] };
    const other = typeof wrapped === "string" ? otherContent(inside, wrapped, context, carriage, described) : null;
    return other ?? contentsOf(inside, carriage, described, "no signed value");
  }
  const members = {
    signingMethod: textOf(wrapped, "signingMethod"),
    encodingMethod: textOf(wrapped, "encodingMethod"),
  };
  const inside = unwrapSignedObject(wrapped);
  const data = dataMembers.map((name) => textOf(wrapped, name)).find((one) => one !== null && one !== "") ?? text;
  const sentKey = textOf(wrapped, "publicKey");
  const other = data === null ? null : otherContent(inside, data, context, carriage, members, sentKey);
  if (other !== null) return other;
  const encoding = members.encodingMethod ?? "";
  const isOther = encoding !== "" && encoding.toUpperCase() !== "OCMF";
  const otherFormats = inside.otherFormats.length === 0 && isOther ? [encoding] : inside.otherFormats;
  return contentsOf({ ...inside, otherFormats }, carriage, members, "signedMeterData is not the base64 of a record");
}

/** The content if it is a value in another format than OCMF; `null` if it is none. */
function otherContent(
  { records }: Unwrapped,
  text: string,
  context: string | null,
  carriage: SignedCarriage,
  members: Pick<SignedContent, "signingMethod" | "encodingMethod">,
  sentKey: string | null = null,
): readonly SignedContent[] | null {
  const value = records.length > 0 ? null : carriedValueOf(text, context);
  if (value === null) return null;
  const enclosedKey = readEnclosedKey(sentKey ?? value.enclosedKey) ?? value.enclosedKey;
  return [{ ...members, carriage, record: value.record, enclosedKey, fault: null }];
}

function contentsOf(
  { records, otherFormats }: Unwrapped,
  carriage: SignedCarriage,
  members: Pick<SignedContent, "signingMethod" | "encodingMethod">,
  problem: string,
): readonly SignedContent[] {
  if (records.length > 0) {
    return records.map(({ record, enclosedKey }) => ({
      ...members,
      carriage,
      record,
      enclosedKey: readEnclosedKey(enclosedKey),
      fault: null,
    }));
  }
  const [other] = otherFormats;
  const fault =
    other === undefined
      ? ({ code: "SIGNED_VALUE_UNREADABLE", detail: problem } as const)
      : ({ code: "SIGNED_VALUE_UNSUPPORTED", detail: `the format is ${JSON.stringify(other.slice(0, 50))}` } as const);
  return [{ ...members, carriage, record: null, enclosedKey: null, fault }];
}

function carriageOf(text: string): SignedCarriage {
  if (text.startsWith(recordHeader)) return "record-in-value";
  if (text.startsWith("<")) return "xml-in-value";
  if (/^[{["]/u.test(text) || text === "") return "json-in-value";
  return /^(?:0x)?[0-9a-f\s]*$/iu.test(text) ? "hex-in-value" : "base64-in-value";
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

function parseJson(text: string): unknown {
  if (!text.startsWith("{")) return null;
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON is answered as unreadable by the caller.
    return null;
  }
}
