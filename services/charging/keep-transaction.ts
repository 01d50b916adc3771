import { watchHold } from "../domain/charging/hold-watch.ts";
import { meteredSoFar } from "../domain/charging/watched-energy.ts";
import { heldMicroOf } from "../domain/session-amounts.ts";
import type { Tariff } from "../domain/tariff.ts";
import { evidenceStep } from "../evidence/complete-session.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { ChargingTransaction, NewChargingTransaction } from "../store/charging.ts";
import type { Store, StoredSession } from "../store/store.ts";
import { newStopOrder } from "./merge-message.ts";
import type { TransactionBook } from "./transaction-book.ts";

/** Keeps transactions, and has a station stopped when the hold of its session is nearly used up. */
export interface TransactionKeeper {
  /** Most messages move nothing but what was measured: those need not be on disk before the next one is read. */
  keep(
    known: ChargingTransaction | null,
    merged: NewChargingTransaction | ChargingTransaction,
    frame: number,
    session: StoredSession | null,
  ): Promise<ChargingTransaction>;
  /** Keeps the transaction on disk; with its first message that belongs to a session, the session is charging. */
  commit(
    transaction: NewChargingTransaction | ChargingTransaction,
    frame: number | null,
    session: StoredSession | null,
  ): Promise<ChargingTransaction>;
  /** The frames that were taken together are read. */
  forget(): void;
}

export function createTransactionKeeper(deps: {
  readonly store: Pick<Store, "findSession" | "findTariff">;
  readonly book: Pick<TransactionBook, "commit" | "commitLater">;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
  /** Share of a hold at which the station is stopped. */
  readonly stopAtBps: number;
}): TransactionKeeper {
  const { store, book, desk, now, steadyNow, stopAtBps } = deps;
  /** Read once for all frames that are taken together. */
  const tariffs = new Map<string, Tariff>();

  async function tariffOf(tariffId: string): Promise<Tariff | null> {
    const known = tariffs.get(tariffId);
    if (known !== undefined) return known;
    const tariff = await store.findTariff(tariffId);
    if (tariff !== null) tariffs.set(tariffId, tariff);
    return tariff;
  }

  async function withHoldWatched<Transaction extends NewChargingTransaction>(
    transaction: Transaction,
    session: StoredSession,
  ): Promise<Transaction> {
    const { watched, stopOrder, isOpen } = transaction;
    if (watched === null || stopOrder !== null || !isOpen) return transaction;
    const tariff = await tariffOf(session.terms.tariffId);
    if (tariff === null) return transaction;
    const hold = watchHold(tariff, heldMicroOf(session), meteredSoFar(watched), stopAtBps);
    if (!hold.isStopDue) return transaction;
    desk.note("hold-used-up", { sessionId: session.sessionId, usedBps: hold.usedBps });
    return { ...transaction, stopOrder: newStopOrder(steadyNow()) };
  }

  async function commit(
    transaction: NewChargingTransaction | ChargingTransaction,
    frame: number | null,
    known: StoredSession | null,
  ): Promise<ChargingTransaction> {
    let current = known;
    for (;;) {
      const watched = current === null ? transaction : await withHoldWatched(transaction, current);
      const session =
        current?.state.status === "opened" ? evidenceStep(current, { kind: "evidence-begun" }, now()) : null;
      const stored = await book.commit({ transaction: watched, frame, session });
      if (stored !== null) return stored;
      current = current === null ? null : await store.findSession(current.sessionId);
    }
  }

  return {
    commit,
    async keep(known, merged, frame, session) {
      // Others look for sessions and idTokens that are on disk.
      const isSame = known?.sessionId === merged.sessionId && known.idToken === merged.idToken;
      if (!isSame || !merged.isOpen || !("ordinal" in merged) || session?.state.status === "opened") {
        return commit(merged, frame, session);
      }
      const watched = session === null ? merged : await withHoldWatched(merged, session);
      book.commitLater(watched, frame);
      return watched;
    },
    forget() {
      tariffs.clear();
    },
  };
}
