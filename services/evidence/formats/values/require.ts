import { compareDecimals, shiftDecimal, type Decimal } from "../../../domain/decimal.ts";
import { readEcdsaSignature } from "../ocmf/ecdsa-signature.ts";
import { parsePublicKey } from "../ocmf/public-key.ts";
import { answerUnsupported, refuse, withVerdict } from "../ocmf/refusal.ts";
import type { Cryptography, Curve, PublicKey, Refusal, Unsupported } from "../ocmf/types.ts";
import type { GivenKey, SignedBytes } from "./value.ts";

/** No meter has counted this much: 10^15 Wh is what a large power station gives in a century. */
const unbelievableWh: Decimal = { unscaled: 10n ** 15n, scale: 0 };
const largestPower = 9;
/** Code of the watt-hour in the table of units of DLMS, which all binary formats use. */
const wattHour = 30;

/** The key of a value whose format allows several curves: the first on which the text is a point. */
export function requireKeyOn(curves: readonly Curve[], given: GivenKey): PublicKey {
  if (given === null || (typeof given === "string" && given.trim() === "")) {
    return refuse("SIGNED_VALUE_KEY_MISSING", "no public key is given");
  }
  const failures: (Refusal | Unsupported)[] = [];
  for (const curve of curves) {
    const reading = typeof given === "string" ? parsePublicKey(given, curve) : given;
    if ("curve" in reading) {
      if (curves.includes(reading.curve)) return reading;
      return refuse("SIGNED_VALUE_KEY_INVALID", `the key is of ${reading.curve}, not of ${curves.join(" or ")}`);
    }
    failures.push(reading);
  }
  const unsupported = failures.find(({ verdict }) => verdict === "unsupported");
  if (unsupported !== undefined) return answerUnsupported(unsupported.reason, unsupported.detail);
  return refuse("SIGNED_VALUE_KEY_INVALID", `the text is no key of ${curves.join(" or ")}`);
}

/** @throws through `refuse` unless the meter signed these bytes */
export function requireSignature(
  cryptography: Cryptography,
  key: PublicKey,
  payload: Uint8Array,
  signatureData: Uint8Array,
): SignedBytes {
  const read = withVerdict(() => readEcdsaSignature(key.curve, signatureData));
  if ("verdict" in read) return refuse("SIGNED_VALUE_SIGNATURE_MALFORMED", read.detail);
  if (!cryptography.verifyEcdsaSha256(key, payload, read)) {
    return refuse("SIGNED_VALUE_SIGNATURE_MISMATCH", `${payload.length} signed bytes`);
  }
  return { payload, key, signature: read };
}

/** `value` · 10^`power` watt-hours; the unit is a code of DLMS. */
export function requireWattHours(value: bigint, power: number, unit: number): Decimal {
  if (unit !== wattHour) return refuse("SIGNED_VALUE_UNIT_UNKNOWN", `unit ${unit} is not the watt-hour, 30`);
  if (!Number.isInteger(power) || Math.abs(power) > largestPower) {
    return refuse("SIGNED_VALUE_NUMBER_INVALID", `the value is scaled by 10^${power}`);
  }
  return requirePlausible(shiftDecimal({ unscaled: value, scale: 0 }, power));
}

/** A register's value that a meter can have counted. */
export function requirePlausible(registerWh: Decimal): Decimal {
  if (registerWh.unscaled < 0n || compareDecimals(registerWh, unbelievableWh) >= 0) {
    return refuse("SIGNED_VALUE_NUMBER_INVALID", "the register is negative or has counted 10^15 Wh");
  }
  return registerWh;
}
