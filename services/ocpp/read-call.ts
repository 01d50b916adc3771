import { isTransactionMessage, type MessageFault, type StationMessage } from "../domain/charging/message.ts";
import type { OcppProtocol } from "../store/ocpp.ts";
import { findAction } from "./actions.ts";
import { correctTimes } from "./measurements/correct-times.ts";
import { distinctFaults, noFaults } from "./measurements/faults.ts";
import { asRecord, digestOf } from "./payload.ts";
import { checkRequest } from "./schemas.ts";

/** A call of a station, as its frame carried it. */
export interface KeptCall {
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

/**
 * What a call means for charging, in the words of no version; `null` for actions that mean nothing for it. Never throws:
 * what cannot be read is missing, and `faults` says why. A reading with a fault is quarantined.
 */
export function readCall({ protocol, action: name, payload }: KeptCall, origin: CallOrigin): StationMessage | null {
  const read = findAction(protocol, name)?.read;
  if (read === undefined) return null;
  const { stationId, receivedAtMs, frameId, assignedTransactionId, hasPassedSchema = false } = origin;
  let digest: string | null = null;
  const payloadDigest = (): string => (digest ??= digestOf(payload));
  const shared = { stationId, protocol, receivedAtMs, frameId, payloadDigest };
  const message = read(asRecord(payload), shared, assignedTransactionId);
  return correctTimes(hasPassedSchema ? message : withSchemaFaults(message, schemaFaultsOf(protocol, name, payload)));
}

/** A member that the schema does not know says nothing against those that it knows. */
function schemaFaultsOf(protocol: OcppProtocol, action: string, payload: unknown): readonly MessageFault[] {
  const faults = checkRequest(protocol, action, asRecord(payload), "are-ignored");
  if (faults === null) return noFaults;
  return faults.map(({ path, text }) => ({ code: "SCHEMA", path, detail: text.slice(path.length).trimStart() }));
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
