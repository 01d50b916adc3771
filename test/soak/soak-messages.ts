import type { OcppProtocol } from "../../services/store/ocpp.ts";

/** A session as its charger knows it. */
export interface ChargingNow {
  readonly idTag: string;
  /** By the charger's clock. */
  readonly beginMs: number;
  /** 2.x: the charger's own name of it. */
  readonly name: string;
  /** 1.6: what the service has assigned; `null` until its answer is there. */
  transactionId: number | null;
  sequenceNumber: number;
}

/** A message in a charger's memory; 1.6 learns its transaction's id only when the start is answered. */
export interface SoakMessage {
  readonly action: string;
  payload(): object;
  /** What comes after it must not overtake it. */
  readonly isLast: boolean;
  /** Called with the answer of a start of 1.6. */
  onTransactionId(id: number): void;
}

interface Point {
  readonly atMs: number;
  readonly wh: number;
}

/** The messages of a version, as its specification words them. */
export interface SoakVocabulary {
  readonly boot: () => SoakMessage;
  readonly status: (isCharging: boolean, atMs: number) => SoakMessage;
  /** @param token What is presented; by default the session's own. */
  readonly start: (charging: ChargingNow, point: Point, token?: string) => SoakMessage;
  /** @param token What is presented with it: 2.x only. */
  readonly sample: (charging: ChargingNow, point: Point, token?: string) => SoakMessage;
  readonly stop: (charging: ChargingNow, point: Point, record: string | null) => SoakMessage;
}

const nothing = (): undefined => undefined;

function message(action: string, payload: () => object, isLast = false): SoakMessage {
  return { action, payload, isLast, onTransactionId: nothing };
}

function timeAt(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function signedValueOf(record: string) {
  return { signedMeterData: Buffer.from(record).toString("base64"), encodingMethod: "OCMF", publicKey: "" };
}

const vocabulary16: SoakVocabulary = {
  boot: () => message("BootNotification", () => ({ chargePointVendor: "V", chargePointModel: "M" })),
  status: (isCharging, atMs) => {
    const status = isCharging ? "Charging" : "Available";
    const payload = { connectorId: 1, errorCode: "NoError", status, timestamp: timeAt(atMs) };
    return message("StatusNotification", () => payload);
  },
  start: (charging, { atMs, wh }, token = charging.idTag) => {
    const payload = { connectorId: 1, idTag: token, meterStart: wh, timestamp: timeAt(atMs) };
    return {
      ...message("StartTransaction", () => payload),
      onTransactionId(id) {
        charging.transactionId = id;
      },
    };
  },
  sample: (charging, { atMs, wh }) => {
    const sampledValue = [{ value: String(wh), context: "Sample.Periodic", unit: "Wh" }];
    return message("MeterValues", () => ({
      connectorId: 1,
      transactionId: charging.transactionId ?? -1,
      meterValue: [{ timestamp: timeAt(atMs), sampledValue }],
    }));
  },
  stop: (charging, { atMs, wh }, record) => {
    const timestamp = timeAt(atMs);
    const value = record === null ? "" : JSON.stringify(signedValueOf(record));
    const sampledValue = [{ value, format: "SignedData", context: "Transaction.End" }];
    const transactionData = record === null ? {} : { transactionData: [{ timestamp, sampledValue }] };
    return message(
      "StopTransaction",
      () => ({ transactionId: charging.transactionId ?? -1, meterStop: wh, timestamp, ...transactionData }),
      true,
    );
  },
};

function event2(
  charging: ChargingNow,
  eventType: "Started" | "Updated" | "Ended",
  { atMs, wh }: Point,
  sampled: object,
  more: object = {},
): SoakMessage {
  const triggers = { Started: "RemoteStart", Updated: "MeterValuePeriodic", Ended: "EVDeparted" };
  const timestamp = timeAt(atMs);
  const payload = {
    eventType,
    timestamp,
    triggerReason: triggers[eventType],
    seqNo: charging.sequenceNumber,
    transactionInfo: { transactionId: charging.name },
    meterValue: [{ timestamp, sampledValue: [{ value: wh, ...sampled }] }],
    ...more,
  };
  charging.sequenceNumber += 1;
  return message("TransactionEvent", () => payload, eventType === "Ended");
}

function presented(charging: ChargingNow, token: string | undefined): object {
  if (token === undefined) return {};
  return { idToken: { idToken: token, type: token === charging.idTag ? "Central" : "ISO14443" } };
}

const vocabulary2: SoakVocabulary = {
  boot: () => {
    const payload = { reason: "PowerUp", chargingStation: { vendorName: "V", model: "M" } };
    return message("BootNotification", () => payload);
  },
  status: (isCharging, atMs) => {
    const connectorStatus = isCharging ? "Occupied" : "Available";
    const payload = { timestamp: timeAt(atMs), connectorStatus, evseId: 1, connectorId: 1 };
    return message("StatusNotification", () => payload);
  },
  start: (charging, point, token = charging.idTag) => {
    const more = { evse: { id: 1, connectorId: 1 }, ...presented(charging, token) };
    return event2(charging, "Started", point, { context: "Transaction.Begin" }, more);
  },
  sample: (charging, point, token) =>
    event2(charging, "Updated", point, { context: "Sample.Periodic" }, presented(charging, token)),
  stop: (charging, point, record) => {
    const signed = record === null ? {} : { signedMeterValue: { ...signedValueOf(record), signingMethod: "" } };
    return event2(charging, "Ended", point, { context: "Transaction.End", ...signed });
  },
};

export function vocabularyOf(protocol: OcppProtocol): SoakVocabulary {
  return protocol === "ocpp1.6" ? vocabulary16 : vocabulary2;
}
