import type { Chain, ChainBlock } from "../chain/chain.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { BlockMark, Store } from "../store/store.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";
import type { TariffDirectory } from "../evidence/tariff-directory.ts";
import { createChainJournal } from "./chain-journal.ts";
import { createBlockReader } from "./read-blocks.ts";
import { createRescanner, type RescanOutcome, type RescanRange } from "./rescan-blocks.ts";
import { retryContended } from "./retry-contended.ts";
import { isOnChain } from "./on-chain.ts";

/** Keeps the store in step with the confirmed blocks of the chain. */
export interface ChainFollower {
  /**
   * Reads up to the newest confirmed block, undoing first what is no longer part of the chain; after a reading that is
   * under way.
   */
  follow(signal: AbortSignal): Promise<void>;
  /**
   * Reads blocks again that were read before, both included, and makes up for what an endpoint left out then. Doing it
   * again changes nothing. After a reading that is under way.
   * @throws RESCAN_RANGE_INVALID, CHAIN_EVENTS_MISSING, CHAIN_UNAVAILABLE, STORE_CONTENDED
   */
  rescan(range: RescanRange, signal: AbortSignal): Promise<RescanOutcome>;
  /** For how long the endpoint has not told all events of the next blocks; `null` while it does. */
  missingForMs(): number | null;
}

export interface ChainFollowerDeps {
  readonly store: Store;
  readonly chain: Chain;
  readonly meters: MeterDirectory;
  readonly tariffs: Pick<TariffDirectory, "findObstacle">;
  readonly desk: OperatorDesk;
  readonly metrics: Metrics;
  readonly now: () => number;
  /** Milliseconds since whenever, by a clock that never steps. */
  readonly elapsedMs: () => number;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
  /** The first block that can hold an event. */
  readonly firstBlock: number;
  /** Blocks, an event's own included, that make it count. */
  readonly confirmations: number;
  readonly blockRange: number;
  /** Failed settlements after which a session is no longer settled by itself. */
  readonly settlementAttempts: number;
  /** After how long what is still missing is told again. */
  readonly repeatMs: number;
}

/** As many as the store keeps. */
const markLimit = 1_024;

export function createChainFollower(deps: ChainFollowerDeps): ChainFollower {
  const { store, chain, desk, firstBlock, confirmations } = deps;
  const journal = createChainJournal(deps);
  const blocks = createBlockReader(deps);
  const rescanner = createRescanner({ ...deps, journal });

  /** The highest block that was read and is still part of the chain; `null` if none is. */
  async function findCommonMark(): Promise<BlockMark | null> {
    for (const mark of await store.listBlockMarks(markLimit)) if (await isOnChain(chain, mark)) return mark;
    return null;
  }

  /** @returns false while the endpoint has not caught up with what was read from it before. */
  async function undoReorganisation(cursor: BlockMark, head: ChainBlock): Promise<boolean> {
    if (head.number >= cursor.number && (await isOnChain(chain, cursor))) return true;
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
    const { to, reading } = await blocks.readNext(from, target, current?.hash ?? null);
    await journal.record(reading.events, to, current);
    deps.metrics.followedBlock.set(to.number);
    await blocks.noteRead(reading);
    return to.number < target;
  }

  let underWay: Promise<void> = Promise.resolve();

  async function followAll(signal: AbortSignal): Promise<void> {
    let isMore = true;
    while (isMore && !signal.aborted) isMore = await retryContended(followRange);
  }

  function inTurn<Result>(act: () => Promise<Result>): Promise<Result> {
    const next = underWay.then(act);
    underWay = next.then(
      () => undefined,
      () => undefined,
    );
    return next;
  }

  return {
    follow: (signal) => inTurn(() => followAll(signal)),
    rescan: (range, signal) => inTurn(() => rescanner.rescan(range, signal)),
    missingForMs: () => blocks.missingForMs(),
  };
}
