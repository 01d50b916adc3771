import { normalizeIdTag } from "../domain/id-tag.ts";
import type { AnswerPayload, ActionHandler, StationCall } from "./answer-plan.ts";
import { acknowledge, answerWith, naturalKeyOf, timeText } from "./answer-plan.ts";
import type { IdTokenDecision, IdTokenQuestion, IdTokenStatus } from "./id-token-policy.ts";
import { countAt, fieldAt, textAt } from "./payload-fields.ts";

/** The words of `AuthorizationStatus`; 1.6 has no finer ones. */
const statusWords: Readonly<Record<IdTokenStatus, string>> = {
  Accepted: "Accepted",
  Blocked: "Blocked",
  ConcurrentTx: "ConcurrentTx",
  Expired: "Expired",
  Invalid: "Invalid",
  NoCredit: "Blocked",
  NotAllowedTypeEVSE: "Invalid",
  NotAtThisLocation: "Invalid",
  NotAtThisTime: "Invalid",
  Unknown: "Invalid",
};

const authorize: ActionHandler = (call) => ({
  kind: "ask",
  question: questionOf(call, textAt(call.payload, "idTag") ?? "", "authorize"),
  effects: [],
  payloadOf: (decision) => ({ idTagInfo: idTagInfo(decision) }),
});

const bootNotification: ActionHandler = (call, { bootStatus, heartbeatSeconds }) => {
  const { payload, receivedAtMs } = call;
  const report = {
    vendor: textAt(payload, "chargePointVendor") ?? "",
    model: textAt(payload, "chargePointModel") ?? "",
    serialNumber: textAt(payload, "chargePointSerialNumber") ?? textAt(payload, "chargeBoxSerialNumber"),
    firmwareVersion: textAt(payload, "firmwareVersion"),
    reason: null,
  };
  return answerWith({ status: bootStatus, currentTime: timeText(receivedAtMs), interval: heartbeatSeconds }, [
    { kind: "booted", report },
  ]);
};

const statusNotification: ActionHandler = ({ payload }) => {
  const evse = countAt(payload, "connectorId");
  const status = textAt(payload, "status");
  if (evse === null || status === null) return answerWith({});
  const errorCode = textAt(payload, "errorCode");
  const timestampText = textAt(payload, "timestamp");
  return answerWith({}, [
    { kind: "connector-status", status: { evse, connector: 1, status, errorCode, timestampText } },
  ]);
};

/**
 * A start is always taken and always gets an id, the same one for the same start however often it is repeated: one that
 * is refused would be charged for by nobody.
 */
const startTransaction: ActionHandler = (call, { offerTransactionIds }) => {
  const { payload } = call;
  const connectorId = countAt(payload, "connectorId");
  const idTag = textAt(payload, "idTag");
  const timestamp = fieldAt(payload, "timestamp");
  const parts = [connectorId, fieldAt(payload, "idTag"), timestamp, fieldAt(payload, "meterStart")];
  const transaction = {
    // What cannot be told apart by the usual fields is told apart by all that was sent.
    naturalKey: naturalKeyOf(parts.includes(undefined) ? ["whole", payload] : parts),
    retryKey: retryKeyOf(connectorId, idTag, fieldAt(payload, "meterStart")),
    ocppTransactionIds: offerTransactionIds(),
    evse: connectorId,
    connector: 1,
    idToken: idTag,
    startedAtText: typeof timestamp === "string" ? timestamp : null,
  };
  return {
    kind: "ask",
    question: questionOf(call, idTag ?? "", "started"),
    effects: [{ kind: "transaction-started", transaction }],
    payloadOf: (decision, stored) => ({
      transactionId: Number(stored?.ocppTransactionId),
      idTagInfo: idTagInfo(decision),
    }),
  };
};

/** Some stations date a start anew when they send it again: connector, idTag and register stay. */
function retryKeyOf(connectorId: number | null, idTag: string | null, meterStart: unknown): string | null {
  if (connectorId === null || idTag === null || meterStart === undefined) return null;
  return naturalKeyOf([connectorId, normalizeIdTag(idTag), meterStart]);
}

const stopTransaction: ActionHandler = (call) => {
  const { payload } = call;
  const transactionId = countAt(payload, "transactionId");
  const effects =
    transactionId === null ? [] : [{ kind: "transaction-ended", ocppTransactionId: String(transactionId) } as const];
  const idTag = textAt(payload, "idTag");
  if (idTag === null) return answerWith({}, effects);
  return {
    kind: "ask",
    question: questionOf(call, idTag, "ended"),
    effects,
    payloadOf: (decision) => ({ idTagInfo: idTagInfo(decision) }),
  };
};

/** Every action that a station of OCPP 1.6 may call. */
export const handlers16: ReadonlyMap<string, ActionHandler> = new Map<string, ActionHandler>([
  ["Authorize", authorize],
  ["BootNotification", bootNotification],
  ["DataTransfer", () => answerWith({ status: "UnknownVendorId" })],
  ["DiagnosticsStatusNotification", acknowledge],
  ["FirmwareStatusNotification", acknowledge],
  ["Heartbeat", ({ receivedAtMs }) => answerWith({ currentTime: timeText(receivedAtMs) })],
  ["LogStatusNotification", acknowledge],
  ["MeterValues", acknowledge],
  ["SecurityEventNotification", acknowledge],
  // The service is no certificate authority.
  ["SignCertificate", () => answerWith({ status: "Rejected" })],
  ["SignedFirmwareStatusNotification", acknowledge],
  ["StartTransaction", startTransaction],
  ["StatusNotification", statusNotification],
  ["StopTransaction", stopTransaction],
]);

function questionOf(call: StationCall, idToken: string, occasion: IdTokenQuestion["occasion"]): IdTokenQuestion {
  const { stationId, protocol, payload } = call;
  const connectorId = countAt(payload, "connectorId");
  const stationEvse = connectorId === 0 ? null : connectorId;
  const nothing = { idTokenType: null, ocppTransactionId: null, certificate: null };
  return { stationId, protocol, idToken, stationEvse, occasion, ...nothing };
}

function idTagInfo({ status, expiresAtMs }: IdTokenDecision): AnswerPayload {
  const word = statusWords[status];
  return expiresAtMs === null ? { status: word } : { status: word, expiryDate: timeText(expiresAtMs) };
}
