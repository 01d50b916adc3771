import { transition } from "../domain/session.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Store, StoredSession } from "../store/store.ts";
import type { TariffDirectory } from "./tariff-directory.ts";

/** Keeps sessions from beginning at a price that the operator does not offer. */
export interface PriceJudge {
  /**
   * The session as it is now. One that is opened is judged when the chain is read; here those are, too, that were opened
   * before the service knew that their charger reports to it.
   */
  judge(session: StoredSession): Promise<StoredSession>;
}

export function createPriceJudge(deps: {
  readonly store: Pick<Store, "findSession" | "commitStep">;
  readonly tariffs: Pick<TariffDirectory, "findObstacle">;
  readonly desk: OperatorDesk;
  readonly now: () => number;
}): PriceJudge {
  const { store, tariffs, desk, now } = deps;

  return {
    async judge(session) {
      const { sessionId, terms, state, sequence } = session;
      if (state.status !== "opened") return session;
      const reason = await tariffs.findObstacle(terms, state.opening.blockNumber);
      if (reason === null) return session;
      const event = { kind: "service-refused", reason } as const;
      const next = transition(state, event);
      const change = { sessionId, expectedSequence: sequence, events: [event], next, atMs: now() };
      const { outcome } = await store.commitStep({ session: { change, cdr: null, acts: [] } });
      // Who moved it meanwhile has judged it, too, or it is no longer there to begin.
      if (outcome === "stale") return (await store.findSession(sessionId)) ?? session;
      alertRefusedPrice(desk, session);
      return { ...session, state: next, sequence: sequence + 1 };
    },
  };
}

/** Tells the operator of a session whose price is not offered where it was opened. */
export function alertRefusedPrice(
  desk: OperatorDesk,
  { sessionId, terms }: Pick<StoredSession, "sessionId" | "terms">,
) {
  const { evse, tariffId, expiresAt } = terms;
  desk.alert("tariff-not-assigned", { sessionId, evse, tariffId, holdReturnsAt: expiresAt });
}
