import { startKeyOf } from "../../domain/charging/natural-key.ts";
import type { FrameEffect } from "../../store/ocpp.ts";
import { answerWith, shortNameOf, type StationAction, type StationCall } from "../action.ts";
import { faultsOf } from "../measurements/faults.ts";
import { readMeterValues2, readTime } from "../measurements/sampled-values.ts";
import { countOf, digestOf, numberOf, recordOf, textOf, type JsonRecord } from "../payload.ts";
import type { SessionQuestion, ToldSession } from "../session-teller.ts";
import { statedCostOf } from "./stated-cost.ts";
import { sessionPayload } from "./told-session.ts";
import { idTokenInfo, idTokenOf, questionOf, transactionIdOf } from "./id-token.ts";

/** Events are always taken; only an idToken in one makes its answer say something. */
export const transactionEvent: StationAction = {
  name: "TransactionEvent",
  tellsEnergy: true,
  answer(call) {
    const kind = kindOf(call.payload);
    const effects = effectsOf(call, kind);
    const isBegin = kind === "transaction-started";
    const tells = sessionQuestionOf(call, kind);
    const toldPayload = (told: ToldSession | null) => sessionPayload(call.protocol, told, { isBegin });
    if (idTokenOf(call.payload) !== null) {
      return {
        kind: "ask",
        question: questionOf(call, occasions[kind]),
        ...(tells === null ? {} : { tells }),
        effects,
        payloadOf: (decision, _transaction, told) => ({ ...toldPayload(told), idTokenInfo: idTokenInfo(decision) }),
      };
    }
    if (tells === null) return answerWith({}, effects);
    return { kind: "tell", question: tells, effects, payloadOf: toldPayload };
  },
  read(payload, origin) {
    const { time, faults, notes } = readTime(payload, "timestamp", "");
    const info = recordOf(payload, "transactionInfo");
    const offline = payload["offline"];
    const values = readMeterValues2(payload);
    const measured = { ...values, notes: [...notes, ...values.notes] };
    const report = {
      ...origin,
      readings: measured.readings,
      signed: measured.signed,
      faults: faultsOf(measured, faults),
      plug: plugOf(payload),
      time,
      ocppTransactionId: transactionIdOf(payload),
      idToken: idTokenOf(payload),
      sequenceNumber: numberOf(payload, "seqNo"),
      isOffline: typeof offline === "boolean" ? offline : null,
      chargingState: textOf(info, "chargingState"),
      triggerReason: textOf(payload, "triggerReason"),
    };
    const kind = kindOf(payload);
    const statedCost = statedCostOf(payload);
    return kind === "transaction-ended"
      ? {
          ...{ ...report, kind, stopReason: textOf(info, "stoppedReason") },
          ...(statedCost === null ? {} : { statedCost }),
        }
      : { ...report, kind, remoteStartId: numberOf(info, "remoteStartId") };
  },
};

const occasions = {
  "transaction-started": "started",
  "transaction-updated": "updated",
  "transaction-ended": "ended",
} as const;

/**
 * What the answer tells of the session. In 2.0.1 only begin and end are answered with a cost, and what runs on is told by
 * CostUpdated; in 2.1 each answer can raise the limit.
 */
function sessionQuestionOf(
  { stationId, protocol, payload }: StationCall,
  kind: keyof typeof occasions,
): SessionQuestion | null {
  const ocppTransactionId = transactionIdOf(payload);
  if (ocppTransactionId === null || (protocol === "ocpp2.0.1" && kind === "transaction-updated")) return null;
  return {
    stationId,
    protocol,
    about: { kind: "transaction", ocppTransactionId, isEnded: kind === "transaction-ended" },
  };
}

/** An unknown type of event changes nothing by itself; what it measured is kept. */
function kindOf(payload: JsonRecord): keyof typeof occasions {
  const eventType = payload["eventType"];
  if (eventType === "Started") return "transaction-started";
  return eventType === "Ended" ? "transaction-ended" : "transaction-updated";
}

function plugOf(payload: JsonRecord) {
  const evse = recordOf(payload, "evse");
  return { evseId: numberOf(evse, "id"), connectorId: numberOf(evse, "connectorId") };
}

function effectsOf(
  { stationId, protocol, payload }: StationCall,
  kind: keyof typeof occasions,
): readonly FrameEffect[] {
  const ocppTransactionId = transactionIdOf(payload);
  if (ocppTransactionId === null || kind === "transaction-updated") return [];
  if (kind === "transaction-ended") return [{ kind, ocppTransactionId }];
  const { time } = readTime(payload, "timestamp", "");
  const idToken = idTokenOf(payload);
  const evse = recordOf(payload, "evse");
  const started = { stationId, protocol, ocppTransactionId, time, idToken, plug: plugOf(payload), readings: [] };
  return [
    {
      kind,
      transaction: {
        naturalKey: shortNameOf(startKeyOf({ ...started, payloadDigest: () => digestOf(payload) })),
        retryKey: null,
        ocppTransactionIds: [ocppTransactionId],
        evse: countOf(evse, "id"),
        connector: countOf(evse, "connectorId"),
        idToken,
        startedAtText: textOf(payload, "timestamp"),
      },
    },
  ];
}
