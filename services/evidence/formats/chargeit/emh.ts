import { fromHex } from "../ocmf/bytes.ts";
import { quote, refuse, withVerdict } from "../ocmf/refusal.ts";
import type { JsonObject } from "../ocmf/json.ts";
import type { Cryptography } from "../ocmf/types.ts";
import { requireImportRegister } from "../edl/registers.ts";
import { readStatus } from "../edl/status.ts";
import { encodeEdlReading, identificationBytes } from "../edl/signed-block.ts";
import { memberAt, requireInteger, requireText } from "../values/members.ts";
import { requireKeyOn, requireSignature, requireWattHours } from "../values/require.ts";
import type { GivenKey, SignedValue, ValueVerdict } from "../values/value.ts";

const largest32 = 0xffff_ffffn;

/** Whether a value of a chargeIT container is of an EMH meter: those name no context of their own. */
export function isEmhValue(value: JsonObject): boolean {
  return (
    memberAt(value, "@context") === undefined &&
    memberAt(value, "measuredValue")?.kind === "object" &&
    (memberAt(value, "signature") !== undefined || memberAt(value, "meterInfo") !== undefined)
  );
}

/**
 * Judges a value of an EMH meter in chargeIT's JSON: the block of 320 bytes of EDL40 on secp192r1, with the identification
 * as text. The unit and the state of the contract that stand beside it are not signed and not read.
 */
export function verifyEmhValue(value: JsonObject, key: GivenKey, cryptography: Cryptography): ValueVerdict {
  return withVerdict(() => readEmhValue(value, key, cryptography));
}

function readEmhValue(value: JsonObject, key: GivenKey, cryptography: Cryptography): SignedValue {
  const meter = requireText(value, "meterInfo", "meterId");
  const register = requireImportRegister(requireText(value, "measurand", "id").toLowerCase());
  const counterText = requireText(value, "measurementId");
  const counter = Number.parseInt(requireHex("measurementId", counterText, 4), 16);
  const status = Number.parseInt(
    requireHex("additionalInfo.status", requireText(value, "additionalInfo", "status"), 1),
    16,
  );
  const time = readLocalTime(value, "measuredValue");
  const identification = requireText(value, "contract", "id");
  const identificationText = new TextEncoder().encode(identification);
  if (identificationText.length > identificationBytes) {
    return refuse("SIGNED_VALUE_MALFORMED", `the identification has ${identificationText.length} bytes`);
  }
  const scaler = Number(requireInteger(value, ["measuredValue", "scale"], -128n, 127n));
  const unit = Number(requireInteger(value, ["measuredValue", "unitEncoded"], 0n, 255n));
  const registerValue = requireInteger(value, ["measuredValue", "value"], -(1n << 63n), (1n << 63n) - 1n);
  const block = encodeEdlReading({
    meter: bytesOf("meterInfo.meterId", meter, 10),
    localSeconds: time.localSeconds,
    status,
    secondsIndex: Number(requireInteger(value, ["additionalInfo", "indexes", "timer"], 0n, largest32)),
    pagination: counter,
    obis: register.bytes,
    unit,
    scaler,
    value: registerValue,
    logbook: bytesOf("logBook", requireText(value, "additionalInfo", "indexes", "logBook"), 2),
    identification: identificationText,
    identificationLocalSeconds: readLocalTime(value, "contract").localSeconds,
    compensation: null,
  });
  const signature = fromHex(requireText(value, "signature"));
  if (signature === null) return refuse("SIGNED_VALUE_SIGNATURE_MALFORMED", "it is not hexadecimal");
  const signed = requireSignature(cryptography, requireKeyOn(["secp192r1"], key), block, signature);
  return {
    verdict: "accepted",
    signed,
    meter: meter.toLowerCase(),
    identification: identification === "" ? null : identification,
    counter: BigInt(counter),
    register: register.text,
    reading: {
      registerWh: requireWattHours(registerValue, scaler, unit),
      time: { epochMs: 1_000 * time.utcSeconds, state: readStatus(status) },
    },
    span: null,
  };
}

function readLocalTime(
  value: JsonObject,
  part: string,
): { readonly localSeconds: number; readonly utcSeconds: number } {
  const utcSeconds = Number(requireInteger(value, [part, "timestampLocal", "timestamp"], 0n, largest32));
  const minutes = ["localOffset", "seasonOffset"].map((name) =>
    memberAt(value, part, "timestampLocal", name) === undefined
      ? 0
      : Number(requireInteger(value, [part, "timestampLocal", name], -1_440n, 1_440n)),
  );
  const localSeconds = utcSeconds + 60 * minutes.reduce((sum, offset) => sum + offset, 0);
  return localSeconds >= 0 && localSeconds <= Number(largest32)
    ? { localSeconds, utcSeconds }
    : refuse("SIGNED_VALUE_TIME_INVALID", `the time of ${part} does not fit into 32 bits`);
}

function requireHex(name: string, text: string, bytes: number): string {
  const digits = text.padStart(2 * bytes, "0");
  return fromHex(digits)?.length === bytes ? digits : refuse("SIGNED_VALUE_MALFORMED", `${name} is ${quote(text)}`);
}

function bytesOf(name: string, text: string, length: number): Uint8Array {
  const bytes = fromHex(text);
  return bytes?.length === length ? bytes : refuse("SIGNED_VALUE_MALFORMED", `${name} is ${quote(text)}`);
}
