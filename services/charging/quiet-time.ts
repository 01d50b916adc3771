import type { TransactionAssessment } from "../domain/charging/assess-transaction.ts";
import { quietLeftMs } from "../domain/charging/quiet-time.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { StoredSession } from "../store/store.ts";

/** Lets unsigned energy count only after nothing more has come of its transaction for a while. */
export interface QuietTime {
  /** When to look again, by the clock for waits; `null` once nothing is waited for. */
  lookAgainAtMs(
    transaction: ChargingTransaction,
    session: StoredSession,
    assessment: Pick<TransactionAssessment, "grade">,
  ): number | null;
  /** Transactions whose quiet time is over, each told once: a clock that was set back does not keep them waiting. */
  takeOver(): readonly ChargingTransaction[];
}

/** A transaction that is waited for, by a clock that never steps. */
interface Waiting {
  readonly transaction: ChargingTransaction;
  readonly sinceMs: number;
  /** When its latest message was known here. */
  readonly heardMs: number;
  /** It was told that it is over. */
  readonly isTold: boolean;
}

/**
 * @param deps.elapsedMs Never steps; only differences count. Kept in memory: after a restart the service's own clock says
 * how long it has been quiet.
 */
export function createQuietTime(deps: {
  readonly quietMs: number;
  readonly now: () => number;
  readonly elapsedMs: () => number;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
}): QuietTime {
  const { quietMs, now, elapsedMs } = deps;
  const waiting = new Map<number, Waiting>();

  function note(transaction: ChargingTransaction): Waiting {
    const known = waiting.get(transaction.ordinal);
    const isSame = known?.transaction.lastMessageAtMs === transaction.lastMessageAtMs;
    // What was said before the service started, or a moment ago; the future is a clock that was set back.
    const agoMs = Math.max(0, now() - transaction.lastMessageAtMs);
    const heardMs = known !== undefined && isSame ? known.heardMs : elapsedMs() - agoMs;
    const next = { transaction, heardMs, sinceMs: known?.sinceMs ?? heardMs, isTold: false };
    waiting.set(transaction.ordinal, next);
    return next;
  }

  return {
    lookAgainAtMs(transaction, { terms }, { grade }) {
      const { heardMs, sinceMs } = note(transaction);
      const leftMs = quietLeftMs(
        {
          grade,
          quietForMs: elapsedMs() - heardMs,
          waitedMs: elapsedMs() - sinceMs,
          untilExpiryMs: terms.expiresAt * 1_000 - now(),
        },
        quietMs,
      );
      if (leftMs > 0) return deps.steadyNow() + leftMs;
      waiting.delete(transaction.ordinal);
      return null;
    },
    takeOver() {
      const over = [...waiting.values()].filter(({ heardMs }) => elapsedMs() - heardMs >= quietMs);
      for (const one of over) {
        const { ordinal } = one.transaction;
        // Nobody asked again: it has left for another reason.
        if (one.isTold) waiting.delete(ordinal);
        else waiting.set(ordinal, { ...one, isTold: true });
      }
      return over.filter(({ isTold }) => !isTold).map(({ transaction }) => transaction);
    },
  };
}
