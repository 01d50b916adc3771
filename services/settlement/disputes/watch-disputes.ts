import type { Chain } from "../../chain/chain.ts";
import type { ChainEvent } from "../../chain/events.ts";
import { dueAtOnceMs, isContradicted, type DisputeAct, type DisputeActSeed } from "../../domain/dispute.ts";
import type { Closing, SessionState } from "../../domain/session.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { ChainProgress, Store } from "../../store/store.ts";

/** Compares what the chain says with the records that are here, and notes what has to be done. */
export interface DisputeWatch {
  /** @param state Of the session, before the event; `null` if it is not known here. */
  see(event: ChainEvent, state: SessionState | null): Promise<void>;
  result(): Pick<ChainProgress, "acts" | "finishedActs">;
}

export function createDisputeWatch(deps: {
  readonly store: Store;
  readonly chain: Pick<Chain, "oracle">;
  readonly desk: OperatorDesk;
}): DisputeWatch {
  const { store, desk } = deps;
  const acts: DisputeActSeed[] = [];
  const finishedActs: { readonly sessionId: string; readonly act: DisputeAct }[] = [];

  async function seeSettlement(
    event: Extract<ChainEvent, { kind: "session-settled" }>,
    state: SessionState,
  ): Promise<void> {
    const closing: Closing = { ...event, kind: "settled" };
    const cdr = await store.findCdr(event.sessionId);
    if (isContradicted(closing, cdr, state))
      acts.push({ sessionId: event.sessionId, act: "challenge", dueAtMs: dueAtOnceMs });
  }

  function seeChallenge({
    sessionId,
    challenger,
    paidMicro,
    provenMicro,
  }: Extract<ChainEvent, { kind: "claim-challenged" }>): void {
    finishedActs.push({ sessionId, act: "challenge" });
    const isOwn = challenger === deps.chain.oracle;
    const amounts = { paidMicro: paidMicro.toString(), provenMicro: provenMicro.toString() };
    desk.alert("settlement-challenged", { sessionId, challenger, isOwn, ...amounts });
  }

  /** Who signed the evidence can show it; where another oracle does first, the act ends. */
  async function seeDemand(event: Extract<ChainEvent, { kind: "evidence-demanded" }>): Promise<void> {
    const { sessionId, demander, evidenceRoot, answerableUntil } = event;
    const isSignedHere = (await store.findEvidence(evidenceRoot)) !== null;
    desk.alert("evidence-demanded", { sessionId, demander, isSignedHere, answerableUntil });
    if (isSignedHere) acts.push({ sessionId, act: "answer", dueAtMs: dueAtOnceMs });
  }

  return {
    async see(event, state) {
      if (event.kind === "evidence-demanded") await seeDemand(event);
      if (event.kind === "evidence-shown") finishedActs.push({ sessionId: event.sessionId, act: "answer" });
      if (event.kind === "evidence-missing") {
        const { sessionId, driverMicro, operatorMicro } = event;
        finishedActs.push({ sessionId, act: "answer" });
        const amounts = { driverMicro: driverMicro.toString(), operatorMicro: operatorMicro.toString() };
        desk.alert("evidence-missing", { sessionId, ...amounts });
      }
      if (state === null) return;
      if (event.kind === "session-settled") await seeSettlement(event, state);
      if (event.kind === "claim-challenged") seeChallenge(event);
    },
    result: () => ({ acts, finishedActs }),
  };
}
