import { standingIdToken } from "../domain/charging/id-token.ts";
import { isOutcomeOf } from "../domain/charging/transaction-matching.ts";
import { isSameIdTag, normalizeIdTag } from "../domain/id-tag.ts";
import type { NewChargingTransaction } from "../store/charging.ts";
import type { Store, StoredSession } from "../store/store.ts";
import { findBinding } from "./cards/find-binding.ts";
import { findSessionOfToken } from "./session-of-token.ts";
import type { OnceDesk } from "./tell-once.ts";

/** The session of a transaction, and what has named it. */
export interface FoundSession {
  readonly session: StoredSession;
  /** The idToken that named it; `null` where a request to begin it did. */
  readonly idToken: string | null;
  /** Where the station was asked to begin it, by its own number; `null` where an idToken named it. */
  readonly stationEvse: number | null;
}

/** What a transaction says of whose it is. */
export type TransactionNames = Pick<
  NewChargingTransaction,
  "stationId" | "ocppTransactionId" | "evse" | "idToken" | "remoteStartId"
>;

export interface SessionFinder {
  /**
   * The session that a transaction without one belongs to: that of its idToken, failing that of one presented now, and
   * where no idToken was presented at all that of the request which it names. Of several the first that has no
   * transaction, one that can still be charged for before one that is closed.
   */
  find(transaction: TransactionNames, presented: string | null): Promise<FoundSession | null>;
  /** Which of two idTokens a transaction goes by: the first that stands for anybody who is known here, else the later. */
  chooseIdToken(first: string | null, later: string | null): Promise<string | null>;
}

/** Nobody pays for a session in another state. */
const openStatuses: ReadonlySet<string> = new Set(["opened", "charging", "held", "disputed"]);

export function createSessionFinder(deps: {
  readonly store: Pick<
    Store,
    | "findIdTokenBinding"
    | "findSession"
    | "findSessionByIdTag"
    | "findStartRequests"
    | "findStation"
    | "findTransactionOfSession"
  >;
  readonly once: OnceDesk;
}): SessionFinder {
  const { store, once } = deps;

  /** Whether it has no transaction; of one that is taken the operator is told, once for each that would have it. */
  async function isFree({ sessionId }: StoredSession, transaction: TransactionNames): Promise<boolean> {
    const holder = await store.findTransactionOfSession(sessionId);
    if (holder === null) return true;
    const { stationId, ocppTransactionId } = transaction;
    const by = holder.ocppTransactionId;
    if (holder.stationId === stationId && by === ocppTransactionId) return false;
    await once.alert("ocpp-session-taken", `${sessionId} ${stationId} ${ocppTransactionId}`, {
      stationId,
      sessionId,
      ocppTransactionId,
      by,
    });
    return false;
  }

  async function namedByToken(transaction: TransactionNames, idToken: string): Promise<readonly FoundSession[]> {
    const { stationId, evse: stationEvse } = transaction;
    const session = await findSessionOfToken(store, { stationId, idToken, stationEvse });
    return session === null ? [] : [{ session, idToken, stationEvse: null }];
  }

  async function namedByRequest(transaction: TransactionNames): Promise<readonly FoundSession[]> {
    const requests = await store.findStartRequests(transaction);
    const found: FoundSession[] = [];
    for (const request of requests) {
      if (!isOutcomeOf(transaction, request)) continue;
      const session = await store.findSession(request.sessionId);
      if (session !== null) found.push({ session, idToken: null, stationEvse: request.stationEvse });
    }
    return found;
  }

  async function choose(transaction: TransactionNames, found: readonly FoundSession[]): Promise<FoundSession | null> {
    const sorted = [...found].sort((left, right) => Number(isOpen(right)) - Number(isOpen(left)));
    for (const one of sorted) if (await isFree(one.session, transaction)) return one;
    return null;
  }

  async function isKnown(idToken: string): Promise<boolean> {
    if ((await store.findSessionByIdTag(normalizeIdTag(idToken))) !== null) return true;
    return (await findBinding(store, idToken, null)) !== null;
  }

  return {
    async chooseIdToken(first, later) {
      const [one = null, other = null] = distinctIdTokens([first, later]);
      return one === null || other === null || (await isKnown(one)) ? one : other;
    },
    async find(transaction, presented) {
      const idTokens = distinctIdTokens([transaction.idToken, presented]);
      let closed: FoundSession | null = null;
      for (const idToken of idTokens) {
        const named = await namedByToken(transaction, idToken);
        const chosen = await choose(transaction, named);
        if (chosen !== null && isOpen(chosen)) return chosen;
        closed ??= chosen;
        // It began as another session's: whose energy it is since then cannot be told.
        if (chosen === null && named.some(isOpen)) return null;
      }
      // Who presented another idToken is not begun by our request, whatever number it says.
      if (idTokens.length > 0) return closed;
      return choose(transaction, await namedByRequest(transaction));
    },
  };
}

function distinctIdTokens(idTokens: readonly (string | null)[]): readonly string[] {
  const standing = idTokens.flatMap((idToken) => standingIdToken(idToken) ?? []);
  return standing.filter((idToken, index) => index === standing.findIndex((other) => isSameIdTag(other, idToken)));
}

function isOpen({ session }: FoundSession): boolean {
  return session.state.closing === null && openStatuses.has(session.state.status);
}
