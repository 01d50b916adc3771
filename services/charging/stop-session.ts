import type { Store, StoredSession } from "../store/store.ts";
import type { StationPresence } from "../ocpp/station-presence.ts";
import type { TransactionBook } from "./transaction-book.ts";

/**
 * Orders the charger of a session to stop, because its driver wants it; the order is carried out, and repeated, by the
 * rounds.
 * @returns a function that says whether there is a charger that can be told
 */
export function createSessionStopper(deps: {
  readonly store: Pick<Store, "findTransactionOfSession">;
  readonly book: TransactionBook;
  readonly connections: StationPresence;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
}): { stop(session: Pick<StoredSession, "sessionId">): Promise<boolean> } {
  const { store, book, connections, steadyNow } = deps;
  return {
    async stop({ sessionId }) {
      const transaction = await store.findTransactionOfSession(sessionId);
      if (transaction === null || (await connections.find(transaction.stationId)) === null) return false;
      return book.inTurn(transaction.stationId, async () => {
        const current = await book.reload(transaction);
        if (!current.isOpen) return false;
        const stopOrder = current.stopOrder ?? { nextAtMs: steadyNow(), attempts: 0, isAccepted: false };
        await book.commit({ transaction: { ...current, stopOrder } });
        return true;
      });
    },
  };
}
