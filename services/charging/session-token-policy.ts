import { standingIdToken } from "../domain/charging/id-token.ts";
import { isPriceRefused } from "../domain/session.ts";
import type { PriceJudge } from "../evidence/judge-price.ts";
import type { IdTokenPolicy, IdTokenQuestion, IdTokenStatus } from "../ocpp/id-token-policy.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { Store, StoredSession } from "../store/store.ts";
import { findSessionOfToken } from "./session-of-token.ts";
import { withinTime } from "./within-time.ts";

export interface SessionTokenDeps {
  readonly store: Pick<
    Store,
    "findChargingTransactions" | "findSession" | "findSessionByIdTag" | "findStation" | "findTransactionOfSession"
  >;
  readonly prices: PriceJudge;
  /** Resolves when what the station has said by now was read, and so has its session. */
  readonly handedOn?: (stationId: string) => Promise<void>;
  /** Gives a transaction the session that became known only after it was read. */
  readonly bind?: (transaction: ChargingTransaction) => Promise<ChargingTransaction>;
}

/** Less than the exchange waits for a decision. */
const readingMs = 5_000;

/**
 * Accepts the idTag of a session that is open at an EVSE of the station, and nothing else; one whose price is not offered
 * there is blocked. Beforehand it is accepted if the
 * session has no transaction or one that goes on, which is stopped with it; of a transaction that has begun only if it is
 * the session's own. A second one is told so: nobody pays for it.
 */
export function createSessionIdTokenPolicy(deps: SessionTokenDeps): IdTokenPolicy {
  const { store, prices, handedOn = () => Promise.resolve() } = deps;
  const bind = deps.bind ?? ((transaction: ChargingTransaction) => Promise.resolve(transaction));

  async function beforehand({ sessionId }: StoredSession): Promise<IdTokenStatus> {
    const holder = await store.findTransactionOfSession(sessionId);
    return holder === null || holder.isOpen ? "Accepted" : "ConcurrentTx";
  }

  async function readTransaction({
    stationId,
    ocppTransactionId,
  }: IdTokenQuestion): Promise<ChargingTransaction | null> {
    await withinTime(handedOn(stationId), readingMs);
    if (ocppTransactionId === null) return null;
    const [newest = null] = await store.findChargingTransactions(stationId, ocppTransactionId);
    return newest === null || newest.sessionId !== null ? newest : bind(newest);
  }

  /** Whether the transaction has the session whose idTag was presented. */
  async function begun(question: IdTokenQuestion, { sessionId }: StoredSession): Promise<IdTokenStatus> {
    const transaction = await readTransaction(question);
    const holder = await store.findTransactionOfSession(sessionId);
    // It could not be read in time, and then it gets the session if that is free.
    if (transaction === null) return holder === null ? "Accepted" : "ConcurrentTx";
    if (transaction.sessionId === sessionId) return "Accepted";
    return holder === null ? "Invalid" : "ConcurrentTx";
  }

  /** Nobody was named: what counts is whether the transaction has a session by the request that began it. */
  async function unnamed(question: IdTokenQuestion): Promise<IdTokenStatus> {
    if (question.occasion === "authorize") return "Invalid";
    const transaction = await readTransaction(question);
    const sessionId = transaction?.sessionId ?? null;
    const session = sessionId === null ? null : await store.findSession(sessionId);
    return session !== null && isOpen(session) ? "Accepted" : "Invalid";
  }

  async function judge(question: IdTokenQuestion): Promise<IdTokenStatus> {
    const { idToken, occasion, protocol } = question;
    if (standingIdToken(idToken) === null) return unnamed(question);
    const found = await findSessionOfToken(store, question);
    if (found === null) return "Invalid";
    const session = await prices.judge(found);
    if (!isOpen(session)) return isPriceRefusedHere(session) ? "Blocked" : "Invalid";
    if (occasion === "authorize") return beforehand(session);
    // In 1.6 a stop names who stopped it, and not whose the transaction is.
    return occasion === "ended" && protocol === "ocpp1.6" ? "Accepted" : begun(question, session);
  }

  return {
    decide: async (question) => ({ status: await judge(question), expiresAtMs: null }),
  };
}

function isPriceRefusedHere({ state }: StoredSession): boolean {
  return state.closing === null && isPriceRefused(state);
}

function isOpen({ state }: StoredSession): boolean {
  return state.status === "opened" || state.status === "charging";
}
