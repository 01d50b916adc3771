import type { Chain, ChainBlock, ChainReading } from "../chain/chain.ts";
import { WattproofError } from "../errors.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Store } from "../store/store.ts";

/** Reads the next blocks: many at once while the endpoint tells all of their events, ever fewer while it does not. */
export interface BlockReader {
  /** @throws what the reading throws, CHAIN_UNAVAILABLE if the chain changed meanwhile; the next one reads fewer blocks */
  readNext(
    from: number,
    target: number,
    parentHash: string | null,
  ): Promise<{ readonly to: ChainBlock; readonly reading: ChainReading }>;
  /** The events are kept. */
  noteRead(reading: ChainReading): Promise<void>;
  /** For how long the endpoint has not told all events of the next blocks; `null` while it does. */
  missingForMs(): number | null;
}

/** An endpoint that always leaves out events is told so often; the metric counts all of them. */
const omissionRepeatMs = 600_000;
/** An alert names no more blocks than somebody reads. */
const shownBlocks = 8;

export function createBlockReader(deps: {
  readonly store: Pick<Store, "noteAlert">;
  readonly chain: Pick<Chain, "readBlock" | "readEvents">;
  readonly desk: Pick<OperatorDesk, "alert">;
  readonly metrics: Pick<Metrics, "eventsLeftOut" | "eventsMissingSeconds">;
  readonly now: () => number;
  /** Milliseconds since whenever, by a clock that never steps. */
  readonly elapsedMs: () => number;
  readonly blockRange: number;
  /** After how long what is still missing is told again. */
  readonly repeatMs: number;
}): BlockReader {
  const { store, chain, desk, metrics, now, elapsedMs, blockRange } = deps;
  /** Blocks of one reading: fewer after one that failed, so that it ends just before the block that cannot be read. */
  let span = blockRange;
  /** `sinceMs` names what is missing; how long it is, the clock that never steps says. */
  let missing: { readonly sinceMs: number; readonly sinceElapsedMs: number; readonly from: number } | null = null;

  async function noteOmissions(reading: ChainReading): Promise<void> {
    const events = reading.omissions.reduce((sum, { leftOut }) => sum + leftOut, 0);
    if (events === 0) return;
    metrics.eventsLeftOut.inc(events);
    if (!(await store.noteAlert("chain-events-missing", "left-out", now(), omissionRepeatMs))) return;
    desk.alert("chain-events-missing", {
      events,
      blocks: reading.omissions.slice(0, shownBlocks).map(({ blockNumber }) => blockNumber),
      isMadeUpFor: true,
    });
  }

  async function noteMissing(from: number, error: WattproofError): Promise<void> {
    missing ??= { sinceMs: now(), sinceElapsedMs: elapsedMs(), from };
    const ageSeconds = (elapsedMs() - missing.sinceElapsedMs) / 1_000;
    metrics.eventsMissingSeconds.set(ageSeconds);
    const { sinceMs } = missing;
    const isDue = await store.noteAlert("chain-events-missing", `${missing.from}:${sinceMs}`, now(), deps.repeatMs);
    if (isDue) desk.alert("chain-events-missing", { fromBlock: from, ageSeconds, detail: error.detail });
  }

  return {
    async readNext(from, target, parentHash) {
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
    },
    async noteRead(reading) {
      await noteOmissions(reading);
      span = Math.min(blockRange, span * 2);
      missing = null;
      metrics.eventsMissingSeconds.set(0);
    },
    missingForMs: () => (missing === null ? null : elapsedMs() - missing.sinceElapsedMs),
  };
}

export function changedMeanwhile(): WattproofError {
  return new WattproofError("CHAIN_UNAVAILABLE", "The chain changed meanwhile.");
}

function isMissing(error: unknown): error is WattproofError {
  return error instanceof WattproofError && error.code === "CHAIN_EVENTS_MISSING";
}
