import type {
  MessageFault,
  ReadingSource,
  SampledReading,
  SignedContainer,
  StationTime,
} from "../../domain/charging/message.ts";
import { readQuantity } from "../../domain/charging/quantity.ts";
import { compareDecimals, type Decimal } from "../../domain/decimal.ts";
import { parseTimeText } from "../../domain/charging/station-time.ts";
import { integerOf, recordOf, recordsOf, textOf, type JsonRecord } from "../payload.ts";
import { noFaults } from "./faults.ts";
import { looksSigned, readSignedMeterValue, readSignedValueText, type SignedContent } from "./signed-value.ts";

/** What was measured, as far as it can be read. */
export interface Measurements {
  readonly readings: readonly SampledReading[];
  readonly signed: readonly SignedContainer[];
  /** What is wrong in form and was read all the same; it quarantines nothing. */
  readonly notes: readonly MessageFault[];
}

/** A reading, and what is wrong in its form only. */
interface ReadValue {
  readonly reading: SampledReading;
  readonly notes: readonly MessageFault[];
}

/** A time, what makes it none, and what is wrong in its form only. */
export interface ReadTime {
  readonly time: StationTime | null;
  readonly faults: readonly MessageFault[];
  readonly notes: readonly MessageFault[];
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

const wholeUnit: Decimal = { unscaled: 1n, scale: 0 };

/** Where a value stands, and what is known of it beforehand. */
interface Place {
  readonly path: string;
  readonly time: StationTime | null;
  /** Faults of what encloses the value. */
  readonly faults: readonly MessageFault[];
}

/** Reads a member that holds a time. One without zone still has to be told by the time of receipt. */
export function readTime(record: JsonRecord, key: string, path: string): ReadTime {
  const text = textOf(record, key);
  const at = `${path}/${key}`;
  if (text === null) return { time: null, faults: [{ code: "TIME_MISSING", path: at, detail: "" }], notes: noFaults };
  const time = parseTimeText(text);
  const detail = text.slice(0, 50);
  if (typeof time === "string") return { time: null, faults: [{ code: time, path: at, detail }], notes: noFaults };
  if (time.isWithoutZone !== true) return { time, faults: noFaults, notes: noFaults };
  return { time, faults: noFaults, notes: [{ code: "TIME_WITHOUT_ZONE", path: at, detail }] };
}

const untimed: ReadTime = { time: null, faults: noFaults, notes: noFaults };

/** Reads a member that may be missing. */
export function readOptionalTime(record: JsonRecord, key: string): ReadTime {
  return record[key] === undefined ? untimed : readTime(record, key, "");
}

/** `meterValue` or `transactionData` of 1.6. */
export function readMeterValues16(payload: JsonRecord, key: string): Measurements {
  return readMeterValues(payload, key, (sampled, place) => {
    const value = sampled["value"];
    const text = typeof value === "string" ? value : null;
    if (text !== null && (sampled["format"] === "SignedData" || looksSigned(text))) {
      return {
        read: null,
        signed: containersOf(readSignedValueText(text, textOf(sampled, "context")), sampled, place),
      };
    }
    const isText = text !== null || value === undefined;
    const read = readSampledValue(sampled, place, {
      unit: textOf(sampled, "unit"),
      multiplier: 0,
      isTypeRight: isText,
      valuePath: `${place.path}/value`,
    });
    return { read: read.notes.length === 0 ? read : asNumberOfJson(read), signed: [] };
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
    const read = readSampledValue(sampled, place, {
      unit,
      multiplier: multiplier ?? NaN,
      isTypeRight: isNumber,
      valuePath: `${place.path}/value`,
    });
    const wrapped = sampled["signedMeterValue"];
    if (wrapped === undefined) return { read, signed: [] };
    const contents = readSignedMeterValue(wrapped, "signed-meter-value", textOf(sampled, "context"));
    return { read, signed: containersOf(contents, sampled, place) };
  });
}

/**
 * `meterStart` or `meterStop` of 1.6, which are watt-hours of the register at the outlet. The schema wants whole ones in a
 * JSON number; some stations send a fraction, or text.
 */
export function readRegisterMember(
  payload: JsonRecord,
  key: "meterStart" | "meterStop",
  time: StationTime | null,
  timeFaults: readonly MessageFault[],
): ReadValue {
  const isWhole = integerOf(payload, key) !== null;
  const source: ReadingSource = key === "meterStart" ? "meter-start" : "meter-stop";
  const context = key === "meterStart" ? "Transaction.Begin" : "Transaction.End";
  const sampled = { value: payload[key], context };
  const path = `/${key}`;
  const place = { path, time, faults: timeFaults };
  const how = { unit: "Wh", multiplier: 0, isTypeRight: isWhole, valuePath: path };
  const { reading, notes } = readSampledValue(sampled, place, how);
  return { reading: { ...reading, source }, notes };
}

function readMeterValues(
  payload: JsonRecord,
  key: string,
  read: (
    sampled: JsonRecord,
    place: Place,
  ) => { readonly read: ReadValue | null; readonly signed: readonly SignedContainer[] },
): Measurements {
  const readings: SampledReading[] = [];
  const signedValues: SignedContainer[] = [];
  const allNotes: MessageFault[] = [];
  for (const { item: meterValue, path } of recordsOf(payload, key, "")) {
    const { time, faults, notes } = readTime(meterValue, "timestamp", path);
    allNotes.push(...notes);
    for (const { item, path: place } of recordsOf(meterValue, "sampledValue", path)) {
      const { read: value, signed } = read(item, { path: place, time, faults });
      if (value !== null) {
        readings.push(value.reading);
        allNotes.push(...value.notes);
      }
      signedValues.push(...signed);
    }
  }
  return { readings, signed: signedValues, notes: allNotes };
}

function readSampledValue(
  sampled: JsonRecord,
  place: Place,
  how: {
    readonly unit: string | null;
    readonly multiplier: number;
    /** The schema wants a value of this JSON type. */
    readonly isTypeRight: boolean;
    readonly valuePath: string;
  },
): ReadValue {
  const { unit, multiplier, isTypeRight, valuePath } = how;
  const faults = [...place.faults];
  const fault = (code: MessageFault["code"], path: string, detail: string): void => {
    faults.push({ code, path, detail: detail.slice(0, 50) });
  };
  const sent = sampled["value"];
  const value = typeof sent === "string" || typeof sent === "number" ? sent : "";
  const measurand = textOf(sampled, "measurand") ?? defaultMeasurand;
  const context = textOf(sampled, "context") ?? "Sample.Periodic";
  const quantity = readQuantity({ value, measurand, unit, multiplier });
  const isRead = typeof quantity !== "string";
  if (!isTypeRight && !isRead) fault("SCHEMA", valuePath, `a JSON ${typeof sent}`);
  if (!knownContexts.has(context)) fault("SCHEMA", `${place.path}/context`, context);
  if (!isRead) fault(quantity, valuePath, String(value));
  const reading: SampledReading = {
    source: "sampled-value",
    path: place.path,
    valueText: String(value),
    value: isRead ? quantity.value : null,
    quantum: isRead ? quantity.quantum : null,
    measurand,
    phase: textOf(sampled, "phase"),
    location: textOf(sampled, "location") ?? "Outlet",
    context,
    unit,
    multiplier,
    time: place.time,
    faults,
  };
  if (isTypeRight || !isRead) return { reading, notes: noFaults };
  return { reading, notes: [{ code: "VALUE_FORM", path: valuePath, detail: `a JSON ${typeof sent}` }] };
}

/** 1.6 tells by its digits how exact a text is. A JSON number does not keep the zeros at its end and is as exact as any. */
function asNumberOfJson({ reading, notes }: ReadValue): ReadValue {
  const { quantum } = reading;
  const isCoarse = quantum !== null && compareDecimals(quantum, wholeUnit) > 0;
  return { reading: isCoarse ? { ...reading, quantum: wholeUnit } : reading, notes };
}

function containersOf(
  contents: readonly SignedContent[],
  sampled: JsonRecord,
  place: Place,
): readonly SignedContainer[] {
  return contents.map((content) => containerOf(content, sampled, place));
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
