import type { FrameEffect } from "../store/ocpp.ts";
import type { PresentedCertificate } from "../evidence/contract-certificate.ts";
import type { AnswerPayload, ActionHandler, StationCall } from "./answer-plan.ts";
import { acknowledge, answerWith, naturalKeyOf, timeText } from "./answer-plan.ts";
import type { IdTokenDecision, IdTokenQuestion } from "./id-token-policy.ts";
import { countAt, fieldAt, textAt } from "./payload-fields.ts";

const authorize: ActionHandler = (call) => {
  const question = questionOf(call, "authorize");
  return {
    kind: "ask",
    question,
    effects: [],
    payloadOf: (decision) => {
      if (question.certificate === null) return { idTokenInfo: idTokenInfo(decision) };
      // A contract certificate can only be said to be good by somebody who has checked it.
      const { certificateStatus } = decision;
      return certificateStatus === undefined || certificateStatus === null
        ? { idTokenInfo: { status: "Invalid" }, certificateStatus: "NoCertificateAvailable" }
        : { idTokenInfo: idTokenInfo(decision), certificateStatus };
    },
  };
};

/** What an Authorize carries of a contract's certificate: all of it, or what an inquiry about its revocation takes. */
function certificateOf(payload: unknown): PresentedCertificate | null {
  const pem = textAt(payload, "certificate");
  if (pem !== null) return { kind: "chain", pem };
  const listed = fieldAt(payload, "iso15118CertificateHashData");
  if (!Array.isArray(listed)) return null;
  const hashes = listed.map((entry: unknown) => ({
    hashAlgorithm: textAt(entry, "hashAlgorithm") ?? "",
    issuerNameHash: textAt(entry, "issuerNameHash") ?? "",
    issuerKeyHash: textAt(entry, "issuerKeyHash") ?? "",
    serialNumber: textAt(entry, "serialNumber") ?? "",
  }));
  return { kind: "hashes", hashes };
}

const bootNotification: ActionHandler = (call, { bootStatus, heartbeatSeconds }) => {
  const { payload, receivedAtMs } = call;
  const report = {
    vendor: textAt(payload, "chargingStation", "vendorName") ?? "",
    model: textAt(payload, "chargingStation", "model") ?? "",
    serialNumber: textAt(payload, "chargingStation", "serialNumber"),
    firmwareVersion: textAt(payload, "chargingStation", "firmwareVersion"),
    reason: textAt(payload, "reason"),
  };
  return answerWith({ currentTime: timeText(receivedAtMs), interval: heartbeatSeconds, status: bootStatus }, [
    { kind: "booted", report },
  ]);
};

const statusNotification: ActionHandler = ({ payload }) => {
  const evse = countAt(payload, "evseId");
  const connector = countAt(payload, "connectorId");
  const status = textAt(payload, "connectorStatus");
  if (evse === null || connector === null || status === null) return answerWith({});
  const timestampText = textAt(payload, "timestamp");
  return answerWith({}, [
    { kind: "connector-status", status: { evse, connector, status, errorCode: null, timestampText } },
  ]);
};

/** Events are always taken; only an idToken in one makes its answer say something. */
const transactionEvent: ActionHandler = (call) => {
  const { payload } = call;
  const eventType = textAt(payload, "eventType");
  const effects = eventType === "Started" || eventType === "Ended" ? effectsOf(payload, eventType) : [];
  if (textAt(payload, "idToken", "idToken") === null) return answerWith({}, effects);

  const occasion = eventType === "Started" ? "started" : eventType === "Ended" ? "ended" : "updated";
  return {
    kind: "ask",
    question: questionOf(call, occasion),
    effects,
    payloadOf: (decision) => ({ idTokenInfo: idTokenInfo(decision) }),
  };
};

function effectsOf(payload: unknown, eventType: "Started" | "Ended"): readonly FrameEffect[] {
  const ocppTransactionId = textAt(payload, "transactionInfo", "transactionId");
  if (ocppTransactionId === null) return [];
  if (eventType === "Ended") return [{ kind: "transaction-ended", ocppTransactionId }];
  const startedAtText = textAt(payload, "timestamp");
  return [
    {
      kind: "transaction-started",
      transaction: {
        // Ids of 2.x are the station's own, and one that was set up anew may use them again.
        naturalKey: naturalKeyOf([ocppTransactionId, startedAtText]),
        retryKey: null,
        ocppTransactionIds: [ocppTransactionId],
        evse: countAt(payload, "evse", "id"),
        connector: countAt(payload, "evse", "connectorId"),
        idToken: textAt(payload, "idToken", "idToken"),
        startedAtText,
      },
    },
  ];
}

const rejected: ActionHandler = () => answerWith({ status: "Rejected" });

/** What stations of 2.0.1 may call. */
export const handlers20: ReadonlyMap<string, ActionHandler> = new Map<string, ActionHandler>([
  ["Authorize", authorize],
  ["BootNotification", bootNotification],
  ["ClearedChargingLimit", acknowledge],
  ["DataTransfer", () => answerWith({ status: "UnknownVendorId" })],
  ["FirmwareStatusNotification", acknowledge],
  // No other authority is asked; the vehicle's contract is compared with the one that is bound (Authorize).
  ["Get15118EVCertificate", () => answerWith({ status: "Failed", exiResponse: "" })],
  ["GetCertificateStatus", () => answerWith({ status: "Failed" })],
  ["Heartbeat", ({ receivedAtMs }) => answerWith({ currentTime: timeText(receivedAtMs) })],
  ["LogStatusNotification", acknowledge],
  ["MeterValues", acknowledge],
  ["NotifyChargingLimit", acknowledge],
  ["NotifyCustomerInformation", acknowledge],
  ["NotifyDisplayMessages", acknowledge],
  // Smart charging by the vehicle's needs is not offered, and the station goes on without.
  ["NotifyEVChargingNeeds", rejected],
  ["NotifyEVChargingSchedule", rejected],
  ["NotifyEvent", acknowledge],
  ["NotifyMonitoringReport", acknowledge],
  ["NotifyReport", acknowledge],
  ["PublishFirmwareStatusNotification", acknowledge],
  ["ReportChargingProfiles", acknowledge],
  ["ReservationStatusUpdate", acknowledge],
  ["SecurityEventNotification", acknowledge],
  // The service is no certificate authority.
  ["SignCertificate", rejected],
  ["StatusNotification", statusNotification],
  ["TransactionEvent", transactionEvent],
]);

/**
 * What stations of 2.1 may call. What only informs is kept and acknowledged; what asks for something that is not offered is
 * refused in the words of its own answer.
 */
export const handlers21: ReadonlyMap<string, ActionHandler> = new Map<string, ActionHandler>([
  ...handlers20,
  ["BatterySwap", acknowledge],
  ["ClosePeriodicEventStream", acknowledge],
  ["NotifyDERAlarm", acknowledge],
  ["NotifyDERStartStop", acknowledge],
  ["NotifyPriorityCharging", acknowledge],
  ["NotifySettlement", acknowledge],
  ["NotifyWebPaymentStarted", acknowledge],
  ["OpenPeriodicEventStream", rejected],
  ["PullDynamicScheduleUpdate", rejected],
  ["ReportDERControl", acknowledge],
  [
    "VatNumberValidation",
    ({ payload }) => answerWith({ status: "Rejected", vatNumber: textAt(payload, "vatNumber") ?? "" }),
  ],
]);

function questionOf(call: StationCall, occasion: IdTokenQuestion["occasion"]): IdTokenQuestion {
  const { stationId, protocol, payload } = call;
  const stationEvse = countAt(payload, "evse", "id");
  return {
    stationId,
    protocol,
    idToken: textAt(payload, "idToken", "idToken") ?? "",
    idTokenType: textAt(payload, "idToken", "type"),
    stationEvse: stationEvse === 0 ? null : stationEvse,
    occasion,
    ocppTransactionId: textAt(payload, "transactionInfo", "transactionId"),
    certificate: occasion === "authorize" ? certificateOf(payload) : null,
  };
}

function idTokenInfo({ status, expiresAtMs }: IdTokenDecision): AnswerPayload {
  return expiresAtMs === null ? { status } : { status, cacheExpiryDateTime: timeText(expiresAtMs) };
}
