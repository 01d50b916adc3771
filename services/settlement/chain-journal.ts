import type { ChainBlock } from "../chain/chain.ts";
import type { ChainEvent } from "../chain/events.ts";
import { WattproofError } from "../errors.ts";
import { alertRefusedPrice } from "../evidence/judge-price.ts";
import type { BlockMark, ChainProgress } from "../store/store.ts";
import { collectEvents, type Collected } from "./collect-events.ts";
import type { ChainFollowerDeps } from "./follow-chain.ts";
import { createLateEvents } from "./late-events.ts";
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

export function createChainJournal(deps: ChainFollowerDeps): ChainJournal {
  const { store, meters, desk, now } = deps;

  async function commit(progress: ChainProgress): Promise<void> {
    if ((await store.commitChain(progress)) === "stale") {
      throw new WattproofError("STORE_CONTENDED", "A session moved while the chain was read.");
    }
  }

  /** Once it is kept: what is read again would be told again. */
  async function tellRefused(refused: Collected["refused"], stateOf: Collected["stateOf"]): Promise<void> {
    for (const opening of refused) {
      // One that was over before it was read needs nobody.
      if ((await stateOf(opening.sessionId))?.closing === null) alertRefusedPrice(desk, opening);
    }
  }

  return {
    async record(events, to, cursor) {
      const { progress, refused, stateOf } = await collectEvents(deps, events, to, null);
      await commit({ ...progress, expectedCursor: cursor, cursor: { number: to.number, hash: to.hash } });
      await tellRefused(refused, stateOf);
    },
    async recordLate(events, head, cursor, isDryRun) {
      const { progress, applied, contradicting, refused, stateOf } = await collectEvents(
        deps,
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
        const amounts = [...topUps, ...refunds, challenge];
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
