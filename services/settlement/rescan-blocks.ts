import type { Chain } from "../chain/chain.ts";
import { WattproofError } from "../errors.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { BlockMark, Store } from "../store/store.ts";
import type { ChainJournal } from "./chain-journal.ts";
import type { SessionChainEvent } from "./late-events.ts";
import { isOnChain } from "./on-chain.ts";
import { changedMeanwhile } from "./read-blocks.ts";
import { retryContended } from "./retry-contended.ts";

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
const rescanLimit = 1_000;

/** Reads blocks again that were read before, and makes up for what an endpoint left out then. */
export interface Rescanner {
  /** @throws RESCAN_RANGE_INVALID, CHAIN_EVENTS_MISSING, CHAIN_UNAVAILABLE, STORE_CONTENDED */
  rescan(range: RescanRange, signal: AbortSignal): Promise<RescanOutcome>;
}

export function createRescanner(deps: {
  readonly store: Pick<Store, "readCursor">;
  readonly chain: Pick<Chain, "readBlock" | "readHead" | "readEvents">;
  readonly desk: Pick<OperatorDesk, "note">;
  readonly metrics: Pick<Metrics, "eventsLeftOut">;
  readonly journal: Pick<ChainJournal, "recordLate">;
  readonly firstBlock: number;
  readonly blockRange: number;
}): Rescanner {
  const { store, chain, desk, metrics, journal, firstBlock, blockRange } = deps;

  async function rescanPart(from: number, last: number, isDryRun: boolean): Promise<RescanOutcome> {
    const cursor = await store.readCursor();
    if (cursor === null || last > cursor.number) throw aboveCursor(cursor);
    if (!(await isOnChain(chain, cursor))) throw changedMeanwhile();
    const head = await chain.readHead();
    const to = await chain.readBlock(last);
    const reading = to === null ? null : await chain.readEvents(from, to, null);
    if (reading === null) throw changedMeanwhile();
    const outcome = await journal.recordLate(reading.events, head, cursor, isDryRun);
    return { ...outcome, events: reading.events.filter((event) => "sessionId" in event).length };
  }

  return {
    async rescan({ from, to, isDryRun }, signal) {
      requireRange(from, to, firstBlock);
      const parts: RescanOutcome[] = [];
      for (let start = from; start <= to && !signal.aborted; start += blockRange) {
        const last = Math.min(to, start + blockRange - 1);
        parts.push(await retryContended(() => rescanPart(start, last, isDryRun)));
      }
      const outcome = sumOf(parts);
      if (!isDryRun && outcome.applied.length > 0) {
        metrics.eventsLeftOut.inc(outcome.applied.length);
        desk.note("events-made-up-for", { from, to, events: outcome.applied.length });
      }
      return outcome;
    },
  };
}

/** @throws RESCAN_RANGE_INVALID */
function requireRange(from: number, to: number, firstBlock: number): void {
  if (from > to) throw rangeInvalid(`Block ${from} comes after block ${to}.`);
  if (from < firstBlock) throw rangeInvalid(`Nothing was deployed before block ${firstBlock}.`);
  if (to - from + 1 > rescanLimit) throw rangeInvalid(`At most ${rescanLimit} blocks are read again at once.`);
}

function sumOf(parts: readonly RescanOutcome[]): RescanOutcome {
  return {
    applied: parts.flatMap(({ applied }) => applied),
    contradicting: parts.flatMap(({ contradicting }) => contradicting),
    events: parts.reduce((sum, { events }) => sum + events, 0),
  };
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
