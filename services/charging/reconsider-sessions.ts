import type { FindingCode } from "../domain/charging/findings.ts";
import type { Store, StoredSession } from "../store/store.ts";
import { reconsiderSession, type SessionAssessor } from "./assess-session.ts";
import type { SessionBeginner } from "./begin-sessions.ts";
import type { CircumstanceReader } from "./session-circumstances.ts";
import type { TransactionBook } from "./transaction-book.ts";

/** Decides again about sessions that are held because of what happened beside them, once that is another. */
export interface SessionReconsiderer {
  reconsiderSessions(signal: AbortSignal): Promise<void>;
}

/** Sessions looked at in one round; the next goes on behind them, so that a round costs the same however many are held. */
const pageLimit = 100;
const circumstanceCodes: readonly string[] = [
  "SESSION_CONTINUED_ELSEWHERE",
  "OPEN_TRANSACTION_AT_EVSE",
  "ENERGY_UNMATCHED",
  "TRANSACTION_ID_SHARED",
] satisfies FindingCode[];

export function createSessionReconsiderer(deps: {
  readonly store: Store;
  readonly book: TransactionBook;
  readonly assessor: SessionAssessor;
  readonly readCircumstances: CircumstanceReader;
  readonly beginner: Pick<SessionBeginner, "reconsider">;
}): SessionReconsiderer {
  const { store, book, assessor, beginner } = deps;
  let lastOrdinal = 0;

  async function look(session: StoredSession): Promise<void> {
    const { sessionId, state } = session;
    const known = (state.assessment?.reasons ?? []).filter((code) => circumstanceCodes.includes(code));
    if (known.length === 0) return;
    const own = await store.findTransactionOfSession(sessionId);
    const { findings } = await deps.readCircumstances(session, own);
    if (JSON.stringify(findings) === JSON.stringify(known)) return;
    if (own === null) await beginner.reconsider(session);
    else await reconsiderSession({ store, book, assessor }, sessionId);
  }

  return {
    async reconsiderSessions(signal) {
      const page = await store.listHeldSessionsAfter(lastOrdinal, pageLimit);
      lastOrdinal = page.length < pageLimit ? 0 : (page.at(-1)?.ordinal ?? 0);
      for (const { session } of page) {
        if (signal.aborted) return;
        await look(session);
      }
    },
  };
}
