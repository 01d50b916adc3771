import { dateSeconds } from "../../../domain/local-time.ts";
import { fromHex } from "../ocmf/bytes.ts";
import { quote, refuse, withVerdict } from "../ocmf/refusal.ts";
import type { Cryptography } from "../ocmf/types.ts";
import { readIdentification } from "../edl/identification.ts";
import { requireImportRegister } from "../edl/registers.ts";
import { readStatus } from "../edl/status.ts";
import { encodeEdlReading } from "../edl/signed-block.ts";
import { requireKeyOn, requireSignature, requireWattHours } from "../values/require.ts";
import type { GivenKey, SignedValue, ValueVerdict } from "../values/value.ts";

/** The texts of a reading by the names of their elements, with those of the charging process around it. */
export interface MennekesReading {
  /** Elements of `ChargingProcess`. */
  readonly process: ReadonlyMap<string, string>;
  /** Elements of `MeasurementStart` or `MeasurementEnd`. */
  readonly measurement: ReadonlyMap<string, string>;
}

/** The register is not written down; the block always carries this one, and watt-hours. */
const register = requireImportRegister("0100011100ff");
const wattHour = 30;
const largest32 = 0xffff_ffffn;
const timeGrammar = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d+)?(Z|[+-]\d{2}:\d{2})$/u;

/**
 * Judges a reading in the XML of Mennekes (also Metra's): the block of 320 bytes of EDL40 on secp192r1, with the times in
 * the zone in which they are written.
 */
export function verifyMennekes(reading: MennekesReading, key: GivenKey, cryptography: Cryptography): ValueVerdict {
  return withVerdict(() => readMennekes(reading, key, cryptography));
}

function readMennekes(
  { process, measurement }: MennekesReading,
  key: GivenKey,
  cryptography: Cryptography,
): SignedValue {
  const signature = hexOf(measurement, "Signature");
  if (signature.length !== 48 && signature.length !== 50) {
    return refuse("SIGNED_VALUE_SIGNATURE_MALFORMED", `${signature.length} bytes instead of 48 or 50`);
  }
  const events = integerOf(measurement, "EventCounter", 0n, 0xffffn);
  const meter = hexOf(process, "ServerId");
  const identification = hexOf(process, "CustomerIdent");
  const identificationText = readIdentification(identification);
  if (meter.length !== 10) return refuse("SIGNED_VALUE_MALFORMED", `ServerId has ${meter.length} bytes instead of 10`);
  const counter = integerOf(measurement, "Pagination", 0n, largest32);
  const value = integerOf(measurement, "Value", -(1n << 63n), (1n << 63n) - 1n);
  const scaler = Number(integerOf(measurement, "Scaler", -128n, 127n));
  const time = timeOf(measurement, "Timestamp");
  const status = Number(integerOf(measurement, "MeterStatus", 0n, (1n << 64n) - 1n) & 0xffn);
  const block = encodeEdlReading({
    meter,
    localSeconds: time.localSeconds,
    status,
    secondsIndex: Number(integerOf(measurement, "SecondIndex", 0n, largest32)),
    pagination: Number(counter),
    obis: register.bytes,
    unit: wattHour,
    scaler,
    value,
    // Some write the two bytes of the logbook behind the signature as well.
    logbook:
      signature.length === 50 ? signature.subarray(48) : Uint8Array.of(Number(events >> 8n), Number(events & 0xffn)),
    identification,
    identificationLocalSeconds: timeOf(
      measurement.has("TimestampCustomerIdent") ? measurement : process,
      "TimestampCustomerIdent",
    ).localSeconds,
    compensation: null,
  });
  const signed = requireSignature(cryptography, requireKeyOn(["secp192r1"], key), block, signature.subarray(0, 48));
  return {
    verdict: "accepted",
    signed,
    meter: (process.get("ServerId") ?? "").trim().toLowerCase(),
    identification: identificationText,
    counter,
    register: register.text,
    reading: {
      registerWh: requireWattHours(value, scaler, wattHour),
      time: { epochMs: 1_000 * time.utcSeconds, state: readStatus(status) },
    },
    span: null,
  };
}

function textOf(elements: ReadonlyMap<string, string>, name: string): string {
  return elements.get(name)?.trim() ?? refuse("SIGNED_VALUE_FIELD_MISSING", name);
}

function hexOf(elements: ReadonlyMap<string, string>, name: string): Uint8Array {
  const text = textOf(elements, name);
  return fromHex(text.replace(/\s/gu, "")) ?? refuse("SIGNED_VALUE_MALFORMED", `${name} is ${quote(text)}`);
}

function integerOf(elements: ReadonlyMap<string, string>, name: string, least: bigint, most: bigint): bigint {
  const text = textOf(elements, name);
  const number = /^-?[0-9]{1,20}$/u.test(text) ? BigInt(text) : null;
  return number !== null && number >= least && number <= most
    ? number
    : refuse("SIGNED_VALUE_NUMBER_INVALID", `${name} is ${quote(text)}`);
}

function timeOf(
  elements: ReadonlyMap<string, string>,
  name: string,
): { readonly localSeconds: number; readonly utcSeconds: number } {
  const text = textOf(elements, name);
  const match = timeGrammar.exec(text);
  const isDay = dateSeconds(text.slice(0, 10)) !== null;
  const localSeconds = match !== null && isDay ? Date.parse(`${match[1] ?? ""}Z`) / 1_000 : Number.NaN;
  const utcSeconds = Date.parse(text) / 1_000;
  return localSeconds >= 0 && localSeconds <= Number(largest32) && Number.isFinite(utcSeconds)
    ? { localSeconds, utcSeconds: Math.floor(utcSeconds) }
    : refuse("SIGNED_VALUE_TIME_INVALID", `${name} is ${quote(text)}`);
}
