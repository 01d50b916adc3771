import { normalizeIdTag } from "../../domain/id-tag.ts";
import { startKeyOf } from "../../domain/charging/natural-key.ts";
import { shortNameOf, type MessageOrigin, type StationAction, type StationCall } from "../action.ts";
import { faultsOf } from "../measurements/faults.ts";
import { readRegisterMember, readTime } from "../measurements/sampled-values.ts";
import { countOf, digestOf, numberOf, textOf, type JsonRecord } from "../payload.ts";
import { idTagInfo, questionOf } from "./id-tag.ts";

/**
 * A start is always taken and always gets an id, the same one for the same start however often it is repeated: one that
 * is refused would be charged for by nobody.
 */
export const startTransaction: StationAction = {
  name: "StartTransaction",
  tellsEnergy: true,
  answer(call, { offerTransactionIds }) {
    const { payload, stationId, protocol } = call;
    const started = readStart(payload, { stationId, protocol }, null);
    const transaction = {
      naturalKey: shortNameOf(startKeyOf({ ...started, payloadDigest: () => digestOf(payload) })),
      retryKey: retryKeyOf(call),
      ocppTransactionIds: offerTransactionIds(),
      evse: countOf(payload, "connectorId"),
      connector: 1,
      idToken: started.idToken,
      startedAtText: textOf(payload, "timestamp"),
    };
    return {
      kind: "ask",
      question: questionOf(call, started.idToken ?? "", "started"),
      effects: [{ kind: "transaction-started", transaction }],
      payloadOf: (decision, stored) => ({
        transactionId: Number(stored?.ocppTransactionId),
        idTagInfo: idTagInfo(decision),
      }),
    };
  },
  read: readStart,
};

function readStart<Origin extends Pick<MessageOrigin, "stationId" | "protocol">>(
  payload: JsonRecord,
  origin: Origin,
  assignedTransactionId: string | null,
) {
  const { time, faults, notes } = readTime(payload, "timestamp", "");
  const begin = readRegisterMember(payload, "meterStart", time, faults);
  const measured = { readings: [begin.reading], signed: [], notes: [...notes, ...begin.notes] };
  return {
    ...origin,
    kind: "transaction-started" as const,
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

/** Some stations date a start anew when they send it again: connector, idTag and register stay. */
function retryKeyOf({ payload }: StationCall): string | null {
  const connectorId = countOf(payload, "connectorId");
  const idTag = textOf(payload, "idTag");
  const meterStart = payload["meterStart"];
  if (connectorId === null || idTag === null || meterStart === undefined) return null;
  return shortNameOf(JSON.stringify([connectorId, normalizeIdTag(idTag), meterStart]));
}
