import type { Chain, ChainBlock } from "../../chain/chain.ts";
import type { ChainEvent } from "../../chain/events.ts";
import { withHold } from "../../domain/cdr.ts";
import { isContradicted, type DisputeAct, type DisputeActSeed } from "../../domain/dispute.ts";
import { heldMicroOf } from "../../domain/session-amounts.ts";
import type { Closing, SessionState } from "../../domain/session.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { ChainProgress, Store } from "../../store/store.ts";

/** Compares what the chain says with the records that are here, and notes what has to be done. */
export interface DisputeWatch {
  /** @param state Of the session, before the event. @param head The newest block that is read with it. */
  see(event: ChainEvent, state: SessionState | null, head: ChainBlock): Promise<void>;
  result(): Pick<ChainProgress, "acts" | "finishedActs">;
}

export function createDisputeWatch(deps: {
  readonly store: Store;
  readonly chain: Pick<Chain, "oracle">;
  readonly desk: OperatorDesk;
  readonly now: () => number;
}): DisputeWatch {
  const { store, desk, now } = deps;
  const acts: DisputeActSeed[] = [];
  const finishedActs: { readonly sessionId: string; readonly act: DisputeAct }[] = [];

  async function seeSettlement(
    event: Extract<ChainEvent, { kind: "session-settled" }>,
    state: SessionState,
  ): Promise<void> {
    const closing: Closing = { ...event, kind: "settled" };
    const cdr = await store.findCdr(event.sessionId);
    if (isContradicted(closing, cdr, state))
      acts.push({ sessionId: event.sessionId, act: "challenge", dueAtMs: now() });
  }

  async function seeChallenge(
    event: Extract<ChainEvent, { kind: "claim-challenged" }>,
    state: SessionState,
    head: ChainBlock,
  ): Promise<void> {
    const { sessionId, challenger, chargedMicro, provenMicro, answerableUntil } = event;
    finishedActs.push({ sessionId, act: "challenge" });
    const isOwn = challenger === deps.chain.oracle;
    const amounts = { chargedMicro: chargedMicro.toString(), provenMicro: provenMicro.toString() };
    desk.alert("settlement-challenged", { sessionId, challenger, isOwn, ...amounts });
    if (isOwn) {
      const waitSeconds = Math.max(0, answerableUntil - head.timestamp) + 1;
      acts.push({ sessionId, act: "conclude", dueAtMs: now() + waitSeconds * 1_000 });
      return;
    }
    const session = await store.findSession(sessionId);
    const cdr = await store.findCdr(sessionId);
    if (session === null || cdr === null || state.stage !== "complete" || state.dispute !== null) return;
    // The meter signed here what the oracles claimed: it is the challenger's record that is not the only one.
    const isRight = withHold(cdr, heldMicroOf(session)).chargedMicro === chargedMicro;
    if (isRight) acts.push({ sessionId, act: "answer", dueAtMs: now() });
  }

  return {
    async see(event, state, head) {
      if (state === null) return;
      if (event.kind === "session-settled") await seeSettlement(event, state);
      if (event.kind === "claim-challenged") await seeChallenge(event, state, head);
      if (event.kind !== "challenge-answered" && event.kind !== "challenge-concluded") return;
      const { sessionId } = event;
      finishedActs.push({ sessionId, act: "answer" }, { sessionId, act: "conclude" });
    },
    result: () => ({ acts, finishedActs }),
  };
}
