import type { Cdr } from "../../domain/cdr.ts";
import { withHold } from "../../domain/cdr.ts";
import { formatDecimal } from "../../domain/decimal.ts";
import { heldMicroOf, totalOf } from "../../domain/session-amounts.ts";
import {
  isPriceRefused,
  sessionCancelled,
  sessionNotBegun,
  type SessionState,
  type SessionStatus,
} from "../../domain/session.ts";
import type { SessionTerms } from "../../domain/terms.ts";
import type { ChargingTransaction } from "../../store/charging.ts";
import type { StoredSession } from "../../store/store.ts";

/** Integers beyond 53 bits are text in every answer, since JSON readers round them. */
export function toJson(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toJson(member)]));
}

/** Terms as they are shown: every number is decimal text. */
export function termsView(terms: SessionTerms): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(terms).map(([name, value]) => [name, String(value)]));
}

/** A session as the queries show it. */
export function sessionView(session: StoredSession): unknown {
  const { sessionId, idTag, terms, state } = session;
  const { status, stage, dispute, assessment, reason, batchId, opening, closing, challenge, resolution } = state;
  return toJson({
    sessionId,
    idTag,
    state: status,
    evidence: stage,
    dispute,
    assessment,
    reason,
    notServed: notServedView(session),
    batchId,
    terms: termsView(terms),
    toppedUpMicro: totalOf(state.topUps),
    opening,
    closing,
    challenge,
    resolution,
    refundedMicro: totalOf(state.refunds),
  });
}

/**
 * What everybody may see: what the chain says, and that this service does not serve a session, which follows from its
 * terms and what is offered to everybody. Nothing of how a charge goes on.
 */
export function publicSessionView(session: StoredSession): unknown {
  const { sessionId, idTag, terms, state } = session;
  const { status, reason, opening, closing, challenge } = state;
  const isServed = status !== "unservable";
  return toJson({
    sessionId,
    idTag,
    state: isEndOnChain(status) || !isServed ? status : "opened",
    ...(isServed ? {} : { reason, notServed: notServedView(session) }),
    terms: termsView(terms),
    toppedUpMicro: totalOf(state.topUps),
    opening,
    closing,
    challenge,
    refundedMicro: totalOf(state.refunds),
  });
}

function isEndOnChain(status: SessionStatus): boolean {
  return status === "settled" || status === "expired" || status === "unconfirmed";
}

/** Why nobody begins the session, and when its hold returns by itself, in seconds since 1970; `null` if it is served. */
function notServedView({ state, terms }: StoredSession): object | null {
  if (state.status !== "unservable") return null;
  return { code: state.reason, message: notServedText(state), holdReturnsAt: terms.expiresAt };
}

function notServedText(state: SessionState): string {
  if (isPriceRefused(state)) {
    return "The operator does not offer this price at this charging point. Charging is not started, and the hold returns by itself.";
  }
  if (state.reason === sessionCancelled) return "The driver gave the session up. The hold returns by itself.";
  if (state.reason === sessionNotBegun)
    return "The charger did not begin. Nothing is charged, and the hold returns by itself.";
  return "The charging point, its meter or its terms are not in order. The hold returns by itself.";
}

/** What its station said of a session, as the queries show it. */
export function transactionView(transaction: ChargingTransaction): unknown {
  const { stationId, ocppTransactionId, isOpen, startedAtMs, endedAtMs, lastMessageAtMs, stopOrder } = transaction;
  return {
    stationId,
    ocppTransactionId,
    isOpen,
    startedAtMs,
    endedAtMs,
    lastMessageAtMs,
    energyWhSoFar: transaction.watched === null ? null : formatDecimal(transaction.watched.energyWh),
    isStopOrdered: stopOrder !== null,
  };
}

/** A charge detail record as the queries show it, with the hold as it is now. */
export function cdrView(cdr: Cdr, session: StoredSession): unknown {
  return toJson(withHold(cdr, heldMicroOf(session)));
}
