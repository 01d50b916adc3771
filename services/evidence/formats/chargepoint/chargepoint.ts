import { compareDecimals, parseJsonDecimal, shiftDecimal, type Decimal } from "../../../domain/decimal.ts";
import { parseJsonObject, type JsonObject } from "../ocmf/json.ts";
import { quote, refuse, withVerdict } from "../ocmf/refusal.ts";
import type { Cryptography } from "../ocmf/types.ts";
import { memberAt, requireText } from "../values/members.ts";
import { requireKeyOn, requirePlausible, requireSignature } from "../values/require.ts";
import type { GivenKey, SignedBytes, SignedValue, ValueVerdict } from "../values/value.ts";

const curves = ["secp224k1", "secp256r1"] as const;
const powers: ReadonlyMap<string, number> = new Map([
  ["Wh", 0],
  ["kWh", 3],
]);

/** Whether a JSON object is a receipt of ChargePoint. */
export function isChargePointReceipt(content: JsonObject): boolean {
  return ["company_name", "totalAmount", "additional_info"].every((name) => content.members.has(name));
}

/**
 * Judges a receipt of ChargePoint: a file whose bytes are signed as they are (`secrrct`), with the signature in a file of
 * its own (`secrrct.sign`, DER). It carries both readings, and neither a counter nor the meter's own time.
 */
export function verifyChargePoint(
  receipt: Uint8Array,
  signature: Uint8Array | null,
  key: GivenKey,
  cryptography: Cryptography,
): ValueVerdict {
  return withVerdict(() => {
    if (signature === null) {
      return refuse("SIGNED_VALUE_SIGNATURE_MISSING", "the file with the signature is not beside the receipt");
    }
    const signed = requireSignature(cryptography, requireKeyOn(curves, key), receipt, signature);
    return readReceipt(parseJsonObject(receipt), signed);
  });
}

function readReceipt(content: JsonObject, signed: SignedBytes): SignedValue {
  const unit = requireText(content, "additional_info", "energy_units");
  const power = powers.get(unit);
  if (power === undefined) return refuse("SIGNED_VALUE_UNIT_UNKNOWN", `energy_units is ${quote(unit)}`);
  const begin = readRegister(content, "meter_startreading", power);
  const end = readRegister(content, "meter_endreading", power);
  if (compareDecimals(end, begin) < 0) {
    return refuse("SIGNED_VALUE_DECREASING", "the end reading is below the begin");
  }
  const driver = memberAt(content, "additional_info", "driver_info");
  return {
    verdict: "accepted",
    signed,
    meter: requireText(content, "additional_info", "meter_serial"),
    identification: driver?.kind === "string" ? driver.text : null,
    counter: null,
    register: null,
    reading: null,
    span: { begin: { registerWh: begin, time: null }, end: { registerWh: end, time: null } },
  };
}

function readRegister(content: JsonObject, name: string, power: number): Decimal {
  const value = memberAt(content, "additional_info", name);
  if (value?.kind !== "number") return refuse("SIGNED_VALUE_FIELD_MISSING", name);
  const decimal = parseJsonDecimal(value.lexeme);
  return decimal === null
    ? refuse("SIGNED_VALUE_NUMBER_INVALID", `${name} is ${quote(value.lexeme)}`)
    : requirePlausible(shiftDecimal(decimal, power));
}
