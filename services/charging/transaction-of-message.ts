import { standingIdToken } from "../domain/charging/id-token.ts";
import type { TransactionMessage } from "../domain/charging/message.ts";
import { isSameIdTag } from "../domain/id-tag.ts";
import type { ChargingTransaction, NewChargingTransaction } from "../store/charging.ts";
import type { FoundSession } from "./session-of-transaction.ts";

/** The idToken that its session knows stands above one that was presented before; a request says where, too. */
export function namesOf(
  { idToken, evse, sessionId }: NewChargingTransaction,
  found: FoundSession,
): Pick<NewChargingTransaction, "evse" | "idToken" | "sessionId"> {
  if (sessionId !== null) return { evse, idToken, sessionId };
  const { session, stationEvse } = found;
  return { evse: evse ?? stationEvse, idToken: found.idToken ?? idToken, sessionId: session.sessionId };
}

/** 2.x: the number of the request that a message names. */
export function remoteStartIdOf(message: TransactionMessage | null): number | null {
  return message?.kind === "transaction-started" || message?.kind === "transaction-updated"
    ? message.remoteStartId
    : null;
}

/** What may come first of a transaction: in 2.x any of its events, because they come in any order. */
export function isBeginning(
  message: TransactionMessage,
): message is TransactionMessage & { ocppTransactionId: string } {
  if (message.ocppTransactionId === null) return false;
  return message.kind === "transaction-started" || (message.protocol !== "ocpp1.6" && message.kind !== "meter-values");
}

/** Stations of 2.x may use one id at two of their EVSEs: what names another one is of another transaction. */
export function isElsewhere({ protocol, plug }: TransactionMessage, { evse }: ChargingTransaction): boolean {
  return protocol !== "ocpp1.6" && plug.evseId !== null && evse !== null && plug.evseId !== evse;
}

/**
 * A station of 2.x that lost its memory uses its ids again. Then the start says a time after the end. Where the end was lost,
 * or the clock was set back, it says another name than the transaction began with, or comes after a sign of its end.
 */
export function isBegunAnew(message: TransactionMessage, known: ChargingTransaction): boolean {
  if (message.kind !== "transaction-started" || message.protocol === "ocpp1.6") return false;
  const atMs = message.time?.epochMs ?? null;
  const { startedAtMs, endedAtMs, endSignAtMs, watched } = known;
  // Of one whose start is lost, the first reading says that it went on by then.
  const beganAtMs = startedAtMs ?? watched?.beganAtMs ?? null;
  if (atMs === null || beganAtMs === null) return false;
  if (startedAtMs !== null && endedAtMs !== null && atMs > endedAtMs) return true;
  if (isNamedOtherwise(message, known)) return startedAtMs === null ? atMs > beganAtMs : atMs !== startedAtMs;
  return endSignAtMs !== null && atMs > beganAtMs;
}

/** Whether a start presents another idToken, or names another request to begin, than the transaction did. */
function isNamedOtherwise(
  { idToken, remoteStartId }: TransactionMessage & { readonly kind: "transaction-started" },
  known: ChargingTransaction,
): boolean {
  const presented = standingIdToken(idToken);
  const first = standingIdToken(known.idToken);
  if (presented !== null && first !== null) return !isSameIdTag(presented, first);
  return remoteStartId !== null && known.remoteStartId !== null && remoteStartId !== known.remoteStartId;
}

/** A transaction of which nothing is known but that this message belongs to it. */
export function emptyTransaction(message: TransactionMessage): NewChargingTransaction {
  const { stationId, protocol, ocppTransactionId, receivedAtMs } = message;
  return {
    stationId,
    protocol,
    ocppTransactionId: ocppTransactionId ?? "",
    evse: null,
    connector: null,
    idToken: null,
    sessionId: null,
    startedAtMs: null,
    endedAtMs: null,
    lastMessageAtMs: receivedAtMs,
    endSignAtMs: null,
    askedAtMs: null,
    isOpen: true,
    watched: null,
    stopOrder: null,
    assessment: null,
    assessedFrame: null,
    assessedAtMs: null,
    assessDueAtMs: null,
    remoteStartId: null,
    waitUntilMs: null,
    lateFrames: 0,
  };
}
