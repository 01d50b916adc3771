import type { Chain, ChainBlock } from "../chain/chain.ts";
import { WattproofError } from "../errors.ts";
import type { Metrics } from "../metrics.ts";
import type { OperatorDesk } from "../operator-desk.ts";
import type { BlockMark, Store } from "../store/store.ts";
import type { MeterDirectory } from "../verify/meter-directory.ts";
import type { TariffDirectory } from "../verify/tariff-directory.ts";
import { createChainJournal } from "./chain-journal.ts";

/** Keeps the store in step with the confirmed blocks of the chain. */
export interface ChainFollower {
  /**
   * Reads up to the newest confirmed block, undoing first what is no longer part of the chain; after a reading that is
   * under way.
   */
  follow(signal: AbortSignal): Promise<void>;
}

export interface ChainFollowerDeps {
  readonly store: Store;
  readonly chain: Chain;
  readonly meters: MeterDirectory;
  readonly tariffs: Pick<TariffDirectory, "findObstacle">;
  readonly desk: OperatorDesk;
  readonly metrics: Metrics;
  readonly now: () => number;
  /** The first block that can hold an event. */
  readonly firstBlock: number;
  /** Blocks, an event's own included, that make it count. */
  readonly confirmations: number;
  readonly blockRange: number;
  /** Failed settlements after which a session is no longer settled by itself. */
  readonly settlementAttempts: number;
}

/** As many as the store keeps. */
const markLimit = 1_024;
/** A chain that changes again while it is read is read again at the next look. */
const attemptLimit = 8;

export function createChainFollower(deps: ChainFollowerDeps): ChainFollower {
  const { store, chain, desk, firstBlock, confirmations } = deps;
  const journal = createChainJournal(deps);

  async function isOnChain(mark: BlockMark): Promise<boolean> {
    return (await chain.readBlock(mark.number))?.hash === mark.hash;
  }

  /** The highest block that was read and is still part of the chain; `null` if none is. */
  async function findCommonMark(): Promise<BlockMark | null> {
    for (const mark of await store.listBlockMarks(markLimit)) if (await isOnChain(mark)) return mark;
    return null;
  }

  /** @returns false while the endpoint has not caught up with what was read from it before. */
  async function undoReorganisation(cursor: BlockMark, head: ChainBlock): Promise<boolean> {
    if (head.number >= cursor.number && (await isOnChain(cursor))) return true;
    const common = await findCommonMark();
    const marks = await store.listBlockMarks(markLimit);
    const isOnlyBehind = marks.every((mark) => mark.number > head.number || mark.number <= (common?.number ?? -1));
    if (isOnlyBehind) return false;

    desk.alert("reorganisation", { fromBlock: cursor.number, toBlock: common?.number ?? null, head: head.number });
    deps.metrics.reorganisations.inc();
    await journal.undoAbove(common, cursor);
    return true;
  }

  /** @returns whether there may be more to read. */
  async function followRange(): Promise<boolean> {
    const head = await chain.readHead();
    const cursor = await store.readCursor();
    if (cursor !== null && !(await undoReorganisation(cursor, head))) return false;

    const current = await store.readCursor();
    const from = current === null ? firstBlock : current.number + 1;
    const target = head.number - (confirmations - 1);
    if (from > target) return false;
    const to = await chain.readBlock(Math.min(target, from + deps.blockRange - 1));
    const events = to === null ? null : await chain.readEvents(from, to);
    if (to === null || events === null) throw new WattproofError("CHAIN_UNAVAILABLE", "The chain changed meanwhile.");
    await journal.record(events, to, current);
    deps.metrics.followedBlock.set(to.number);
    return to.number < target;
  }

  let underWay: Promise<void> = Promise.resolve();

  async function followAll(signal: AbortSignal): Promise<void> {
    let failures = 0;
    let isMore = true;
    while (isMore && !signal.aborted) {
      try {
        isMore = await followRange();
      } catch (error) {
        failures += 1;
        const isTransient = error instanceof WattproofError && error.code === "STORE_CONTENDED";
        if (!isTransient || failures >= attemptLimit) throw error;
      }
    }
  }

  return {
    follow(signal) {
      const next = underWay.then(() => followAll(signal));
      underWay = next.catch(() => undefined);
      return next;
    },
  };
}
