import { parsePaddedDecimal, shiftDecimal } from "../../../domain/decimal.ts";
import { fromHex } from "../ocmf/bytes.ts";
import { quote, refuse, withVerdict } from "../ocmf/refusal.ts";
import type { Cryptography } from "../ocmf/types.ts";
import { requireKeyOn, requirePlausible, requireSignature } from "../values/require.ts";
import type { GivenKey, SignedValue, ValueVerdict } from "../values/value.ts";

const begin = "128.8.0";
const beginGrammar = /^(?:\\u0002\s*)?128\.8\.0\s*\(/u;
const member = /\(([A-Z]{2,3}):([^():]*)\)/uy;
const required = ["ST", "CT", "CD", "TV", "BV", "CSC", "SP", "RV", "SI", "CS", "HW", "DT", "PK"] as const;
const consumption = /^([0-9]{4}\.[0-9]{3})\*kWh$/u;
/** Type and number of who charges, and the transaction. */
const sessionGrammar = /^([^*]{1,36})\*([0-9])\*([^*]{1,36})$/u;
const timeGrammar = /^([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})$/u;

/** Whether a text means to be of this format. */
export function isPcdf(text: string): boolean {
  return beginGrammar.test(withoutFraming(text.slice(0, 64)));
}

/** The key that a text of this format carries. It proves nothing about the meter. */
export function keyOfPcdf(text: string): string | null {
  return /\(PK:([^()]*)\)/u.exec(text)?.[1] ?? null;
}

/**
 * Judges a session of the Porsche Charging Data Format: one signed text (secp256r1, SHA-256) with the energy of a whole
 * session of a direct-current charger. Everything in front of the signature is signed.
 */
export function verifyPcdf(text: string, key: GivenKey, cryptography: Cryptography): ValueVerdict {
  return withVerdict(() => readPcdf(text, key, cryptography));
}

function readPcdf(text: string, key: GivenKey, cryptography: Cryptography): SignedValue {
  const content = withoutFraming(text);
  const { members, signedLength } = readMembers(content);
  const signature = fromHex(members.get("SG") ?? "");
  if (signature === null || signature.length === 0) {
    return refuse("SIGNED_VALUE_SIGNATURE_MALFORMED", "SG is not hexadecimal");
  }
  const payload = new TextEncoder().encode(content.slice(0, signedLength));
  const signed = requireSignature(cryptography, requireKeyOn(["secp256r1"], key), payload, signature);

  for (const name of required) {
    if (!members.has(name)) return refuse("SIGNED_VALUE_FIELD_MISSING", name);
  }
  if (members.get("SP") !== "1") return refuse("SIGNED_VALUE_NOT_FINAL", "SP says that the session goes on");
  if (members.get("BV") !== "1") return refuse("SIGNED_VALUE_METER_ERROR", "BV says that it must not be billed");
  const energy = parsePaddedDecimal(consumption.exec(members.get("RV") ?? "")?.[1] ?? "");
  if (energy === null) return refuse("SIGNED_VALUE_NUMBER_INVALID", `RV is ${quote(members.get("RV") ?? "")}`);
  const [, identification, , transaction] = sessionGrammar.exec(members.get("SI") ?? "") ?? [];
  if (identification === undefined || transaction === undefined) {
    return refuse("SIGNED_VALUE_MALFORMED", `SI is ${quote(members.get("SI") ?? "")}`);
  }
  const counter = members.get("CSC") ?? "";
  if (!/^[0-9]{1,10}$/u.test(counter)) return refuse("SIGNED_VALUE_NUMBER_INVALID", `CSC is ${quote(counter)}`);
  const startMs = readTime("ST", members.get("ST") ?? "");
  const endMs = readTime("CT", members.get("CT") ?? "");
  if (endMs < startMs) return refuse("SIGNED_VALUE_TIME_INVALID", "CT is before ST");
  // TV says whether the charger's clock was right.
  const state = members.get("TV") === "1" ? "S" : "U";
  return {
    verdict: "accepted",
    signed,
    meter: members.get("HW") ?? null,
    identification,
    counter: BigInt(counter),
    register: null,
    reading: null,
    span: {
      begin: { registerWh: { unscaled: 0n, scale: 0 }, time: { epochMs: startMs, state } },
      end: { registerWh: requirePlausible(shiftDecimal(energy, 3)), time: { epochMs: endMs, state } },
    },
  };
}

/**
 * Without line breaks, and without blanks and the characters STX and ETX around the text, which some chargers leave there,
 * also spelt as escape sequences of JSON.
 */
function withoutFraming(text: string): string {
  const joined = text.replace(/[\r\n]/gu, "");
  let [from, to] = [0, joined.length];
  while (from < to && joined.charAt(from) <= " ") from += 1;
  while (to > from && joined.charAt(to - 1) <= " ") to -= 1;
  return joined
    .slice(from, to)
    .replace(/^\\u0002\s*/u, "")
    .replace(/\s*\\u0003$/u, "");
}

function readMembers(text: string): { readonly members: ReadonlyMap<string, string>; readonly signedLength: number } {
  if (!text.startsWith(begin)) return refuse("SIGNED_VALUE_MALFORMED", `the text does not begin with ${begin}`);
  const members = new Map<string, string>();
  let at = begin.length;
  while (at < text.length) {
    member.lastIndex = at;
    const [whole, name, value] = member.exec(text) ?? [];
    if (whole === undefined || name === undefined || value === undefined) {
      return refuse("SIGNED_VALUE_MALFORMED", `there is no member at character ${at}`);
    }
    if (members.has(name)) return refuse("SIGNED_VALUE_FIELD_REPEATED", name);
    members.set(name, value);
    at += whole.length;
    if (name !== "SG") continue;
    if (at !== text.length) return refuse("SIGNED_VALUE_MALFORMED", "something stands behind the signature");
    return { members, signedLength: at - whole.length };
  }
  return refuse("SIGNED_VALUE_SIGNATURE_MISSING", "there is no SG");
}

function readTime(name: string, text: string): number {
  const [, year, month, day, hour, minute, second] = (timeGrammar.exec(text) ?? []).map(Number);
  if (
    year === undefined ||
    month === undefined ||
    day === undefined ||
    hour === undefined ||
    minute === undefined ||
    second === undefined
  ) {
    return refuse("SIGNED_VALUE_TIME_INVALID", `${name} is ${quote(text)}`);
  }
  const timeMs = Date.UTC(2_000 + year, month - 1, day, hour, minute, second);
  const read = new Date(timeMs);
  const isReal =
    read.getUTCMonth() === month - 1 && read.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return isReal ? timeMs : refuse("SIGNED_VALUE_TIME_INVALID", `${name} is ${quote(text)}`);
}
