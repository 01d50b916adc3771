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
    case "challenge-answered":
    case "challenge-concluded":
      return (state?.challenge ?? null) === null;
    case "session-topped-up":
    case "session-settled":
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
    const { challenger, chargedMicro, provenMicro, answerableUntil } = event;
    const challenge = { position, challenger, chargedMicro, provenMicro, answerableUntil, ending: null };
    return { kind: "challenged", challenge };
  }
  if (event.kind === "challenge-answered") {
    return { kind: "challenge-ended", ending: { kind: "answered", position, answerer: event.answerer } };
  }
  if (event.kind !== "challenge-concluded") return null;
  const { compensatedMicro, rewardMicro } = event;
  return { kind: "challenge-ended", ending: { kind: "concluded", position, compensatedMicro, rewardMicro } };
}
