import { dateSeconds } from "../../../domain/local-time.ts";
import { fromHex } from "../ocmf/bytes.ts";
import { quote, refuse, withVerdict } from "../ocmf/refusal.ts";
import type { JsonObject } from "../ocmf/json.ts";
import type { Cryptography } from "../ocmf/types.ts";
import { memberAt, requireInteger, requireText } from "../values/members.ts";
import { requireKeyOn, requireSignature, requireWattHours } from "../values/require.ts";
import type { GivenKey, SignedValue, ValueVerdict } from "../values/value.ts";

/** What is signed, in this order: a number as value, scale and unit, a text as its length and its bytes. */
const signedPoints = [
  ["Typ", "number"],
  ["RCR", "number"],
  ["TotWhImp", "number"],
  ["W", "number"],
  ["MA1", "text"],
  ["RCnt", "number"],
  ["OS", "number"],
  ["Epoch", "number"],
  ["TZO", "number"],
  ["EpochSetCnt", "number"],
  ["EpochSetOS", "number"],
  ["DI", "number"],
  ["DO", "number"],
  ["Meta1", "text"],
  ["Meta2", "text"],
  ["Meta3", "text"],
  ["Evt", "number"],
] as const;
const signedTexts: ReadonlySet<string> = new Set(
  signedPoints.flatMap(([name, kind]) => (kind === "text" ? [name] : [])),
);
const lengthBytes = 4;
const numberBytes = 6;
const contexts = /\/contexts\/bsm-ws36a-json-v[01]$/u;
const contractTag = "contract-id:";
/** Counted since the transaction began. */
const register = "1-0:1.8.0*198";

interface SignedNumber {
  readonly value: bigint;
  readonly scale: number;
  readonly unit: number;
}

interface Snapshot {
  readonly numbers: ReadonlyMap<string, SignedNumber>;
  readonly texts: ReadonlyMap<string, string>;
}

/** Whether a value of a chargeIT container is of a BSM-WS36A meter. */
export function isBsmValue(value: JsonObject): boolean {
  const context = memberAt(value, "@context");
  return context?.kind === "string" && contexts.test(context.text);
}

/**
 * Judges a snapshot of a BAUER BSM-WS36A (secp256r1). Signed are the data points and not the text around them: what the
 * container says of meter, time, register, counter and contract has to agree with what is signed.
 */
export function verifyBsmValue(value: JsonObject, key: GivenKey, cryptography: Cryptography): ValueVerdict {
  return withVerdict(() => readBsmValue(value, key, cryptography));
}

function readBsmValue(value: JsonObject, key: GivenKey, cryptography: Cryptography): SignedValue {
  const snapshot = readSnapshot(value);
  const signature = fromHex(requireText(value, "signature"));
  if (signature === null) return refuse("SIGNED_VALUE_SIGNATURE_MALFORMED", "it is not hexadecimal");
  const signed = requireSignature(cryptography, requireKeyOn(["secp256r1"], key), encodeSnapshot(snapshot), signature);

  const registerNumber = numberOf(snapshot, "RCR");
  const meter = textOf(snapshot, "MA1");
  const counter = numberOf(snapshot, "RCnt").value;
  const epochSeconds = numberOf(snapshot, "Epoch").value;
  const identification = readContract(snapshot);
  requireSame("meterInfo.meterId", requireText(value, "meterInfo", "meterId"), meter);
  requireSame(
    "measurementId",
    requireInteger(value, ["measurementId"], 0n, 0xffff_ffffn).toString(),
    counter.toString(),
  );
  requireSameTime(requireText(value, "time"), epochSeconds);
  requireSameRegister(value, registerNumber);
  requireSameContract(value, identification);
  return {
    verdict: "accepted",
    signed,
    meter,
    identification: identification === null ? null : (identification.split(":").at(-1) ?? null),
    counter,
    register,
    reading: {
      registerWh: requireWattHours(registerNumber.value, registerNumber.scale, registerNumber.unit),
      // The meter counts how often its clock was set, and not whether it was set rightly.
      time: { epochMs: 1_000 * Number(epochSeconds), state: numberOf(snapshot, "EpochSetCnt").value > 0n ? "I" : "U" },
    },
    span: null,
  };
}

function readSnapshot(value: JsonObject): Snapshot {
  const points = memberAt(value, "additionalValues");
  if (points?.kind !== "array") return refuse("SIGNED_VALUE_FIELD_MISSING", "additionalValues is no list");
  const numbers = new Map<string, SignedNumber>();
  const texts = new Map<string, string>();
  for (const point of points.items) {
    if (point.kind !== "object") return refuse("SIGNED_VALUE_MALFORMED", "a value is no object");
    const name = requireText(point, "measurand", "name");
    if (numbers.has(name) || texts.has(name)) return refuse("SIGNED_VALUE_FIELD_REPEATED", quote(name));
    const content = memberAt(point, "measuredValue", "value");
    if (signedTexts.has(name) && content?.kind === "string") texts.set(name, content.text);
    else numbers.set(name, readNumber(point, ["measuredValue"]));
  }
  return { numbers, texts };
}

function readNumber(object: JsonObject, path: readonly string[]): SignedNumber {
  return {
    value: requireInteger(object, [...path, "value"], -(1n << 31n), (1n << 32n) - 1n),
    scale: Number(requireInteger(object, [...path, "scale"], -128n, 127n)),
    unit: Number(requireInteger(object, [...path, "unitEncoded"], 0n, 255n)),
  };
}

function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  const texts = new Map([...signedTexts].map((name) => [name, new TextEncoder().encode(textOf(snapshot, name))]));
  const room = signedPoints.reduce((sum, [name]) => sum + sizeOf(texts.get(name)), 0);
  const encoded = new Uint8Array(room);
  const view = new DataView(encoded.buffer);
  let at = 0;
  for (const [name] of signedPoints) {
    const text = texts.get(name);
    if (text === undefined) {
      const { value, scale, unit } = numberOf(snapshot, name);
      view.setUint32(at, Number(BigInt.asUintN(32, value)));
      view.setInt8(at + 4, scale);
      view.setUint8(at + 5, unit);
    } else {
      view.setUint32(at, text.length);
      encoded.set(text, at + lengthBytes);
    }
    at += sizeOf(text);
  }
  return encoded;
}

function sizeOf(text: Uint8Array | undefined): number {
  return text === undefined ? numberBytes : lengthBytes + text.length;
}

function numberOf(snapshot: Snapshot, name: string): SignedNumber {
  return snapshot.numbers.get(name) ?? refuse("SIGNED_VALUE_FIELD_MISSING", name);
}

function textOf(snapshot: Snapshot, name: string): string {
  return snapshot.texts.get(name) ?? refuse("SIGNED_VALUE_FIELD_MISSING", name);
}

/** What one of the signed texts says of the contract: `rfid:102bb22f`. */
function readContract(snapshot: Snapshot): string | null {
  const tags = ["Meta1", "Meta2", "Meta3"]
    .map((name) => textOf(snapshot, name))
    .filter((text) => text.startsWith(contractTag));
  if (tags.length > 1) return refuse("SIGNED_VALUE_FIELD_REPEATED", contractTag);
  return tags[0]?.slice(contractTag.length).trim() ?? null;
}

function requireSame(name: string, told: string, signed: string): void {
  if (told !== signed) refuse("SIGNED_VALUE_CONTRADICTED", `${name} is ${quote(told)}, signed is ${quote(signed)}`);
}

function requireSameTime(told: string, epochSeconds: bigint): void {
  const isTime =
    /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})$/u.test(told) && dateSeconds(told.slice(0, 10)) !== null;
  const toldMs = isTime ? Date.parse(told) : Number.NaN;
  if (Math.floor(toldMs / 1_000) !== Number(epochSeconds)) {
    refuse("SIGNED_VALUE_CONTRADICTED", `time is ${quote(told)}, signed are ${epochSeconds} seconds since 1970`);
  }
}

function requireSameRegister(value: JsonObject, signed: SignedNumber): void {
  const told = readNumber(value, ["value", "measuredValue"]);
  if (told.value !== signed.value || told.scale !== signed.scale || told.unit !== signed.unit) {
    refuse(
      "SIGNED_VALUE_CONTRADICTED",
      `value is ${told.value} · 10^${told.scale}, signed ${signed.value} · 10^${signed.scale}`,
    );
  }
}

function requireSameContract(value: JsonObject, signed: string | null): void {
  const id = memberAt(value, "contract", "id");
  if (id === undefined) return;
  const type = memberAt(value, "contract", "type");
  const told = `${type?.kind === "string" ? `${type.text}:` : ""}${id.kind === "string" ? id.text : ""}`;
  requireSame("contract", told, signed ?? "");
}
