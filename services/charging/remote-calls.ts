import type { ChargingTransaction } from "../store/charging.ts";
import type { OcppProtocol } from "../store/ocpp.ts";

/** A call of a station, in the words of its version. */
export interface RemoteCall {
  readonly action: string;
  readonly payload: object;
}

/** Where a session is to begin, by the station's own number: in 1.6 the connector, in 2.x the EVSE. */
export interface StartPlace {
  readonly stationEvse: number;
  readonly idTag: string;
  /** Names the request in 2.x; a station that was asked before knows a repeat by another number. */
  readonly remoteStartId: number;
}

/** Asks the station to begin a session. */
export function startCall(protocol: OcppProtocol, { stationEvse, idTag, remoteStartId }: StartPlace): RemoteCall {
  if (protocol === "ocpp1.6") {
    return { action: "RemoteStartTransaction", payload: { connectorId: stationEvse, idTag } };
  }
  // "Central": the specification's type for what the back-end itself has made.
  const idToken = { idToken: idTag, type: "Central" };
  return { action: "RequestStartTransaction", payload: { evseId: stationEvse, remoteStartId, idToken } };
}

/** Asks the station to end a transaction. */
export function stopCall({ protocol, ocppTransactionId }: ChargingTransaction): RemoteCall {
  return protocol === "ocpp1.6"
    ? { action: "RemoteStopTransaction", payload: { transactionId: Number(ocppTransactionId) } }
    : { action: "RequestStopTransaction", payload: { transactionId: ocppTransactionId } };
}

/** Asks whether a transaction goes on; 1.6 cannot be asked, only made to send its values. */
export function transactionStatusCall({ protocol, ocppTransactionId, evse }: ChargingTransaction): RemoteCall {
  if (protocol !== "ocpp1.6") return { action: "GetTransactionStatus", payload: { transactionId: ocppTransactionId } };
  const payload = { requestedMessage: "MeterValues", ...(evse === null ? {} : { connectorId: evse }) };
  return { action: "TriggerMessage", payload };
}

/**
 * Asks whether anything waits that the station has not said yet, and of the transaction that it said it began whether that
 * goes on; 1.6 is made to tell its connector's state.
 */
export function idleCall(protocol: OcppProtocol, stationEvse: number, ocppTransactionId: string | null): RemoteCall {
  if (protocol === "ocpp1.6") {
    const payload = { requestedMessage: "StatusNotification", connectorId: stationEvse };
    return { action: "TriggerMessage", payload };
  }
  return {
    action: "GetTransactionStatus",
    payload: ocppTransactionId === null ? {} : { transactionId: ocppTransactionId },
  };
}
