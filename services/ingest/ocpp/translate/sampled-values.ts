import type {
  MessageFault,
  ReadingSource,
  SampledReading,
  SignedContainer,
  StationTime,
} from "../../../domain/charging/message.ts";
import { readQuantity } from "../../../domain/charging/quantity.ts";
import { parseStationTime } from "../../../domain/charging/station-time.ts";
import { integerOf, recordOf, recordsOf, textOf, type JsonRecord } from "./payload.ts";
import { looksSigned, readSignedMeterValue, readSignedValueText, type SignedContent } from "./signed-value.ts";

/** What was measured, as far as it can be read. */
export interface Measurements {
  readonly readings: readonly SampledReading[];
  readonly signed: readonly SignedContainer[];
}

/** The contexts of all versions; another word says that the station means something that we do not know. */
const knownContexts = new Set([
  "Interruption.Begin",
  "Interruption.End",
  "Other",
  "Sample.Clock",
  "Sample.Periodic",
  "Transaction.Begin",
  "Transaction.End",
  "Trigger",
]);
const defaultMeasurand = "Energy.Active.Import.Register";

const noFaults: readonly MessageFault[] = [];

/** Where a value stands, and what is known of it beforehand. */
interface Place {
  readonly path: string;
  readonly time: StationTime | null;
  /** Faults of what encloses the value. */
  readonly faults: readonly MessageFault[];
}

/** Reads a member that holds a time. */
export function readTime(
  record: JsonRecord,
  key: string,
  path: string,
): { readonly time: StationTime | null; readonly faults: readonly MessageFault[] } {
  const text = textOf(record, key);
  const at = `${path}/${key}`;
  if (text === null) return { time: null, faults: [{ code: "TIME_MISSING", path: at, detail: "" }] };
  const time = parseStationTime(text);
  if (typeof time !== "string") return { time, faults: noFaults };
  return { time: null, faults: [{ code: time, path: at, detail: text.slice(0, 50) }] };
}

/** `meterValue` or `transactionData` of 1.6. */
export function readMeterValues16(payload: JsonRecord, key: string): Measurements {
  return readMeterValues(payload, key, (sampled, place) => {
    const value = sampled["value"];
    const text = typeof value === "string" ? value : null;
    if (text !== null && (sampled["format"] === "SignedData" || looksSigned(text))) {
      return { reading: null, signed: containerOf(readSignedValueText(text), sampled, place) };
    }
    const isText = text !== null || value === undefined;
    const reading = readSampledValue(sampled, place, {
      unit: textOf(sampled, "unit"),
      multiplier: 0,
      isTypeRight: isText,
    });
    return { reading, signed: null };
  });
}

/** `meterValue` of 2.0.1 and 2.1. */
export function readMeterValues2(payload: JsonRecord): Measurements {
  return readMeterValues(payload, "meterValue", (sampled, place) => {
    const unitOfMeasure = recordOf(sampled, "unitOfMeasure");
    const isNumber = typeof sampled["value"] === "number" || sampled["value"] === undefined;
    const multiplier = unitOfMeasure["multiplier"] === undefined ? 0 : integerOf(unitOfMeasure, "multiplier");
    const unit = textOf(unitOfMeasure, "unit");
    // NaN is what no multiplier is, and is refused as one.
    const reading = readSampledValue(sampled, place, { unit, multiplier: multiplier ?? NaN, isTypeRight: isNumber });
    const wrapped = sampled["signedMeterValue"];
    if (wrapped === undefined) return { reading, signed: null };
    const content = readSignedMeterValue(recordOf(sampled, "signedMeterValue"), "signed-meter-value");
    return { reading, signed: containerOf(content, sampled, place) };
  });
}

/** `meterStart` or `meterStop` of 1.6, which are whole watt-hours of the register at the outlet. */
export function readRegisterMember(
  payload: JsonRecord,
  key: "meterStart" | "meterStop",
  time: StationTime | null,
  timeFaults: readonly MessageFault[],
): SampledReading {
  const isWhole = integerOf(payload, key) !== null;
  const source: ReadingSource = key === "meterStart" ? "meter-start" : "meter-stop";
  const context = key === "meterStart" ? "Transaction.Begin" : "Transaction.End";
  const sampled = { value: payload[key], context };
  const place = { path: `/${key}`, time, faults: timeFaults };
  return { ...readSampledValue(sampled, place, { unit: "Wh", multiplier: 0, isTypeRight: isWhole }), source };
}

function readMeterValues(
  payload: JsonRecord,
  key: string,
  read: (
    sampled: JsonRecord,
    place: Place,
  ) => { readonly reading: SampledReading | null; readonly signed: SignedContainer | null },
): Measurements {
  const readings: SampledReading[] = [];
  const signedValues: SignedContainer[] = [];
  for (const { item: meterValue, path } of recordsOf(payload, key, "")) {
    const { time, faults } = readTime(meterValue, "timestamp", path);
    for (const { item, path: place } of recordsOf(meterValue, "sampledValue", path)) {
      const { reading, signed } = read(item, { path: place, time, faults });
      if (reading !== null) readings.push(reading);
      if (signed !== null) signedValues.push(signed);
    }
  }
  return { readings, signed: signedValues };
}

function readSampledValue(
  sampled: JsonRecord,
  place: Place,
  unit: { readonly unit: string | null; readonly multiplier: number; readonly isTypeRight: boolean },
): SampledReading {
  const faults = [...place.faults];
  const fault = (code: MessageFault["code"], member: string, detail: string): void => {
    faults.push({ code, path: `${place.path}${member}`, detail: detail.slice(0, 50) });
  };
  const sent = sampled["value"];
  const value = typeof sent === "string" || typeof sent === "number" ? sent : "";
  const measurand = textOf(sampled, "measurand") ?? defaultMeasurand;
  const context = textOf(sampled, "context") ?? "Sample.Periodic";
  if (!unit.isTypeRight) fault("SCHEMA", "/value", `a JSON ${typeof sent}`);
  if (!knownContexts.has(context)) fault("SCHEMA", "/context", context);
  const quantity = readQuantity({ value, measurand, unit: unit.unit, multiplier: unit.multiplier });
  if (typeof quantity === "string") fault(quantity, "/value", String(value));
  const isRead = typeof quantity !== "string";
  return {
    source: "sampled-value",
    path: place.path,
    valueText: String(value),
    value: isRead ? quantity.value : null,
    quantum: isRead ? quantity.quantum : null,
    measurand,
    phase: textOf(sampled, "phase"),
    location: textOf(sampled, "location") ?? "Outlet",
    context,
    unit: unit.unit,
    multiplier: unit.multiplier,
    time: place.time,
    faults,
  };
}

function containerOf({ fault, ...content }: SignedContent, sampled: JsonRecord, place: Place): SignedContainer {
  const ownFaults = fault === null ? [] : [{ ...fault, path: place.path }];
  return {
    ...content,
    context: textOf(sampled, "context") ?? "Sample.Periodic",
    time: place.time,
    // The record carries its own times, signed; those of the message around it are not needed to use it.
    faults: ownFaults,
  };
}
