import type { ChainBlock } from "../chain/chain.ts";
import type { ChainEvent } from "../chain/events.ts";
import { withHold } from "../domain/cdr.ts";
import { tariffNotAssigned, type Closing, type SessionEvent, type SessionState } from "../domain/session.ts";
import type { Tariff } from "../domain/tariff.ts";
import type { SessionTerms } from "../domain/terms.ts";
import { sessionIdOf } from "../domain/terms.ts";
import { WattproofError } from "../errors.ts";
import { alertRefusedPrice } from "../evidence/judge-price.ts";
import type { BlockMark, ChainProgress, StoredSession } from "../store/store.ts";
import { createDisputeWatch } from "./disputes/watch-disputes.ts";
import type { ChainFollowerDeps } from "./follow-chain.ts";
import { createLateEvents, type LateEvents, type SessionChainEvent } from "./late-events.ts";
import { createDraft } from "./session-steps.ts";

/** Turns what the chain says into steps of sessions, batches and transactions, and stores them in one piece. */
export interface ChainJournal {
  /** @throws STORE_CONTENDED if a session moved meanwhile: compute again */
  record(events: readonly ChainEvent[], to: ChainBlock, cursor: BlockMark | null): Promise<void>;
  /**
   * The same for events of blocks that were read before: what is known already changes nothing, and what was not told then
   * is made up for. The cursor stays. @throws STORE_CONTENDED
   */
  recordLate(
    events: readonly ChainEvent[],
    head: ChainBlock,
    cursor: BlockMark,
    isDryRun: boolean,
  ): Promise<Pick<Collected, "applied" | "contradicting">>;
  /** Takes back everything above a block; `null` takes back everything. @throws STORE_CONTENDED */
  undoAbove(mark: BlockMark | null, cursor: BlockMark): Promise<void>;
}

type RefusedOpening = Extract<ChainEvent, { kind: "session-opened" }>;

interface Collected {
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

export function createChainJournal(deps: ChainFollowerDeps): ChainJournal {
  const { store, chain, meters, desk, now } = deps;

  async function commit(progress: ChainProgress): Promise<void> {
    if ((await store.commitChain(progress)) === "stale") {
      throw new WattproofError("STORE_CONTENDED", "A session moved while the chain was read.");
    }
  }

  async function closingOf(
    event: ChainEvent,
    isOurs: boolean,
  ): Promise<{ closing: Closing; reason: string | null } | null> {
    const { position } = event;
    if (event.kind === "session-settled") {
      const { energyMicroWh, chargingSeconds, idleSeconds, chargedMicro, returnedMicro, batch } = event;
      const amounts = { energyMicroWh, chargingSeconds, idleSeconds, chargedMicro, returnedMicro, batch };
      const cdr = await store.findCdr(event.sessionId);
      const expected = cdr === null ? null : withHold(cdr, chargedMicro + returnedMicro);
      if (expected !== null && (expected.chargedMicro !== chargedMicro || expected.energyMicroWh !== energyMicroWh)) {
        desk.alert("settlement-mismatch", {
          sessionId: event.sessionId,
          expectedMicro: expected.chargedMicro.toString(),
          chargedMicro: chargedMicro.toString(),
        });
      }
      return { closing: { kind: "settled", position, ...amounts }, reason: null };
    }
    if (event.kind === "session-expired") {
      return { closing: { kind: "expired", position, returnedMicro: event.returnedMicro }, reason: null };
    }
    // Another oracle's transaction that found nothing to settle says nothing about ours.
    if (event.kind !== "settlement-skipped" || !isOurs) return null;
    desk.alert("settlement-skipped", { sessionId: event.sessionId, reason: event.reason });
    return { closing: { kind: "skipped", position }, reason: event.reason };
  }

  async function openingOf(
    event: Extract<ChainEvent, { kind: "session-opened" }>,
    loaded: Map<string, Tariff>,
  ): Promise<Extract<SessionEvent, { kind: "opened" }>> {
    const { sessionId, terms, position } = event;
    if (sessionIdOf(terms, chain.domain) !== sessionId) {
      throw new WattproofError("CHAIN_MISMATCH", `Session ${sessionId} is not the digest of its terms.`);
    }
    await loadTariff(terms, loaded);
    const unservableReason =
      (await meters.findObstacle(terms)) ?? (await deps.tariffs.findObstacle(terms, position.blockNumber));
    return { kind: "opened", opening: position, unservableReason };
  }

  async function loadTariff({ tariffId }: SessionTerms, tariffs: Map<string, Tariff>): Promise<void> {
    if (tariffs.has(tariffId) || (await store.findTariff(tariffId)) !== null) return;
    const tariff = await chain.readTariff(tariffId);
    if (tariff === null) {
      desk.alert("tariff-missing", { tariffId });
      throw new WattproofError("TARIFF_MISSING", `Nobody has published tariff ${tariffId}.`);
    }
    tariffs.set(tariffId, tariff);
  }

  /** How a session goes on that our batch did not settle, if it can; `null` for what ends it. */
  async function nextTryOf(
    event: ChainEvent,
    state: SessionState | null,
    head: ChainBlock,
  ): Promise<SessionEvent | null> {
    if (event.kind !== "settlement-skipped" || state?.status !== "batched") return null;
    if (event.reason === "TERMS_MISMATCH") {
      // Topped up between the signatures and the block.
      return { kind: "released", isFailedAttempt: true, attemptLimit: deps.settlementAttempts };
    }
    if (state.nextTry.lane === "meter" && event.reason !== "NO_LIVE_SESSION") {
      desk.alert("settlement-skipped", { sessionId: event.sessionId, reason: event.reason });
      const lane = state.resolution?.way === "meter" ? "meter" : "oracles";
      const nextTry = { lane, notBeforeMs: null, quorumLackingSinceMs: null } as const;
      return { kind: "released", isFailedAttempt: true, attemptLimit: deps.settlementAttempts, nextTry };
    }
    if (event.reason !== "EPOCH_LIMIT_REACHED") return null;
    const epochSeconds = await chain.readEpochSeconds();
    const waitSeconds = epochSeconds - (head.timestamp % epochSeconds);
    desk.alert("epoch-limit", { sessionId: event.sessionId, waitSeconds });
    const nextTry = { ...state.nextTry, notBeforeMs: now() + waitSeconds * 1_000 };
    return { kind: "released", isFailedAttempt: false, attemptLimit: deps.settlementAttempts, nextTry };
  }

  function alertLoss(session: StoredSession | null, closing: Closing): void {
    if (closing.kind !== "expired" || session === null) return;
    if (session.state.stage !== "complete" && session.state.assessment === null) return;
    desk.alert("session-expired-unpaid", { sessionId: session.sessionId, status: session.state.status });
  }

  /** Once it is kept: what is read again would be told again. */
  async function tellRefused(refused: readonly RefusedOpening[], stateOf: Collected["stateOf"]): Promise<void> {
    for (const opening of refused) {
      // One that was over before it was read needs nobody.
      if ((await stateOf(opening.sessionId))?.closing === null) alertRefusedPrice(desk, opening);
    }
  }

  /** @param late Tells which of the events are not known yet; `null` where all are new. */
  async function collect(events: readonly ChainEvent[], head: ChainBlock, late: LateEvents | null): Promise<Collected> {
    const draft = createDraft(store, now());
    const tariffs = new Map<string, Tariff>();
    const disputes = createDisputeWatch(deps);
    const ours = new Map<string, { readonly txHash: string; readonly blockNumber: number }>();
    const applied: SessionChainEvent[] = [];
    const refused: RefusedOpening[] = [];
    const contradicting: SessionChainEvent[] = [];
    for (const event of events) {
      if (event.kind === "meter-changed") {
        meters.forgetMeter(event.meter);
        continue;
      }
      if (event.kind === "evse-changed") {
        meters.forgetEvse(event.evse);
        continue;
      }
      if (event.kind === "operator-credited") {
        const { operator, agreement, isFinal } = event;
        if (late !== null) continue;
        desk.note("operator-credited", { operator, agreement, isFinal, amountMicro: event.amountMicro.toString() });
        continue;
      }
      const verdict = (await late?.judge(event, await draft.stateOf(event.sessionId))) ?? "missing";
      if (verdict === "contradicting") contradicting.push(event);
      if (verdict !== "missing") continue;
      if (late === null && isOrphan(event, await draft.stateOf(event.sessionId))) {
        // One session whose opening an endpoint left out, long ago, must not keep all others from being settled.
        const { kind, sessionId, position } = event;
        desk.alert("chain-events-missing", { sessionId, before: kind, blockNumber: position.blockNumber });
        continue;
      }
      applied.push(event);
      if (event.kind === "opening-skipped") {
        desk.note("opening-skipped", { sessionId: event.sessionId, reason: event.reason });
        continue;
      }
      if (event.kind === "session-opened") {
        const opening = await openingOf(event, tariffs);
        if (opening.unservableReason === tariffNotAssigned) refused.push(event);
        await draft.open(event.sessionId, event.terms, opening);
        continue;
      }
      const amounts = amountsOf(event);
      await disputes.see(event, await draft.stateOf(event.sessionId), head);
      const { txHash, blockNumber } = event.position;
      const isOurs = ours.has(txHash) || (await store.findTransaction(txHash)) !== null;
      if (isOurs) ours.set(txHash, { txHash, blockNumber });
      else if (event.kind === "session-settled") desk.note("settled-by-others", { sessionId: event.sessionId, txHash });
      if (amounts !== null) {
        // Anybody can give money back under terms that nobody ever opened.
        if ((await draft.stateOf(event.sessionId)) !== null) await draft.change(event.sessionId, amounts);
        continue;
      }
      const again = isOurs ? await nextTryOf(event, await draft.stateOf(event.sessionId), head) : null;
      if (again !== null) {
        await draft.change(event.sessionId, again);
        continue;
      }
      const closed = await closingOf(event, isOurs);
      if (closed === null) continue;
      alertLoss(await store.findSession(event.sessionId), closed.closing);
      await draft.change(event.sessionId, { kind: "closed", ...closed });
    }
    const progress = {
      forgetAboveBlock: null,
      tariffs: [...tariffs].map(([tariffId, tariff]) => ({ tariffId, tariff })),
      ...draft.result(),
      transactions: [...ours.values()],
      ...disputes.result(),
      reopenedActs: [],
    };
    return { progress, applied, contradicting, refused, stateOf: (sessionId) => draft.stateOf(sessionId) };
  }

  return {
    async record(events, to, cursor) {
      const { progress, refused, stateOf } = await collect(events, to, null);
      await commit({ ...progress, expectedCursor: cursor, cursor: { number: to.number, hash: to.hash } });
      await tellRefused(refused, stateOf);
    },
    async recordLate(events, head, cursor, isDryRun) {
      const { progress, applied, contradicting, refused, stateOf } = await collect(
        events,
        head,
        createLateEvents(store),
      );
      if (isDryRun || applied.length === 0) return { applied, contradicting };
      await commit({ ...progress, expectedCursor: cursor, cursor });
      await tellRefused(refused, stateOf);
      return { applied, contradicting };
    },
    async undoAbove(mark, cursor) {
      const block = mark?.number ?? -1;
      const draft = createDraft(store, now());
      const disputed: string[] = [];
      meters.forgetAll();
      for (const session of await store.listSessionsAbove(block)) {
        const { opening, closing, topUps, refunds, challenge } = session.state;
        const amounts = [...topUps, ...refunds, challenge, challenge?.ending ?? null];
        if (amounts.some((amount) => amount !== null && amount.position.blockNumber > block)) {
          if (challenge !== null) disputed.push(session.sessionId);
          await draft.change(session.sessionId, { kind: "amounts-reorganised", aboveBlock: block });
        }
        if (closing !== null && closing.position.blockNumber > block) {
          await draft.change(session.sessionId, { kind: "closing-reorganised" });
        }
        if (opening.blockNumber > block) await draft.change(session.sessionId, { kind: "opening-reorganised" });
      }
      const transactions = await store.listTransactionsAbove(block);

      await commit({
        expectedCursor: cursor,
        cursor: mark,
        forgetAboveBlock: block,
        tariffs: [],
        ...draft.result(),
        transactions: transactions.map(({ txHash }) => ({ txHash, blockNumber: null })),
        acts: [],
        finishedActs: [],
        reopenedActs: disputed,
      });
    },
  };
}

/** Whether an event rests on an earlier one that was never told. */
function isOrphan(event: SessionChainEvent, state: SessionState | null): boolean {
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
function amountsOf(event: ChainEvent): SessionEvent | null {
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
