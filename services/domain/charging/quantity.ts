import { compareDecimals, parseJsonDecimal, parsePaddedDecimal, shiftDecimal, type Decimal } from "../decimal.ts";
import type { MessageFaultCode } from "./message.ts";

/** A value that can be counted with. */
export interface Quantity {
  /** In Wh or W; in the unit as sent for what is neither energy nor power. */
  readonly value: Decimal;
  /** What the last digit of the value is worth. */
  readonly quantum: Decimal;
}

export interface QuantityInput {
  /** The text of a JSON string, or the JSON number. */
  readonly value: string | number;
  readonly measurand: string;
  readonly unit: string | null;
  readonly multiplier: number;
}

/** Values beyond this are a broken register, and no program that uses doubles would keep them exact (docs/ocpp-energy.md, rule 8). */
const greatestValue: Decimal = { unscaled: 2n ** 53n, scale: 0 };
/** From 10⁻¹² to 10¹² of a watt-hour: beyond, it is no unit of a charging station. */
const greatestMultiplier = 12;

const powersOfUnits = {
  energy: new Map([
    ["Wh", 0],
    ["kWh", 3],
  ]),
  power: new Map([
    ["W", 0],
    ["kW", 3],
  ]),
};

/**
 * Reads a reported value exactly, without floating point. Exponents are refused in text: 1.6 lets `value` be any text,
 * and an `e` in it is a number that some program could not print. A JSON number has no such excuse to look into: the
 * number itself counts, as its shortest text.
 */
export function readQuantity(input: QuantityInput): Quantity | MessageFaultCode {
  const { value, measurand, unit, multiplier } = input;
  const text = String(value).trim();
  if (text === "") return "VALUE_MISSING";
  const number = typeof value === "number" ? parseJsonDecimal(text.replace("e+", "e")) : parsePaddedDecimal(text);
  if (number === null) return /^-[0-9.]+$/.test(text) ? "VALUE_NEGATIVE" : "VALUE_NOT_DECIMAL";
  if (!Number.isSafeInteger(multiplier) || Math.abs(multiplier) > greatestMultiplier) return "MULTIPLIER_INVALID";
  const power = powerOfUnit(measurand, unit);
  if (power === null) return "UNIT_UNKNOWN";
  const scaled = shiftDecimal(number, power + multiplier);
  if (compareDecimals(scaled, greatestValue) > 0) return "VALUE_TOO_LARGE";
  return { value: scaled, quantum: shiftDecimal({ unscaled: 1n, scale: number.scale }, power + multiplier) };
}

/** The power of ten from the unit to Wh or W; Wh is what both 1.6 and 2.x take energy to be in where nothing is said. */
function powerOfUnit(measurand: string, unit: string | null): number | null {
  if (measurand.startsWith("Energy.Active.")) return unit === null ? 0 : (powersOfUnits.energy.get(unit) ?? null);
  // Power has no default unit. It is only compared with, and what may be kilowatts is watts at least.
  if (measurand.startsWith("Power.Active.")) return unit === null ? 0 : (powersOfUnits.power.get(unit) ?? null);
  return 0;
}
