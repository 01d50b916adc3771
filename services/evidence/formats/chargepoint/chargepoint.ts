import { parseJsonDecimal, shiftDecimal, subtractDecimals, type Decimal } from "../../../domain/decimal.ts";
import { fromKeyInfoText } from "../ocmf/bytes.ts";
import { parseJsonObject, type JsonObject } from "../ocmf/json.ts";
import { quote, refuse, withVerdict } from "../ocmf/refusal.ts";
import { memberAt, requireText } from "../values/members.ts";
import { requirePlausible } from "../values/require.ts";
import type { SignedValue, ValueCryptography, ValueVerdict } from "../values/value.ts";

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
 *
 * @param keyText SubjectPublicKeyInfo as PEM, base64 or hexadecimal, on secp224k1 or secp256r1
 */
export function verifyChargePoint(
  receipt: Uint8Array,
  signature: Uint8Array | null,
  keyText: string | null,
  cryptography: ValueCryptography,
): ValueVerdict {
  return withVerdict(() => {
    if (signature === null) {
      return refuse("SIGNED_VALUE_SIGNATURE_MISSING", "the file with the signature is not beside the receipt");
    }
    requireGoodSignature(receipt, signature, keyText, cryptography);
    return readReceipt(parseJsonObject(receipt));
  });
}

function requireGoodSignature(
  receipt: Uint8Array,
  signature: Uint8Array,
  keyText: string | null,
  cryptography: ValueCryptography,
): void {
  if (keyText === null || keyText.trim() === "") {
    return refuse("SIGNED_VALUE_KEY_MISSING", "no public key is given");
  }
  const key = fromKeyInfoText(keyText);
  if (key === null) return refuse("SIGNED_VALUE_KEY_INVALID", "the text is no SubjectPublicKeyInfo");
  const answers = curves.map((curve) => cryptography.verifyDerSha256(key, curve, receipt, signature));
  if (answers.includes(true)) return;
  if (answers.every((answer) => answer === null)) {
    refuse("SIGNED_VALUE_KEY_INVALID", `the key is of none of the curves ${curves.join(", ")}`);
  }
  refuse("SIGNED_VALUE_SIGNATURE_MISMATCH", `${receipt.length} signed bytes`);
}

function readReceipt(content: JsonObject): SignedValue {
  const unit = requireText(content, "additional_info", "energy_units");
  const power = powers.get(unit);
  if (power === undefined) return refuse("SIGNED_VALUE_UNIT_UNKNOWN", `energy_units is ${quote(unit)}`);
  const begin = readRegister(content, "meter_startreading", power);
  const end = readRegister(content, "meter_endreading", power);
  const energyWh = subtractDecimals(end, begin);
  if (energyWh.unscaled < 0n) return refuse("SIGNED_VALUE_DECREASING", "the end reading is below the begin");
  const driver = memberAt(content, "additional_info", "driver_info");
  return {
    verdict: "accepted",
    meter: requireText(content, "additional_info", "meter_serial"),
    identification: driver?.kind === "string" ? driver.text : null,
    counter: null,
    timeMs: null,
    register: null,
    registerWh: null,
    energyWh,
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
