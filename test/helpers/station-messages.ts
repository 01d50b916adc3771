import {
  assessTransaction,
  type AssessmentInput,
  type TransactionAssessment,
} from "../../services/domain/charging/assess-transaction.ts";
import {
  isTransactionMessage,
  type OcppProtocol,
  type StationMessage,
  type TransactionMessage,
} from "../../services/domain/charging/message.ts";
import type { RegisterSpan } from "../../services/domain/charging/outlet-continuity.ts";
import type { SignedEvidence, SignedRecord } from "../../services/domain/charging/signed-evidence.ts";
import { readCall } from "../../services/ocpp/read-call.ts";

/** When the tests' transactions begin. */
export const epochMs = Date.UTC(2026, 2, 1, 10, 0, 0);
export const stationId = "CS-1";
export const transactionId = 4711;

/** A time of the tests' day, by the seconds since the transaction began. */
export function timeText(seconds: number): string {
  return new Date(epochMs + seconds * 1_000).toISOString();
}

let frames = 0;

export interface Arrival {
  readonly receivedAtSeconds?: number;
  readonly stationId?: string;
  /** 1.6: the id that we gave to a start. */
  readonly assignedTransactionId?: string | null;
}

/** What a call of a station is translated to; every call is a frame of its own. */
export function messageOf(
  protocol: OcppProtocol,
  action: string,
  payload: unknown,
  atSeconds: number,
  arrival: Arrival = {},
): StationMessage {
  frames += 1;
  const message = readCall(
    { protocol, action, payload },
    {
      stationId: arrival.stationId ?? stationId,
      receivedAtMs: epochMs + (arrival.receivedAtSeconds ?? atSeconds) * 1_000,
      frameId: `frame-${frames.toString().padStart(6, "0")}`,
      assignedTransactionId: arrival.assignedTransactionId ?? null,
    },
  );
  if (message === null) throw new Error(`${action} says nothing about energy`);
  return message;
}

export function transactionMessageOf(...parameters: Parameters<typeof messageOf>): TransactionMessage {
  const message = messageOf(...parameters);
  if (!isTransactionMessage(message)) throw new Error(`${message.kind} is of no transaction`);
  return message;
}

type Members = Readonly<Record<string, unknown>>;

export function start16(seconds: number, meterStart: unknown, members: Members = {}, arrival: Arrival = {}) {
  const payload = { connectorId: 1, idTag: "AABBCCDD", meterStart, timestamp: timeText(seconds), ...members };
  const assignedTransactionId = arrival.assignedTransactionId ?? transactionId.toString();
  return transactionMessageOf("ocpp1.6", "StartTransaction", payload, seconds, { ...arrival, assignedTransactionId });
}

export function stop16(seconds: number, meterStop: unknown, members: Members = {}, arrival: Arrival = {}) {
  const payload = { meterStop, timestamp: timeText(seconds), transactionId, ...members };
  return transactionMessageOf("ocpp1.6", "StopTransaction", payload, seconds, arrival);
}

/** MeterValues of 1.6 with one set of sampled values. */
export function sample16(
  seconds: number,
  sampledValue: Members | readonly Members[],
  members: Members = {},
  arrival: Arrival = {},
) {
  const list = Array.isArray(sampledValue) ? sampledValue : [sampledValue];
  const meterValue = [{ timestamp: timeText(seconds), sampledValue: list }];
  const payload = { connectorId: 1, transactionId, meterValue, ...members };
  return transactionMessageOf("ocpp1.6", "MeterValues", payload, seconds, arrival);
}

export interface Event2 {
  readonly type: "Started" | "Updated" | "Ended";
  readonly seconds: number;
  readonly seqNo: number;
  readonly values?: readonly Members[];
  readonly members?: Members;
  readonly arrival?: Arrival;
  readonly protocol?: "ocpp2.0.1" | "ocpp2.1";
}

export function event2({ type, seconds, seqNo, values, members = {}, arrival = {}, protocol }: Event2) {
  const triggers = { Started: "CablePluggedIn", Updated: "MeterValuePeriodic", Ended: "EVDeparted" };
  const meterValue =
    values === undefined ? {} : { meterValue: [{ timestamp: timeText(seconds), sampledValue: values }] };
  const payload = {
    eventType: type,
    timestamp: timeText(seconds),
    triggerReason: triggers[type],
    seqNo,
    transactionInfo: { transactionId: "T-1" },
    evse: { id: 1, connectorId: 1 },
    ...meterValue,
    ...members,
  };
  return transactionMessageOf(protocol ?? "ocpp2.0.1", "TransactionEvent", payload, seconds, arrival);
}

export function boot16(seconds: number) {
  return messageOf("ocpp1.6", "BootNotification", { chargePointVendor: "V", chargePointModel: "M" }, seconds);
}

const hourMs = 3_600_000;
const spanOf = (hours: number, endWh: bigint): RegisterSpan => ({
  ...{ beginWh: { unscaled: 0n, scale: 0 }, endWh: { unscaled: endWh, scale: 0 } },
  ...{ beganAtMs: epochMs - (hours + 1) * hourMs, endedAtMs: epochMs - hours * hourMs },
});
/** An outlet whose register starts over at 0 with each transaction, so that a begin of 0 is nothing unusual. */
export const outletStartingOver: readonly RegisterSpan[] = [spanOf(8, 9n), spanOf(4, 5n)];

/** Assesses messages of a station of 11 kW, without anything signed, at an outlet whose register may start at 0. */
export function assess(
  messages: readonly StationMessage[],
  changes: Partial<Omit<AssessmentInput, "messages">> = {},
): TransactionAssessment {
  const station = { ratedPowerW: 11_000, registerModulusWh: null };
  return assessTransaction({
    ...{ messages, station, signed: null, sessionIdTag: null, outlet: outletStartingOver },
    ...changes,
  });
}

/** What tests compare: grade, energy and findings. */
export function summaryOf({ grade, energyWh, reasons, flags }: TransactionAssessment) {
  return { grade, energyWh, reasons, flags };
}

export const acceptedRecord: SignedRecord = {
  verdict: "accepted",
  identification: "AABBCCDD",
  isAssigned: true,
  isExpectedMeter: true,
  enclosedKey: "same",
  hasCounter: true,
  freshness: "fresh",
};

/** Evidence in which one record covers the session from its begin to a number of seconds after it. */
export function signedEvidence(energyMicroWh: bigint, endSeconds: number, record: Partial<SignedRecord> = {}) {
  const point = (microWh: bigint, seconds: number) => ({
    floorMicroWh: microWh,
    ceilingMicroWh: microWh,
    epochMs: epochMs + seconds * 1_000,
    timeQuality: "S" as const,
    hasTimeError: false,
  });
  const whole = energyMicroWh / 1_000_000n;
  const fraction = (energyMicroWh % 1_000_000n).toString().padStart(6, "0").replace(/0+$/, "");
  const evidence: SignedEvidence = {
    records: [{ ...acceptedRecord, ...record }],
    judgement: {
      kind: "complete",
      begin: point(0n, 0),
      end: point(energyMicroWh, endSeconds),
      energyWh: fraction === "" ? whole.toString() : `${whole}.${fraction}`,
    },
  };
  return evidence;
}
