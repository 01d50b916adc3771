import type { TransactionMessage } from "../domain/charging/message.ts";
import type { PriceJudge } from "../evidence/judge-price.ts";
import type { NewChargingTransaction } from "../store/charging.ts";
import type { Store, StoredSession } from "../store/store.ts";
import type { FoundSession, SessionFinder } from "./session-of-transaction.ts";
import { remoteStartIdOf } from "./transaction-of-message.ts";

/** Whose transactions the messages are of that are being read. */
export interface SessionOfMessage {
  /** The transaction by the idToken that it goes by now that the message presents another one. */
  withIdToken<Transaction extends NewChargingTransaction>(
    transaction: Transaction,
    message: TransactionMessage,
  ): Promise<Transaction>;
  /** The session that the transaction has, failing that the one it belongs to, judged by its price. */
  find(transaction: NewChargingTransaction, message: TransactionMessage | null): Promise<FoundSession | null>;
  /** The frames that were taken together are read. */
  forget(): void;
}

export function createSessionOfMessage(deps: {
  readonly store: Pick<Store, "findSession">;
  readonly finder: SessionFinder;
  readonly prices: PriceJudge;
}): SessionOfMessage {
  const { store, finder, prices } = deps;
  /** Read once for all frames that are taken together. */
  const sessions = new Map<string, StoredSession>();

  /** As it was when the frames that are being read came, which is soon enough for all but its first message. */
  async function sessionOf(sessionId: string): Promise<StoredSession | null> {
    const known = sessions.get(sessionId);
    if (known !== undefined) return known;
    const session = await store.findSession(sessionId);
    if (session !== null && session.state.status !== "opened") sessions.set(sessionId, session);
    return session;
  }

  return {
    async withIdToken(transaction, { idToken: presented }) {
      if (transaction.sessionId !== null || presented === null) return transaction;
      return { ...transaction, idToken: await finder.chooseIdToken(transaction.idToken, presented) };
    },
    async find(transaction, message) {
      const { sessionId, idToken, evse, remoteStartId } = transaction;
      if (sessionId !== null) {
        const session = await sessionOf(sessionId);
        return session === null ? null : { session, idToken, stationEvse: null };
      }
      const stationEvse = evse ?? message?.plug.evseId ?? message?.plug.connectorId ?? null;
      const named = { ...transaction, evse: stationEvse, remoteStartId: remoteStartId ?? remoteStartIdOf(message) };
      const found = await finder.find(named, message?.idToken ?? null);
      return found === null ? null : { ...found, session: await prices.judge(found.session) };
    },
    forget() {
      sessions.clear();
    },
  };
}
