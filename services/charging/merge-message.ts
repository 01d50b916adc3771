import type { TransactionMessage } from "../domain/charging/message.ts";
import { watchEnergy } from "../domain/charging/watched-energy.ts";
import type { NewChargingTransaction, StopOrder } from "../store/charging.ts";
import type { StoredSession } from "../store/store.ts";
import type { FoundSession } from "./session-of-transaction.ts";
import { namesOf, remoteStartIdOf } from "./transaction-of-message.ts";

/**
 * What is known of a transaction with one more of its messages. What was known first of its place and its begin stays.
 * @param found The session that the transaction belongs to; `null` if none is known.
 * @param nowMs By the clock for waits: when a station that is to stop is told so, and when an end is assessed.
 * @param waitMs How long messages that belong to the transaction are waited for after its end.
 */
export function mergeMessage<Transaction extends NewChargingTransaction>(
  transaction: Transaction,
  message: TransactionMessage,
  found: FoundSession | null,
  { nowMs, waitMs }: { readonly nowMs: number; readonly waitMs: number },
): Transaction {
  const session = found?.session ?? null;
  const { plug, receivedAtMs } = message;
  const atMs = message.time?.epochMs ?? message.readings[0]?.time?.epochMs ?? null;
  const isEnd = message.kind === "transaction-ended";
  const watched =
    transaction.isOpen && session !== null
      ? watchEnergy(transaction.watched, message, session.terms.maximumPowerW)
      : transaction.watched;
  const next = {
    ...transaction,
    evse: transaction.evse ?? (message.protocol === "ocpp1.6" ? plug.connectorId : plug.evseId),
    connector: transaction.connector ?? (message.protocol === "ocpp1.6" ? null : plug.connectorId),
    remoteStartId: transaction.remoteStartId ?? remoteStartIdOf(message),
    startedAtMs: transaction.startedAtMs ?? (message.kind === "transaction-started" ? atMs : null),
    endedAtMs: transaction.endedAtMs ?? (isEnd ? (atMs ?? receivedAtMs) : null),
    lastMessageAtMs: Math.max(transaction.lastMessageAtMs, receivedAtMs),
    endSignAtMs: isGoingOn(transaction, message, atMs) ? null : transaction.endSignAtMs,
    isOpen: transaction.isOpen && !isEnd,
    // The end is to be assessed, also if the service ends before that.
    assessDueAtMs: transaction.isOpen && isEnd ? nowMs : transaction.assessDueAtMs,
    waitUntilMs: transaction.isOpen && isEnd ? nowMs + waitMs : transaction.waitUntilMs,
    watched,
  };
  const named = found === null ? next : { ...next, ...namesOf(next, found) };
  return { ...named, stopOrder: named.isOpen ? (named.stopOrder ?? stopOrderOf(session, nowMs)) : null };
}

/** An order to stop that is due at once. */
export function newStopOrder(nowMs: number): StopOrder {
  return { nextAtMs: nowMs, attempts: 0, isAccepted: false };
}

/** A message that names the transaction and is later than the sign of its end shows that it goes on. */
function isGoingOn(
  { ocppTransactionId, endSignAtMs }: NewChargingTransaction,
  message: TransactionMessage,
  atMs: number | null,
): boolean {
  if (message.ocppTransactionId !== ocppTransactionId || endSignAtMs === null) return false;
  return atMs !== null && atMs > endSignAtMs;
}

/** Nobody pays for what flows after the chain has closed the session, or in one that is not served. */
function stopOrderOf(session: StoredSession | null, nowMs: number): StopOrder | null {
  if (session === null) return null;
  const { closing, status } = session.state;
  return closing !== null || status === "unservable" ? newStopOrder(nowMs) : null;
}
