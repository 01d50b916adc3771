import { otherFormatOfJson } from "../../carriage/other-formats.ts";
import { isChargePointReceipt, verifyChargePoint } from "../chargepoint/chargepoint.ts";
import { isBsmValue, verifyBsmValue } from "../chargeit/bsm.ts";
import { isEmhValue, verifyEmhValue } from "../chargeit/emh.ts";
import { fromLooseBase64 } from "../ocmf/bytes.ts";
import { parseJsonObject, type JsonObject, type JsonValue } from "../ocmf/json.ts";
import { withVerdict } from "../ocmf/refusal.ts";
import { isPtbContainer, verifyPtbRecord } from "../ptb/ptb.ts";
import {
  refusedValue,
  unknownValue,
  type Around,
  type FoundValue,
  type TextFinder,
  type ValueRole,
} from "./found-value.ts";
import { memberAt } from "./members.ts";

/** Members under which a value carries the text of another one, in the order in which they count. */
const signedTexts = ["signedMeterData", "signedMeterValue", "signedData"] as const;
/** A receipt of ChargePoint and its signature in one object, each in base64, under the names that their files have. */
export const receiptMembers = { receipt: "secrrct", signature: "secrrct.sign" } as const;
const listName = "list";

/**
 * The values of a text in JSON: a container of one of the formats, what OCPP wraps values in, or a list of such. `null`: it
 * is none of them.
 *
 * @param bytes The bytes of the text if it is a file of its own
 * @param signature The content of the file beside it
 */
export function findInJson(
  text: string,
  bytes: Uint8Array | null,
  signature: Uint8Array | null,
  around: Around,
  depth: number,
  findInText: TextFinder,
): readonly FoundValue[] | null {
  const isObject = text.startsWith("{");
  // The reader reads objects, and no two readers may disagree about one: what is no object becomes part of one.
  const whole = isObject ? text : `{"${listName}":${text}}`;
  const encoded = new TextEncoder().encode(whole);
  const content = withVerdict(() => parseJsonObject(encoded, whole));
  if (!("kind" in content)) return damagedValue(text, content.reason, around);
  if (!isObject) return findInMember(memberAt(content, listName), around, depth, findInText);
  if (isChargePointReceipt(content)) {
    // The signature is over the file as it is, white space around it included.
    return [receiptValue(bytes ?? encoded, signature, around)];
  }
  return findInObject(content, around, depth, findInText);
}

function findInObject(
  content: JsonObject,
  around: Around,
  depth: number,
  findInText: TextFinder,
): readonly FoundValue[] | null {
  if (isPtbContainer(content)) return ptbValues(content, around);
  const pair = [receiptMembers.receipt, receiptMembers.signature].map((name) => textAt(content, name));
  const [receipt, signature] = pair.map((one) => (one === null ? null : fromLooseBase64(one.replace(/\s/gu, ""))));
  if (receipt !== undefined && receipt !== null) return [receiptValue(receipt, signature ?? null, around)];
  const values = memberAt(content, "signedMeterValues");
  if (values?.kind === "array") return chargeItValues(values.items, around, depth, findInText);
  const carried = signedTexts.map((name) => memberAt(content, name)).find((member) => isFilled(member));
  const enclosedKey = textAt(content, "publicKey") ?? around.enclosedKey;
  return carried === undefined ? null : findInMember(carried, { ...around, enclosedKey }, depth, findInText);
}

function findInMember(
  value: JsonValue | undefined,
  around: Around,
  depth: number,
  findInText: TextFinder,
): readonly FoundValue[] | null {
  if (value === undefined || depth === 0) return null;
  if (value.kind === "string") return findInText(value.text, around, depth - 1);
  if (value.kind === "object") return findInObject(value, around, depth - 1, findInText);
  if (value.kind !== "array") return null;
  const found = value.items.map((item) => findInMember(item, around, depth - 1, findInText));
  return found.every((one) => one === null) ? null : found.flatMap((one) => one ?? [unknownValue(around)]);
}

function isFilled(member: JsonValue | undefined): boolean {
  return member !== undefined && member.kind !== "null" && !(member.kind === "string" && member.text.trim() === "");
}

/** A container that readers could read differently, because a member is there twice or hidden. */
function damagedValue(text: string, reason: string, around: Around): readonly FoundValue[] | null {
  if (reason === "OCMF_JSON_SYNTAX") return null;
  const content = parseLoosely(text);
  const format = content === null ? null : otherFormatOfJson(content);
  if (format === null) return null;
  const isRepeated = reason === "OCMF_JSON_DUPLICATE_KEY";
  return [
    refusedValue(around, format, {
      verdict: "refused",
      reason: isRepeated ? "SIGNED_VALUE_FIELD_REPEATED" : "SIGNED_VALUE_MALFORMED",
      detail: reason,
    }),
  ];
}

function parseLoosely(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const content: unknown = JSON.parse(text);
    return typeof content === "object" && content !== null && !Array.isArray(content) ? { ...content } : null;
  } catch {
    // What is no JSON at all is of no format in JSON.
    return null;
  }
}

function receiptValue(receipt: Uint8Array, signature: Uint8Array | null, around: Around): FoundValue {
  return {
    ...around,
    format: "ChargePoint",
    judge: (key, cryptography) => verifyChargePoint(receipt, signature, key, cryptography),
  };
}

function ptbValues(content: JsonObject, around: Around): readonly FoundValue[] {
  const version = memberAt(content, "formatVersion");
  if (version?.kind === "string" && !/^1(?:\.[0-9]+)?$/u.test(version.text)) return [unknownValue(around)];
  const enclosedKey = textAt(content, "publicKey") ?? around.enclosedKey;
  return (["begin", "end"] as const).map((role) => {
    const record = textAt(content, role === "begin" ? "ocmfBegin" : "ocmfEnd") ?? "";
    return {
      ...around,
      enclosedKey,
      role,
      format: "PTB container",
      judge: (key, cryptography) => verifyPtbRecord(record, role, key, cryptography),
    };
  });
}

function chargeItValues(
  items: readonly JsonValue[],
  around: Around,
  depth: number,
  findInText: TextFinder,
): readonly FoundValue[] {
  return items.flatMap((value): readonly FoundValue[] => {
    if (value.kind !== "object") return [unknownValue(around)];
    const enclosedKey = textAt(value, "meterInfo", "publicKey") ?? textAt(value, "publicKey") ?? around.enclosedKey;
    const session = textAt(value, "transactionId") ?? around.session;
    const inside: Around = { ...around, enclosedKey, session };
    const text = signedTexts.map((name) => textAt(value, name)).find((one) => one !== null) ?? null;
    const carried = text === null ? null : findInText(text, inside, depth);
    if (carried !== null) return carried;
    if (isBsmValue(value)) {
      const role = roleOfBsm(value);
      const judge: FoundJudge = (key, cryptography) => verifyBsmValue(value, key, cryptography);
      return [{ ...inside, role, format: "BSM-WS36A", judge }];
    }
    if (!isEmhValue(value)) return [unknownValue(inside)];
    const judge: FoundJudge = (key, cryptography) => verifyEmhValue(value, key, cryptography);
    return [{ ...inside, format: "chargeIT", judge }];
  });
}

type FoundJudge = Extract<FoundValue, { readonly judge: unknown }>["judge"];

/** Type of the snapshot: 1 and 3 begin a transaction, 2 and 4 end it. It is signed with the rest. */
function roleOfBsm(value: JsonObject): ValueRole {
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
