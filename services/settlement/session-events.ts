import type { ChainEvent } from "../chain/events.ts";
import type { SessionEvent, SessionState } from "../domain/session.ts";
import type { SessionChainEvent } from "./late-events.ts";

/** Whether an event rests on an earlier one that was never told. */
export function isOrphan(event: SessionChainEvent, state: SessionState | null): boolean {
  switch (event.kind) {
    case "session-opened":
    case "opening-skipped":
      return false;
    // Anybody can give money back under terms that nobody ever opened, and a skip changes nothing.
    case "session-refunded":
    case "settlement-skipped":
      return false;
    // A demand changes nothing of a session.
    case "evidence-demanded":
    case "evidence-shown":
    case "evidence-missing":
      return false;
    case "session-topped-up":
    case "session-settled":
    case "session-agreed":
    case "session-expired":
    case "claim-challenged":
      return state === null;
  }
}

/** What changes amounts of a session and neither opens nor closes it; `null` for other events. */
export function amountsOf(event: ChainEvent): SessionEvent | null {
  const { position } = event;
  if (event.kind === "session-topped-up") {
    return { kind: "topped-up", topUp: { position, totalMicro: event.toppedUpMicro } };
  }
  if (event.kind === "session-refunded") return { kind: "refunded", position, amountMicro: event.amountMicro };
  if (event.kind === "claim-challenged") {
    const { challenger, paidMicro, provenMicro } = event;
    return { kind: "challenged", position, challenger, paidMicro, provenMicro };
  }
  return null;
}
