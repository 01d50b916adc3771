import type { ChainEvent } from "../../../services/chain/events.ts";
import { WattproofError } from "../../../services/errors.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";
import type { LogRun } from "../../command-line/logs.ts";
import { foldEvents, readSessionEvents, type ChainSession } from "./session-book.ts";

/** Seconds since 1970: from the first on, before the second. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** Blocks that are read at once before the span, for what was opened earlier; each further step reads twice as many. */
const firstStepBlocks = 1_000;

/**
 * The sessions whose money moved in a span of time, in the order of their opening, as they were at its end. Blocks after
 * the span are not read. Those before it are read back to the opening of the oldest of these sessions, and no further.
 *
 * @throws what reading the chain throws
 */
export async function readSessionsOfSpan(
  run: LogRun,
  chain: ChainAccess,
  { from, to }: TimeSpan,
): Promise<readonly ChainSession[]> {
  const first = chain.deployment.blockNumber;
  const newest = await chain.provider.getBlockNumber();
  const start = await firstBlockAt(chain, from, first, newest);
  const end = await firstBlockAt(chain, to, start, newest);
  let events: readonly ChainEvent[] =
    end > start ? await readSessionEvents(run, chain, { fromBlock: start, toBlock: end - 1 }) : [];
  const unopened = new Set(events.filter(movesMoney).map(({ sessionId }) => sessionId));
  const wanted = new Set(unopened);
  const forgetOpened = (page: readonly ChainEvent[]): void => {
    for (const event of page) if (event.kind === "session-opened") unopened.delete(event.sessionId);
  };
  forgetOpened(events);
  let before = start;
  for (let step = firstStepBlocks; unopened.size > 0 && before > first; step *= 2) {
    const fromBlock = Math.max(first, before - step);
    const earlier = await readSessionEvents(run, chain, { fromBlock, toBlock: before - 1 });
    forgetOpened(earlier);
    events = [...earlier, ...events];
    before = fromBlock;
  }
  return [...foldEvents(new Map(), events).values()].filter(({ sessionId }) => wanted.has(sessionId));
}

type SessionEvent = Extract<ChainEvent, { readonly sessionId: string }>;

function movesMoney(event: ChainEvent): event is SessionEvent {
  switch (event.kind) {
    case "session-settled":
    case "session-agreed":
    case "claim-challenged":
    case "session-refunded":
      return true;
    default:
      return false;
  }
}

/**
 * The first block whose time is the given one or later; the one after the newest if there is none. The times of blocks
 * never go back, so that it is found in as many steps as the number of blocks has bits.
 *
 * @throws CHAIN_UNAVAILABLE
 */
async function firstBlockAt(
  { provider }: ChainAccess,
  seconds: number,
  first: number,
  newest: number,
): Promise<number> {
  let [low, high] = [first, newest + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const block = await provider.getBlock(middle);
    if (block === null) throw new WattproofError("CHAIN_UNAVAILABLE", `The endpoint has no block ${middle}.`);
    if (block.timestamp >= seconds) high = middle;
    else low = middle + 1;
  }
  return low;
}
