import {
  compareDecimals,
  parseJsonDecimal,
  parsePaddedDecimal,
  shiftDecimal,
  type Decimal,
} from "../../../domain/decimal.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { recordLimits } from "./limits.ts";
import { parseMeterTime } from "./meter-time.ts";
import { rankImportRegister } from "./obis.ts";
import { quote, refuse } from "./refusal.ts";
import type { BillingReading, MeterTime, TransactionMarker } from "./types.ts";

/** A value of an import register together with the rank of that register. */
export interface ImportReading {
  readonly rank: number;
  readonly reading: BillingReading;
}

/** No meter has counted this much: 10^15 Wh is what a large power station gives in a century. */
const unbelievableWh: Decimal = { unscaled: 10n ** 15n, scale: 0 };

const markers: ReadonlyMap<string, TransactionMarker> = new Map(
  (["B", "C", "E", "L", "R", "A", "P", "S", "T"] as const).map((marker) => [marker, marker]),
);
const endMarkers: ReadonlySet<TransactionMarker> = new Set(["E", "L", "R", "A", "P"] as const);

export function isBegin(reading: BillingReading): boolean {
  return reading.transaction === "B";
}

export function isEnd(reading: BillingReading): boolean {
  return endMarkers.has(reading.transaction);
}

/**
 * Reads `RD`. A field that a reading leaves out is the one of the reading before it; only the value `RV` is never
 * carried. Every reading, of whatever register, must have a known marker, a time, meter state G and no energy error:
 * they describe the meter and the transaction, not one register. Values and units are read of import registers only.
 */
export function readImportReadings(list: JsonValue | undefined): ImportReading[] {
  if (list?.kind !== "array" || list.items.length === 0)
    return refuse("OCMF_READINGS_MISSING", "RD is no list or empty");
  if (list.items.length > recordLimits.readings) {
    return refuse("OCMF_READINGS_TOO_MANY", `${list.items.length} readings; the limit is ${recordLimits.readings}`);
  }
  const imports: ImportReading[] = [];
  const carried = new Map<string, JsonValue>();
  for (const [index, item] of list.items.entries()) {
    if (item.kind !== "object") return refuse("OCMF_READINGS_MISSING", `RD[${index}] is no object`);
    for (const key of ["TM", "TX", "RI", "RU", "EF", "ST"]) {
      const own = item.members.get(key);
      if (own !== undefined) carried.set(key, own);
    }
    const reading = readReading(item, carried, index);
    if (reading !== null) imports.push(reading);
  }
  return imports;
}

function readReading(own: JsonObject, carried: ReadonlyMap<string, JsonValue>, index: number): ImportReading | null {
  const transaction = readMarker(carried.get("TX"), index);
  requireGoodState(carried.get("ST"), index);
  const hasTimeError = readErrorFlags(carried.get("EF"), index);
  const time = readTime(carried.get("TM"), hasTimeError, index);
  const register = readRegister(carried.get("RI"), index);
  const rank = register === null ? null : rankImportRegister(register);
  if (register === null || rank === null) return null;
  const value = own.members.get("RV");
  if (value === undefined) {
    const isEvent = transaction !== "B" && !endMarkers.has(transaction);
    return isEvent ? null : refuse("OCMF_VALUE_MISSING", `RD[${index}] has no RV`);
  }
  const registerWh = readWattHours(value, carried.get("RU"), index);
  return { rank, reading: { transaction, registerWh, register, time } };
}

function readMarker(value: JsonValue | undefined, index: number): TransactionMarker {
  if (value === undefined) return refuse("OCMF_TRANSACTION_MARKER_MISSING", `RD[${index}] has no TX`);
  const text = textOf(value);
  if (text === "X") return refuse("OCMF_TRANSACTION_EXCEPTION", `RD[${index}] has TX X`);
  return markers.get(text ?? "") ?? refuse("OCMF_TRANSACTION_MARKER_UNKNOWN", `RD[${index}].TX is ${describe(value)}`);
}

function requireGoodState(value: JsonValue | undefined, index: number): void {
  if (textOf(value) !== "G") refuse("OCMF_METER_STATE_NOT_GOOD", `RD[${index}].ST is ${describe(value)}`);
}

/** Whether the time must not be used (`t`). An energy error (`E`) or an unknown flag ends the reading of the record. */
function readErrorFlags(value: JsonValue | undefined, index: number): boolean {
  if (value === undefined) return false;
  const flags = textOf(value);
  if (flags?.includes("E") === true) return refuse("OCMF_ERROR_FLAG_ENERGY", `RD[${index}].EF is ${describe(value)}`);
  if (flags === null || !/^t*$/.test(flags)) {
    return refuse("OCMF_ERROR_FLAG_UNKNOWN", `RD[${index}].EF is ${describe(value)}`);
  }
  return flags !== "";
}

function readTime(value: JsonValue | undefined, hasTimeError: boolean, index: number): MeterTime {
  const text = textOf(value);
  return text === null
    ? refuse("OCMF_TIME_INVALID", `RD[${index}].TM is ${describe(value)}`)
    : parseMeterTime(text, hasTimeError);
}

function readRegister(value: JsonValue | undefined, index: number): string | null {
  if (value === undefined) return null;
  return textOf(value) ?? refuse("OCMF_FIELD_INVALID", `RD[${index}].RI is ${describe(value)}`);
}

function readWattHours(value: JsonValue, unit: JsonValue | undefined, index: number): Decimal {
  const unitText = textOf(unit);
  if (unitText !== "kWh" && unitText !== "Wh") {
    return refuse("OCMF_UNIT_UNKNOWN", `RD[${index}].RU is ${describe(unit)}`);
  }
  const decimal = readDecimal(value);
  const wattHours = decimal === null || unitText === "Wh" ? decimal : shiftDecimal(decimal, 3);
  if (wattHours === null || compareDecimals(wattHours, unbelievableWh) >= 0) {
    return refuse("OCMF_VALUE_INVALID", `RD[${index}].RV is ${describe(value)}`);
  }
  return wattHours;
}

function readDecimal(value: JsonValue): Decimal | null {
  if (value.kind === "number") return parseJsonDecimal(value.lexeme);
  return value.kind === "string" ? parsePaddedDecimal(value.text) : null;
}

function textOf(value: JsonValue | undefined): string | null {
  return value?.kind === "string" ? value.text : null;
}

function describe(value: JsonValue | undefined): string {
  if (value === undefined) return "missing";
  if (value.kind === "string") return quote(value.text);
  return value.kind === "number" ? quote(value.lexeme) : `a JSON ${value.kind}`;
}
