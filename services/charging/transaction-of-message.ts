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

/** A time that is ahead of its receipt by less is left as it is (docs/ocpp-energy.md, rule 12). */
const acceptedAheadMs = 600_000;

/**
 * A station of 2.x that lost its memory uses its ids again. Then the start says another time than the transaction began at,
 * and not the same name; or it comes after the end, after a sign of it, or long after what was said before.
 */
export function isBegunAnew(message: TransactionMessage, known: ChargingTransaction): boolean {
  if (message.kind !== "transaction-started" || message.protocol === "ocpp1.6" || message.time === null) return false;
  const { startedAtMs, endedAtMs, endSignAtMs, watched, lastMessageAtMs } = known;
  const { epochMs: atMs, reportedEpochMs } = message.time;
  const name = compareNames(message, known);
  const hasSign = endSignAtMs !== null;
  if (startedAtMs === null) {
    // Nothing is said of a transaction before its start is made; the first reading says when it went on.
    const isSure = hasSign || name === "other";
    const heardMs = watched?.beganAtMs ?? lastMessageAtMs;
    return atMs > heardMs + (isSure ? 0 : acceptedAheadMs);
  }
  if (endedAtMs !== null && atMs > endedAtMs) return true;
  if (name === "same") return endedAtMs === null && hasSign && atMs > startedAtMs;
  // A repeat whose time was put right by its receipt has another time than the first.
  return atMs !== startedAtMs && (name === "other" || reportedEpochMs === undefined);
}

/** Whether a start presents the idToken, or names the request to begin, that the transaction did. */
function compareNames(
  { idToken, remoteStartId }: TransactionMessage & { readonly kind: "transaction-started" },
  known: ChargingTransaction,
): "same" | "other" | "unknown" {
  const presented = standingIdToken(idToken);
  const first = standingIdToken(known.idToken);
  if (presented !== null && first !== null) return isSameIdTag(presented, first) ? "same" : "other";
  if (remoteStartId === null || known.remoteStartId === null) return "unknown";
  return remoteStartId === known.remoteStartId ? "same" : "other";
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
