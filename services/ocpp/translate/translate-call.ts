import {
  isTransactionMessage,
  type ConnectorState,
  type MessageFault,
  type OcppProtocol,
  type SampledReading,
  type SignedContainer,
  type StationMessage,
} from "../../domain/charging/message.ts";
import { correctTimes } from "./correct-times.ts";
import { copyPayload, digestOf, isJsonRecord, nameOf, numberOf, recordOf, textOf, type JsonRecord } from "./payload.ts";
import {
  readMeterValues16,
  readMeterValues2,
  readRegisterMember,
  readTime,
  type Measurements,
  type ReadTime,
} from "./sampled-values.ts";
import { findSchemaFaults } from "./schema-faults.ts";

/** A call of a station, as its frame carried it. */
export interface StationCall {
  readonly protocol: OcppProtocol;
  readonly action: string;
  /** Parsed JSON of which nothing is known; it is not changed. */
  readonly payload: unknown;
}

/** Where a call came from. */
export interface CallOrigin {
  readonly stationId: string;
  readonly receivedAtMs: number;
  /** The stored raw frame. */
  readonly frameId: string;
  /** What we answered to a StartTransaction of 1.6; `null` for all else, and where we have not answered yet. */
  readonly assignedTransactionId: string | null;
  /** The payload is known to be right by its schema. */
  readonly hasPassedSchema?: boolean;
}

const states: ReadonlyMap<string, ConnectorState> = new Map<string, ConnectorState>([
  ["Available", "available"],
  ["Occupied", "occupied"],
  ["Preparing", "preparing"],
  ["Charging", "charging"],
  ["SuspendedEV", "suspended"],
  ["SuspendedEVSE", "suspended"],
  ["Finishing", "finishing"],
  ["Reserved", "reserved"],
  ["Unavailable", "unavailable"],
  ["Faulted", "faulted"],
]);

/** What is the same for every message. */
type Base = Omit<Extract<StationMessage, { kind: "booted" }>, "kind" | "vendor" | "model" | "firmware" | "reason">;

/**
 * What a call says, in the words of no version; `null` for actions that say nothing about energy. Never throws: what
 * cannot be read is missing, and `faults` says why. A reading with a fault is quarantined.
 */
export function translateCall(call: StationCall, origin: CallOrigin): StationMessage | null {
  const message = origin.hasPassedSchema === true ? translateRight(call, origin) : translateAny(call, origin);
  return message === null ? null : correctTimes(message);
}

function translateAny(call: StationCall, origin: CallOrigin): StationMessage | null {
  const { payload, digest } = copyPayload(call.payload);
  const message = readCall(call, payload, origin, () => digest);
  if (message === null) return null;
  // Last, because the validator removes from the copy what the schema does not know.
  return withSchemaFaults(message, findSchemaFaults(call.protocol, call.action, payload));
}

/** Nothing is looked for in what is right, and nothing copied; its digest is made when somebody compares it. */
function translateRight(call: StationCall, origin: CallOrigin): StationMessage | null {
  const { payload } = call;
  let digest: string | null = null;
  return readCall(call, isJsonRecord(payload) ? payload : {}, origin, () => (digest ??= digestOf(payload)));
}

function readCall(
  { protocol, action }: StationCall,
  payload: JsonRecord,
  origin: CallOrigin,
  payloadDigest: () => string,
): StationMessage | null {
  const { stationId, receivedAtMs, frameId } = origin;
  const shared = { stationId, protocol, receivedAtMs, frameId, payloadDigest };
  const is16 = protocol === "ocpp1.6";
  switch (action) {
    case "BootNotification":
      return readBoot({ ...shared, plug: noPlug, time: null, faults: [] }, payload, is16);
    case "StatusNotification":
      return readStatus(shared, payload, is16);
    case "MeterValues":
      return is16 ? readMeterValuesCall16(shared, payload) : readMeterValuesCall2(shared, payload);
    case "StartTransaction":
      return is16 ? readStart(shared, payload, origin.assignedTransactionId) : null;
    case "StopTransaction":
      return is16 ? readStop(shared, payload) : null;
    case "TransactionEvent":
      return is16 ? null : readTransactionEvent(shared, payload);
    default:
      return null;
  }
}

const noPlug = { evseId: null, connectorId: null };
const noFaults: readonly MessageFault[] = [];

type Shared = Omit<Base, "plug" | "time" | "faults">;

function readBoot(base: Base, payload: JsonRecord, is16: boolean): StationMessage {
  const station = is16 ? payload : recordOf(payload, "chargingStation");
  return {
    ...base,
    kind: "booted",
    vendor: textOf(station, is16 ? "chargePointVendor" : "vendorName") ?? "",
    model: textOf(station, is16 ? "chargePointModel" : "model") ?? "",
    firmware: textOf(station, "firmwareVersion"),
    reason: is16 ? null : textOf(payload, "reason"),
  };
}

function readStatus(shared: Shared, payload: JsonRecord, is16: boolean): StationMessage {
  // The time is optional in 1.6.
  const { time, faults, notes } = payload["timestamp"] === undefined ? untimed : readTime(payload, "timestamp", "");
  const stateText = textOf(payload, is16 ? "status" : "connectorStatus") ?? "";
  const errorText = textOf(payload, "errorCode");
  return {
    ...shared,
    kind: "connector-status",
    plug: { evseId: is16 ? null : numberOf(payload, "evseId"), connectorId: numberOf(payload, "connectorId") },
    time,
    faults: [...faults, ...notes],
    state: states.get(stateText) ?? "unknown",
    stateText,
    errorText: errorText === "NoError" ? null : errorText,
  };
}

const untimed: ReadTime = { time: null, faults: noFaults, notes: noFaults };

function readStart(shared: Shared, payload: JsonRecord, assignedTransactionId: string | null): StationMessage {
  const { time, faults, notes } = readTime(payload, "timestamp", "");
  const begin = readRegisterMember(payload, "meterStart", time, faults);
  const measured = { readings: [begin.reading], signed: [], notes: [...notes, ...begin.notes] };
  return {
    ...shared,
    kind: "transaction-started",
    readings: measured.readings,
    signed: measured.signed,
    faults: faultsOf(measured, faults),
    plug: { evseId: null, connectorId: numberOf(payload, "connectorId") },
    time,
    ocppTransactionId: assignedTransactionId,
    idToken: textOf(payload, "idTag"),
    sequenceNumber: null,
    isOffline: null,
    chargingState: null,
    triggerReason: null,
    remoteStartId: null,
  };
}

function readStop(shared: Shared, payload: JsonRecord): StationMessage {
  const { time, faults, notes } = readTime(payload, "timestamp", "");
  const data = readMeterValues16(payload, "transactionData");
  const end = readRegisterMember(payload, "meterStop", time, faults);
  const measured = {
    readings: [end.reading, ...data.readings],
    signed: data.signed,
    notes: [...notes, ...end.notes, ...data.notes],
  };
  return {
    ...shared,
    kind: "transaction-ended",
    readings: measured.readings,
    signed: measured.signed,
    faults: faultsOf(measured, faults),
    plug: noPlug,
    time,
    ocppTransactionId: decimalOf(payload, "transactionId"),
    idToken: textOf(payload, "idTag"),
    sequenceNumber: null,
    isOffline: null,
    chargingState: null,
    triggerReason: null,
    stopReason: textOf(payload, "reason"),
  };
}

function readMeterValuesCall16(shared: Shared, payload: JsonRecord): StationMessage {
  const measured = readMeterValues16(payload, "meterValue");
  return {
    ...shared,
    kind: "meter-values",
    readings: measured.readings,
    signed: measured.signed,
    faults: faultsOf(measured, noFaults),
    plug: { evseId: null, connectorId: numberOf(payload, "connectorId") },
    time: null,
    ocppTransactionId: decimalOf(payload, "transactionId"),
    idToken: null,
    sequenceNumber: null,
    isOffline: null,
  };
}

function readMeterValuesCall2(shared: Shared, payload: JsonRecord): StationMessage {
  const measured = readMeterValues2(payload);
  return {
    ...shared,
    kind: "meter-values",
    readings: measured.readings,
    signed: measured.signed,
    faults: faultsOf(measured, noFaults),
    plug: { evseId: numberOf(payload, "evseId"), connectorId: null },
    time: null,
    ocppTransactionId: null,
    idToken: null,
    sequenceNumber: null,
    isOffline: null,
  };
}

function readTransactionEvent(shared: Shared, payload: JsonRecord): StationMessage {
  const { time, faults, notes } = readTime(payload, "timestamp", "");
  const info = recordOf(payload, "transactionInfo");
  const evse = recordOf(payload, "evse");
  const offline = payload["offline"];
  const values = readMeterValues2(payload);
  const measured = { ...values, notes: [...notes, ...values.notes] };
  const report = {
    ...shared,
    readings: measured.readings,
    signed: measured.signed,
    faults: faultsOf(measured, faults),
    plug: { evseId: numberOf(evse, "id"), connectorId: numberOf(evse, "connectorId") },
    time,
    ocppTransactionId: nameOf(info, "transactionId"),
    idToken: textOf(recordOf(payload, "idToken"), "idToken"),
    sequenceNumber: numberOf(payload, "seqNo"),
    isOffline: typeof offline === "boolean" ? offline : null,
    chargingState: textOf(info, "chargingState"),
    triggerReason: textOf(payload, "triggerReason"),
  };
  switch (payload["eventType"]) {
    case "Started":
      return { ...report, kind: "transaction-started", remoteStartId: numberOf(info, "remoteStartId") };
    case "Ended":
      return { ...report, kind: "transaction-ended", stopReason: textOf(info, "stoppedReason") };
    default:
      // An unknown type of event changes nothing by itself; what it measured is kept.
      return { ...report, kind: "transaction-updated", remoteStartId: numberOf(info, "remoteStartId") };
  }
}

/** The faults of the message itself and of all that it measured, each once. */
function faultsOf({ readings, signed, notes }: Measurements, own: readonly MessageFault[]): readonly MessageFault[] {
  const isFaulty = ({ faults }: SampledReading | SignedContainer): boolean => faults.length > 0;
  const isRight = own.length === 0 && notes.length === 0;
  if (isRight && !readings.some(isFaulty) && !signed.some(isFaulty)) return noFaults;
  return distinctFaults([...own, ...notes, ...[...readings, ...signed].flatMap(({ faults }) => faults)]);
}

/** 1.6 numbers its transactions; every number, −1 and 0 too, is kept as it came. */
function decimalOf(payload: JsonRecord, key: string): string | null {
  const number = numberOf(payload, key);
  return number === null ? null : number.toString();
}

/** Adds the faults to the message, and to the readings that they are in and that were not read all the same. */
function withSchemaFaults(message: StationMessage, schemaFaults: readonly MessageFault[]): StationMessage {
  if (schemaFaults.length === 0) return message;
  const faults = distinctFaults([...message.faults, ...schemaFaults]);
  if (!isTransactionMessage(message)) return { ...message, faults };
  const isNoted = (path: string): boolean =>
    message.faults.some(({ code, path: noted }) => code === "VALUE_FORM" && noted === path);
  const readings = message.readings.map((reading) => {
    const isTold = (path: string): boolean => reading.time !== null && path.endsWith("/timestamp");
    const own = schemaFaults.filter(({ path }) => isAbout(path, reading.path) && !isNoted(path) && !isTold(path));
    return own.length === 0 ? reading : { ...reading, faults: distinctFaults([...reading.faults, ...own]) };
  });
  return { ...message, faults, readings };
}

/** Whether a fault is in a reading, or in what encloses it and gives it its time. */
function isAbout(faultPath: string, readingPath: string): boolean {
  if (faultPath === readingPath || faultPath.startsWith(`${readingPath}/`)) return true;
  const enclosing = /^\/[^/]+\/\d+(?=\/sampledValue\/)/.exec(readingPath)?.[0];
  if (enclosing === undefined || faultPath.startsWith(`${enclosing}/sampledValue`)) return false;
  return faultPath === enclosing || faultPath.startsWith(`${enclosing}/`);
}

function distinctFaults(faults: readonly MessageFault[]): readonly MessageFault[] {
  return [...new Map(faults.map((fault) => [`${fault.code} ${fault.path}`, fault])).values()];
}
