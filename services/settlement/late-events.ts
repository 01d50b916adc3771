import type { ChainEvent } from "../chain/events.ts";
import type { LogPosition, SessionState } from "../domain/session.ts";
import type { Store } from "../store/store.ts";

/**
 * What an event of blocks that were read before is to a session. `contradicting`: it cannot be where the session is, which
 * means that other blocks have to be read again, too, or that an endpoint told of another chain.
 */
export type LateVerdict = "missing" | "known" | "contradicting";

export type SessionChainEvent = Extract<ChainEvent, { readonly sessionId: string }>;

/** Tells which events of blocks that were read before were not told then. */
export interface LateEvents {
  /** @param state Of the session after the events before; `null` if it is not known. */
  judge(event: SessionChainEvent, state: SessionState | null): Promise<LateVerdict>;
}

export function createLateEvents(store: Pick<Store, "listEventPlaces" | "findTransaction">): LateEvents {
  const known = new Map<string, ReadonlySet<string>>();

  async function isKnown(sessionId: string, position: LogPosition): Promise<boolean> {
    const places = known.get(sessionId) ?? new Set((await store.listEventPlaces(sessionId)).map(keyOf));
    known.set(sessionId, places);
    return places.has(keyOf(position));
  }

  return {
    async judge(event, state) {
      // It says that a session was not opened.
      if (event.kind === "opening-skipped") return "known";
      if (state === null) {
        if (event.kind === "session-opened") return "missing";
        // Anybody can give money back under terms that nobody ever opened; a skip changes nothing.
        const isNothing = event.kind === "session-refunded" || event.kind === "settlement-skipped";
        return isNothing ? "known" : "contradicting";
      }
      if (await isKnown(event.sessionId, event.position)) return "known";
      switch (event.kind) {
        case "session-opened":
          return state.status === "unconfirmed" ? "missing" : "contradicting";
        case "session-settled":
        case "session-agreed":
        case "session-expired":
          return state.closing === null || state.closing.kind === "skipped" ? "missing" : "contradicting";
        case "settlement-skipped": {
          // Of a batch that the session has left it says nothing any more.
          const transaction = await store.findTransaction(event.position.txHash);
          const isOfBatch = state.status === "batched" && transaction?.batchId === state.batchId;
          return isOfBatch ? "missing" : "known";
        }
        case "session-topped-up":
        case "session-refunded":
          return "missing";
        case "claim-challenged":
          // One that was left out would have come before another that is known.
          return state.challenge === null || event.paidMicro === state.challenge.provenMicro
            ? "missing"
            : "contradicting";
        case "evidence-demanded":
        case "evidence-shown":
        case "evidence-missing":
          return "known";
      }
    },
  };
}

function keyOf({ txHash, blockHash, logIndex }: LogPosition): string {
  return `${txHash}:${blockHash}:${logIndex}`;
}
