import type { Chain, ChainBlock, ChainReading } from "../chain/chain.ts";
import { WattproofError } from "../errors.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { BlockMark, Store } from "../store/store.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";
import type { TariffDirectory } from "../evidence/tariff-directory.ts";
import { createChainJournal } from "./chain-journal.ts";
import type { SessionChainEvent } from "./late-events.ts";

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
  /** Since when the endpoint has not told all events of the next blocks; `null` while it does. */
  missingSinceMs(): number | null;
}

export interface RescanRange {
  readonly from: number;
  readonly to: number;
  /** Nothing is changed. */
  readonly isDryRun: boolean;
}

/** What blocks that were read again gave. */
export interface RescanOutcome {
  /** Events of sessions that the service did not know. */
  readonly applied: readonly SessionChainEvent[];
  /** Events that cannot be where their sessions are; earlier blocks may have to be read again, too. */
  readonly contradicting: readonly SessionChainEvent[];
  /** Events of sessions in these blocks, known ones included. */
  readonly events: number;
}

/** Most blocks that one call reads again: a few minutes of an endpoint that is slow. */
export const rescanLimit = 1_000;

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
  /** After how long what is still missing is told again. */
  readonly repeatMs: number;
}

/** As many as the store keeps. */
const markLimit = 1_024;
/** A chain that changes again while it is read is read again at the next look. */
const attemptLimit = 8;
/** An endpoint that always leaves out events is told so often; the metric counts all of them. */
const omissionRepeatMs = 600_000;
/** An alert names no more blocks than somebody reads. */
const shownBlocks = 8;

export function createChainFollower(deps: ChainFollowerDeps): ChainFollower {
  const { store, chain, desk, now, firstBlock, confirmations } = deps;
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

  /** Blocks of one reading: fewer after one that failed, so that it ends just before the block that cannot be read. */
  let span = deps.blockRange;
  let missing: { readonly sinceMs: number; readonly from: number } | null = null;

  async function noteOmissions(reading: ChainReading): Promise<void> {
    const events = reading.omissions.reduce((sum, { leftOut }) => sum + leftOut, 0);
    if (events === 0) return;
    deps.metrics.eventsLeftOut.inc(events);
    if (!(await store.noteAlert("chain-events-missing", "left-out", now(), omissionRepeatMs))) return;
    desk.alert("chain-events-missing", {
      events,
      blocks: reading.omissions.slice(0, shownBlocks).map(({ blockNumber }) => blockNumber),
      isMadeUpFor: true,
    });
  }

  async function noteMissing(from: number, error: WattproofError): Promise<void> {
    missing ??= { sinceMs: now(), from };
    const ageSeconds = Math.max(0, now() - missing.sinceMs) / 1_000;
    deps.metrics.eventsMissingSeconds.set(ageSeconds);
    const { sinceMs } = missing;
    const isDue = await store.noteAlert("chain-events-missing", `${missing.from}:${sinceMs}`, now(), deps.repeatMs);
    if (isDue) desk.alert("chain-events-missing", { fromBlock: from, ageSeconds, detail: error.detail });
  }

  /** The events of the next blocks. @throws what the reading throws, and the next one reads fewer blocks */
  async function readNext(
    from: number,
    target: number,
    parentHash: string | null,
  ): Promise<{ readonly to: ChainBlock; readonly reading: ChainReading }> {
    try {
      const to = await chain.readBlock(Math.min(target, from + span - 1));
      const reading = to === null ? null : await chain.readEvents(from, to, parentHash);
      if (to === null || reading === null) throw changedMeanwhile();
      return { to, reading };
    } catch (error) {
      span = Math.max(1, Math.floor(Math.min(span, target - from + 1) / 2));
      if (isMissing(error)) await noteMissing(from, error);
      throw error;
    }
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
    const { to, reading } = await readNext(from, target, current?.hash ?? null);
    await journal.record(reading.events, to, current);
    deps.metrics.followedBlock.set(to.number);
    await noteOmissions(reading);
    span = Math.min(deps.blockRange, span * 2);
    missing = null;
    deps.metrics.eventsMissingSeconds.set(0);
    return to.number < target;
  }

  async function rescanPart(from: number, last: number, isDryRun: boolean): Promise<RescanOutcome> {
    const cursor = await store.readCursor();
    if (cursor === null || last > cursor.number) throw aboveCursor(cursor);
    if (!(await isOnChain(cursor))) throw changedMeanwhile();
    const head = await chain.readHead();
    const to = await chain.readBlock(last);
    const reading = to === null ? null : await chain.readEvents(from, to, null);
    if (reading === null) throw changedMeanwhile();
    const outcome = await journal.recordLate(reading.events, head, cursor, isDryRun);
    return { ...outcome, events: reading.events.filter((event) => "sessionId" in event).length };
  }

  async function rescanAll({ from, to, isDryRun }: RescanRange, signal: AbortSignal): Promise<RescanOutcome> {
    if (from > to) throw rangeInvalid(`Block ${from} comes after block ${to}.`);
    if (from < firstBlock) throw rangeInvalid(`Nothing was deployed before block ${firstBlock}.`);
    if (to - from + 1 > rescanLimit) throw rangeInvalid(`At most ${rescanLimit} blocks are read again at once.`);
    const parts: RescanOutcome[] = [];
    for (let start = from; start <= to && !signal.aborted; start += deps.blockRange) {
      const last = Math.min(to, start + deps.blockRange - 1);
      parts.push(await retried(() => rescanPart(start, last, isDryRun)));
    }
    const outcome = {
      applied: parts.flatMap(({ applied }) => applied),
      contradicting: parts.flatMap(({ contradicting }) => contradicting),
      events: parts.reduce((sum, { events }) => sum + events, 0),
    };
    if (!isDryRun && outcome.applied.length > 0) {
      deps.metrics.eventsLeftOut.inc(outcome.applied.length);
      desk.note("events-made-up-for", { from, to, events: outcome.applied.length });
    }
    return outcome;
  }

  let underWay: Promise<void> = Promise.resolve();

  /** Again where a session moved meanwhile. */
  async function retried<Result>(act: () => Promise<Result>): Promise<Result> {
    for (let failures = 1; ; failures += 1) {
      try {
        return await act();
      } catch (error) {
        const isTransient = error instanceof WattproofError && error.code === "STORE_CONTENDED";
        if (!isTransient || failures >= attemptLimit) throw error;
      }
    }
  }

  async function followAll(signal: AbortSignal): Promise<void> {
    let isMore = true;
    while (isMore && !signal.aborted) isMore = await retried(followRange);
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
    rescan: (range, signal) => inTurn(() => rescanAll(range, signal)),
    missingSinceMs: () => missing?.sinceMs ?? null,
  };
}

function isMissing(error: unknown): error is WattproofError {
  return error instanceof WattproofError && error.code === "CHAIN_EVENTS_MISSING";
}

function changedMeanwhile(): WattproofError {
  return new WattproofError("CHAIN_UNAVAILABLE", "The chain changed meanwhile.");
}

function rangeInvalid(detail: string): WattproofError {
  return new WattproofError("RESCAN_RANGE_INVALID", detail);
}

function aboveCursor(cursor: BlockMark | null): WattproofError {
  return rangeInvalid(
    cursor === null
      ? "The service has not read any block yet."
      : `The service has read up to block ${cursor.number}; what comes after it is read by itself.`,
  );
}
