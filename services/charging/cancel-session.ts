import type { SessionReleases } from "../chain/session-releases.ts";
import { sessionCancelled, transition } from "../domain/session.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Store, StoredSession } from "../store/store.ts";
import { mayHaveBegun } from "./may-have-begun.ts";

/** What became of a driver's wish to give a session up before it begins. */
export type Cancellation =
  /** The hold is free again, or the call that frees it is on its way. */
  | { readonly kind: "cancelled"; readonly status: "done" | "sent"; readonly txHash: string | null }
  /** Its charger may have begun: the session ends at the charger. */
  | { readonly kind: "begun" }
  /** The service's account may not release sessions of this operator. */
  | { readonly kind: "unsupported" };

/** Ends a session that no charger was asked, or agreed, to begin, and has its hold released. */
export interface SessionCanceller {
  /**
   * @param client Whose budget the call counts in, beside the driver's.
   * @throws what `RelayDesk.relay` throws
   */
  cancel(session: StoredSession, client: string): Promise<Cancellation>;
}

/** @param deps.releases `null`: the service sends nothing for others. */
export function createSessionCanceller(deps: {
  readonly store: Pick<Store, "findStart" | "findStationOfEvse" | "findTransactionOfSession" | "commitStep">;
  readonly releases: SessionReleases | null;
  readonly desk: OperatorDesk;
  readonly now: () => number;
}): SessionCanceller {
  const { store, releases, desk, now } = deps;

  /** From then on no charger is asked to begin it. @returns whether none was before */
  async function refuse(session: StoredSession): Promise<boolean> {
    const { sessionId, state, sequence } = session;
    const event = { kind: "service-refused", reason: sessionCancelled } as const;
    const change = {
      ...{ sessionId, expectedSequence: sequence, events: [event] },
      ...{ next: transition(state, event), atMs: now() },
    };
    return (await store.commitStep({ session: { change, cdr: null, acts: [], isUnbegun: true } })).outcome === "stored";
  }

  return {
    async cancel(session, client) {
      const { sessionId, state, terms } = session;
      const isCancelled = state.status === "unservable" && state.reason === sessionCancelled;
      if (state.stage !== "none" || (state.status !== "opened" && !isCancelled)) return { kind: "begun" };
      const place = await store.findStationOfEvse(terms.evse);
      if (place === null || (await mayHaveBegun(store, session))) return { kind: "begun" };
      if (releases === null || !(await releases.canRelease(session))) return { kind: "unsupported" };
      if (!isCancelled) {
        // Its charger may have been asked meanwhile, by another replica or by this one.
        if (!(await refuse(session))) return { kind: "begun" };
      }
      const { status, txHash } = await releases.release(session, client);
      desk.note("session-cancelled", { sessionId, txHash });
      return { kind: "cancelled", status, txHash };
    },
  };
}
