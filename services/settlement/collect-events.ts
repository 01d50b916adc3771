import type { ChainBlock } from "../chain/chain.ts";
import type { ChainEvent } from "../chain/events.ts";
import { tariffNotAssigned, type SessionState } from "../domain/session.ts";
import type { ChainProgress } from "../store/store.ts";
import { createDisputeWatch } from "./disputes/watch-disputes.ts";
import type { ChainFollowerDeps } from "./follow-chain.ts";
import type { LateEvents, SessionChainEvent } from "./late-events.ts";
import { createOpeningReader } from "./read-openings.ts";
import { createSessionEndings } from "./session-endings.ts";
import { amountsOf, isOrphan } from "./session-events.ts";
import { createDraft } from "./session-steps.ts";

type RefusedOpening = Extract<ChainEvent, { kind: "session-opened" }>;

/** What the events of one range come to. */
export interface Collected {
  readonly progress: Omit<ChainProgress, "expectedCursor" | "cursor">;
  /** Events that changed something. */
  readonly applied: readonly SessionChainEvent[];
  /** Events that cannot be, as far as is known here. */
  readonly contradicting: readonly SessionChainEvent[];
  /** Openings at a price that is not the charging point's. */
  readonly refused: readonly RefusedOpening[];
  /** Of a session, after the events. */
  readonly stateOf: (sessionId: string) => Promise<SessionState | null>;
}

/**
 * Turns events into steps of sessions and batches. Nothing is written.
 * @param late Tells which of the events are not known yet; `null` where all are new.
 */
export async function collectEvents(
  deps: ChainFollowerDeps,
  events: readonly ChainEvent[],
  head: ChainBlock,
  late: LateEvents | null,
): Promise<Collected> {
  const { store, desk } = deps;
  const draft = createDraft(store, deps.now());
  const openings = createOpeningReader(deps);
  const endings = createSessionEndings(deps);
  const disputes = createDisputeWatch(deps);
  const ours = new Map<string, { readonly txHash: string; readonly blockNumber: number }>();
  const applied: SessionChainEvent[] = [];
  const refused: RefusedOpening[] = [];
  const contradicting: SessionChainEvent[] = [];

  /** Whether it is new and rests on what is known. */
  async function isToApply(event: SessionChainEvent): Promise<boolean> {
    const state = await draft.stateOf(event.sessionId);
    if (late !== null) {
      const verdict = await late.judge(event, state);
      if (verdict === "contradicting") contradicting.push(event);
      return verdict === "missing";
    }
    if (!isOrphan(event, state)) return true;
    // One session whose opening an endpoint left out, long ago, must not keep all others from being settled.
    const { kind, sessionId, position } = event;
    desk.alert("chain-events-missing", { sessionId, before: kind, blockNumber: position.blockNumber });
    return false;
  }

  async function noteWhose({ kind, sessionId, position }: SessionChainEvent): Promise<boolean> {
    const { txHash, blockNumber } = position;
    const isOurs = ours.has(txHash) || (await store.findTransaction(txHash)) !== null;
    if (isOurs) ours.set(txHash, { txHash, blockNumber });
    else if (kind === "session-settled") desk.note("settled-by-others", { sessionId, txHash });
    return isOurs;
  }

  async function apply(event: SessionChainEvent): Promise<void> {
    const { sessionId } = event;
    if (event.kind === "opening-skipped") {
      desk.note("opening-skipped", { sessionId, reason: event.reason });
      return;
    }
    if (event.kind === "session-opened") {
      const opening = await openings.openingOf(event);
      if (opening.unservableReason === tariffNotAssigned) refused.push(event);
      await draft.open(sessionId, event.terms, opening);
      return;
    }
    await disputes.see(event, await draft.stateOf(sessionId));
    const isOurs = await noteWhose(event);
    const amounts = amountsOf(event);
    if (amounts !== null) {
      // Anybody can give money back under terms that nobody ever opened.
      if ((await draft.stateOf(sessionId)) !== null) await draft.change(sessionId, amounts);
      return;
    }
    const again = isOurs ? await endings.nextTryOf(event, await draft.stateOf(sessionId), head) : null;
    if (again !== null) {
      await draft.change(sessionId, again);
      return;
    }
    const closed = await endings.closingOf(event, isOurs);
    if (closed === null) return;
    endings.alertLoss(await store.findSession(sessionId), closed.closing);
    await draft.change(sessionId, { kind: "closed", ...closed });
  }

  for (const event of events) {
    if (!isOfSession(event)) noteBeside(deps, event, late === null);
    else if (await isToApply(event)) {
      applied.push(event);
      await apply(event);
    }
  }
  const progress = {
    forgetAboveBlock: null,
    ...openings.result(),
    ...draft.result(),
    transactions: [...ours.values()],
    ...disputes.result(),
    reopenedActs: [],
  };
  return { progress, applied, contradicting, refused, stateOf: (sessionId) => draft.stateOf(sessionId) };
}

function isOfSession(event: ChainEvent): event is SessionChainEvent {
  return "sessionId" in event;
}

/** Events that are no session's: of meters and EVSEs, whose registration is read again, and of the operator's credit. */
function noteBeside(
  { meters, desk }: Pick<ChainFollowerDeps, "meters" | "desk">,
  event: Exclude<ChainEvent, SessionChainEvent>,
  isNew: boolean,
): void {
  if (event.kind === "meter-changed") meters.forgetMeter(event.meter);
  else if (event.kind === "evse-changed") meters.forgetEvse(event.evse);
  else if (event.kind === "maker-revoked") meters.forgetAll();
  else if (isNew) {
    const { operator, agreement, isFinal, amountMicro } = event;
    desk.note("operator-credited", { operator, agreement, isFinal, amountMicro: amountMicro.toString() });
  }
}
