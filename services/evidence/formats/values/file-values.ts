import type { XmlElement } from "../../carriage/xml.ts";
import { readXml } from "../../carriage/xml.ts";
import { unwrapSignedValue } from "../../carriage/unwrap.ts";
import { keyOfAlfen, verifyAlfen } from "../alfen/alfen.ts";
import { isChargePointReceipt, verifyChargePoint } from "../chargepoint/chargepoint.ts";
import { isBsmValue, verifyBsmValue } from "../chargeit/bsm.ts";
import { verifyEmhValue } from "../chargeit/emh.ts";
import { isSml } from "../edl/sml.ts";
import { verifyEdl } from "../edl/verify-edl.ts";
import { verifyMennekes } from "../mennekes/mennekes.ts";
import { fromBase32, fromHex, fromLooseBase64 } from "../ocmf/bytes.ts";
import { parseJsonObject, type JsonObject } from "../ocmf/json.ts";
import { withVerdict } from "../ocmf/refusal.ts";
import { isPcdf, keyOfPcdf, verifyPcdf } from "../pcdf/pcdf.ts";
import { isPtbContainer, verifyPtbRecord } from "../ptb/ptb.ts";
import { memberAt } from "./members.ts";
import type { ValueOfSession } from "./session.ts";
import type { ValueCryptography, ValueVerdict } from "./value.ts";

/** A signed value as it was found in a file, not judged yet. */
export type FoundValue = {
  /** The key that came along, as it came. It proves nothing about the meter. */
  readonly enclosedKey: string | null;
  readonly role: ValueOfSession["role"];
  /** Values with the same text belong to one session. */
  readonly session: string;
} & (
  | { readonly format: "OCMF"; readonly record: Uint8Array }
  | {
      /** `null`: a format that is not known. */
      readonly format: string | null;
      readonly judge: (key: string | null, cryptography: ValueCryptography) => ValueVerdict;
    }
);

/** What stands around the values. */
interface Around {
  readonly enclosedKey: string | null;
  readonly role: ValueOfSession["role"];
  readonly session: string;
  /** The name that the container gives the format, `null` where it gives none. */
  readonly claimedFormat: string | null;
}

const limits = { bytes: 4_194_304, values: 2_048, depth: 4 };
const alone: Around = { enclosedKey: null, role: null, session: "1", claimedFormat: null };
const unsupported: ValueVerdict = {
  verdict: "unsupported",
  reason: "FORMAT_UNSUPPORTED",
  detail: "the bytes are in no format that is read",
};

/**
 * Finds the signed values in a file. A format is recognised from its bytes; what a container calls it counts only where
 * the bytes are of no format, and then makes them malformed instead of unknown.
 *
 * @param signature The content of the file that stands beside it under the same name with `.sign`, if there is one
 */
export function findValues(bytes: Uint8Array, signature: Uint8Array | null): readonly FoundValue[] {
  if (bytes.length > limits.bytes) return [unknown(alone)];
  const found = findInBytes(bytes, signature, alone, limits.depth) ?? [unknown(alone)];
  return found.length > limits.values ? [unknown(alone)] : found;
}

function findInBytes(
  bytes: Uint8Array,
  signature: Uint8Array | null,
  around: Around,
  depth: number,
): readonly FoundValue[] | null {
  if (isSml(bytes)) {
    return [{ ...around, format: "EDL40", judge: (key, cryptography) => verifyEdl(bytes, key, cryptography) }];
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return findInText(text, bytes, signature, around, depth);
  } catch {
    // Bytes that are neither SML nor text are of no known format.
    return null;
  }
}

function findInText(
  text: string,
  bytes: Uint8Array | null,
  signature: Uint8Array | null,
  around: Around,
  depth: number,
): readonly FoundValue[] | null {
  const trimmed = text.replace(/^\uFEFF/u, "").trim();
  if (trimmed.startsWith("OCMF|")) {
    return [{ ...around, format: "OCMF", record: new TextEncoder().encode(trimmed) }];
  }
  if (trimmed.startsWith("AP;")) return alfenValues(trimmed, around);
  if (isPcdf(trimmed)) return [pcdfValue(trimmed, around)];
  if (depth === 0 || trimmed === "") return null;
  if (trimmed.startsWith("<")) return findInXml(trimmed, depth - 1);
  if (/^[{["]/u.test(trimmed)) return findInJson(trimmed, bytes, signature, around) ?? wrappedOcmf(trimmed, around);

  const compact = trimmed.replace(/\s/gu, "");
  for (const decoded of [fromHex(compact.replace(/^0x/iu, "")), fromLooseBase64(compact), fromBase32(compact)]) {
    const found = decoded === null ? null : findInBytes(decoded, null, around, depth - 1);
    if (found !== null) return found;
  }
  return wrappedOcmf(trimmed, around);
}

/** Records of OCMF in whatever chargers put around them. */
function wrappedOcmf(text: string, around: Around): readonly FoundValue[] | null {
  const { records } = unwrapSignedValue(text);
  return records.length === 0
    ? null
    : records.map(({ record, enclosedKey }) => ({
        ...around,
        enclosedKey: enclosedKey ?? around.enclosedKey,
        format: "OCMF",
        record,
      }));
}

function alfenValues(text: string, around: Around): readonly FoundValue[] {
  return text.split(/\s+(?=AP;)/u).map((line) => ({
    ...around,
    enclosedKey: around.enclosedKey ?? keyOfAlfen(line),
    role: roleOfAlfen(line) ?? around.role,
    format: "ALFEN",
    judge: (key: string | null, cryptography: ValueCryptography) => verifyAlfen(line, key, cryptography),
  }));
}

function roleOfAlfen(line: string): ValueOfSession["role"] {
  const type = line.split(";")[1];
  return type === "0" ? "begin" : type === "1" ? "end" : type === "2" ? "between" : null;
}

function pcdfValue(text: string, around: Around): FoundValue {
  return {
    ...around,
    enclosedKey: around.enclosedKey ?? keyOfPcdf(text),
    format: "PCDF",
    judge: (key, cryptography) => verifyPcdf(text, key, cryptography),
  };
}

function findInJson(
  text: string,
  bytes: Uint8Array | null,
  signature: Uint8Array | null,
  around: Around,
): readonly FoundValue[] | null {
  const encoded = new TextEncoder().encode(text);
  const content = withVerdict(() => parseJsonObject(encoded));
  if (!("kind" in content)) return null;
  if (isPtbContainer(content)) return ptbValues(content, around);
  if (isChargePointReceipt(content)) {
    // The signature is over the file as it is, white space around it included.
    const receipt = bytes ?? encoded;
    const judge = (key: string | null, cryptography: ValueCryptography) =>
      verifyChargePoint(receipt, signature, key, cryptography);
    return [{ ...around, format: "ChargePoint", judge }];
  }
  return chargeItValues(content, around);
}

function ptbValues(content: JsonObject, around: Around): readonly FoundValue[] {
  const enclosedKey = textAt(content, "publicKey") ?? around.enclosedKey;
  return (["begin", "end"] as const).map((role) => {
    const record = textAt(content, role === "begin" ? "ocmfBegin" : "ocmfEnd") ?? "";
    const judge = (key: string | null, cryptography: ValueCryptography) =>
      verifyPtbRecord(record, role, key, cryptography);
    return { ...around, enclosedKey, role, format: "PTB container", judge };
  });
}

function chargeItValues(content: JsonObject, around: Around): readonly FoundValue[] | null {
  const values = memberAt(content, "signedMeterValues");
  if (values?.kind !== "array") return null;
  return values.items.flatMap((value): readonly FoundValue[] => {
    if (value.kind !== "object") return [unknown(around)];
    const enclosedKey = textAt(value, "meterInfo", "publicKey") ?? around.enclosedKey;
    const session = textAt(value, "transactionId") ?? around.session;
    const text = signedTexts.map((name) => textAt(value, name)).find((one) => one !== null) ?? null;
    const carried = text === null ? null : findInText(text, null, null, { ...around, enclosedKey, session }, 1);
    if (carried !== null) return carried;
    const isBsm = isBsmValue(value);
    const judge = (key: string | null, cryptography: ValueCryptography) =>
      (isBsm ? verifyBsmValue : verifyEmhValue)(value, key, cryptography);
    const role = isBsm ? roleOfBsm(value) : null;
    return [{ enclosedKey, session, role, format: isBsm ? "BSM-WS36A" : "chargeIT", judge }];
  });
}

/** Members in which a value of the list carries the text of another format. */
const signedTexts = ["signedMeterValue", "signedMeterData", "signedData"] as const;

/** Type of the snapshot: 1 and 3 begin a transaction, 2 and 4 end it. It is signed with the rest. */
function roleOfBsm(value: JsonObject): ValueOfSession["role"] {
  const points = memberAt(value, "additionalValues");
  const point = (points?.kind === "array" ? points.items : []).find(
    (item) => item.kind === "object" && textAt(item, "measurand", "name") === "Typ",
  );
  const type = point?.kind === "object" ? memberAt(point, "measuredValue", "value") : undefined;
  const number = type?.kind === "number" ? Number(type.lexeme) : 0;
  return number === 1 || number === 3 ? "begin" : number === 2 || number === 4 ? "end" : "between";
}

function textAt(content: JsonObject, ...path: readonly string[]): string | null {
  const value = memberAt(content, ...path);
  return value?.kind === "string" && value.text.trim() !== "" ? value.text : null;
}

function findInXml(document: string, depth: number): readonly FoundValue[] | null {
  const elements = readXml(document);
  if (elements === null) return null;
  const names = new Set(elements.map(({ name }) => name));
  if (names.has("ChargingProcess")) return mennekesValues(elements);
  return names.has("signedData") || names.has("encodedData") ? containerValues(elements, depth) : null;
}

/** `<value context transactionId><signedData format encoding>…</signedData><publicKey>…</publicKey></value>` of S.A.F.E. */
function containerValues(elements: readonly XmlElement[], depth: number): readonly FoundValue[] {
  const found: FoundValue[] = [];
  let inside: XmlElement[] = [];
  for (const element of elements) {
    if (element.name !== "value") {
      inside.push(element);
      continue;
    }
    const data = inside.filter(({ name }) => name === "signedData" || name === "encodedData");
    const key = inside.find(({ name, text }) => name === "publicKey" && text.trim() !== "");
    const context = element.attributes.get("context") ?? "";
    for (const part of data) {
      const around: Around = {
        enclosedKey: key?.text.trim() ?? null,
        role: /begin|start/iu.test(context) ? "begin" : /end|stop/iu.test(context) ? "end" : null,
        session: element.attributes.get("transactionId") ?? "1",
        claimedFormat: part.attributes.get("format")?.toUpperCase() ?? null,
      };
      found.push(...(findInText(part.text, null, null, around, depth) ?? [unknown(around)]));
    }
    inside = [];
  }
  return found;
}

const claimableFormats: ReadonlyMap<string, string> = new Map([
  ["OCMF", "OCMF"],
  ["ALFEN", "ALFEN"],
  ["EDL_40_P", "EDL40"],
  ["SML_EDL40_P", "EDL40"],
  ["ISA_EDL_40_P", "EDL40"],
  ["PCDF", "PCDF"],
]);

function unknown(around: Around): FoundValue {
  const claimed = claimableFormats.get(around.claimedFormat ?? "");
  const verdict: ValueVerdict =
    claimed === undefined
      ? unsupported
      : { verdict: "refused", reason: "SIGNED_VALUE_MALFORMED", detail: `the bytes are not of the format ${claimed}` };
  return { ...around, format: claimed === "OCMF" || claimed === undefined ? null : claimed, judge: () => verdict };
}

function mennekesValues(elements: readonly XmlElement[]): readonly FoundValue[] {
  const found: FoundValue[] = [];
  let inside: XmlElement[] = [];
  let processes = 0;
  for (const element of elements) {
    if (element.name !== "ChargingProcess") {
      inside.push(element);
      continue;
    }
    processes += 1;
    const process = textsUnder(inside, "ChargingProcess");
    for (const [name, role] of [
      ["MeasurementStart", "begin"],
      ["MeasurementEnd", "end"],
    ] as const) {
      if (!inside.some((part) => part.name === name)) continue;
      const measurement = textsUnder(inside, name);
      const repeated = process.repeated ?? measurement.repeated;
      found.push({
        enclosedKey: process.texts.get("PublicKey")?.trim() ?? null,
        role,
        session: String(processes),
        format: "Mennekes",
        judge: (key, cryptography) =>
          repeated === null
            ? verifyMennekes({ process: process.texts, measurement: measurement.texts }, key, cryptography)
            : { verdict: "refused", reason: "SIGNED_VALUE_FIELD_REPEATED", detail: repeated },
      });
    }
    inside = [];
  }
  return found;
}

/** The texts of the elements right below one of this name, and the name of one that is there twice. */
function textsUnder(
  elements: readonly XmlElement[],
  parent: string,
): { readonly texts: ReadonlyMap<string, string>; readonly repeated: string | null } {
  const texts = new Map<string, string>();
  let repeated: string | null = null;
  for (const { name, parents, text } of elements) {
    if (parents.at(-1) !== parent) continue;
    if (texts.has(name)) repeated = name;
    texts.set(name, text);
  }
  return { texts, repeated };
}
