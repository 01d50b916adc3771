import { createCompleteLogs, type CompleteLogs } from "../../services/chain/complete-logs.ts";
import type { ChainLog } from "../../services/chain/events.ts";
import { WattproofError } from "../../services/errors.ts";
import type { ChainAccess } from "./chain-access.ts";
import { rpcOf } from "./rpc.ts";
import type { OptionSpec, Run } from "./verb.ts";

/** As many as the service reads at once while it catches up; where an endpoint refuses, it is asked for half of them. */
const blocksAtOnce = 1_000;
/** What endpoints usually answer at once to a question for events alone. */
const trustedBlocksAtOnce = 10_000;
/** A chain that changes more often while a page of it is read is not read to an end. */
const attempts = 5;

export const trustOption: OptionSpec = {
  flags: "--trust-endpoint",
  description:
    "believe what eth_getLogs answers, without reading each block: much faster, and an endpoint may leave out",
};

/** Which logs: of these contracts, with these topics in their places; `null` is any. */
export interface LogFilter {
  readonly address: string | readonly string[];
  readonly topics?: readonly (string | readonly string[] | null)[];
}

/** What the reader of logs needs of a run. */
export type LogRun = Pick<Run, "startProgress" | "output" | "trustsEndpoint" | "signal">;

/**
 * The logs of a deployment's contracts, from its first block to the newest or the given one, in the order of the chain,
 * by the service's rule that events are known to be all (docs/decisions/0024-events-are-complete.md). With
 * `--trust-endpoint` they are what the endpoint says, and a remark says so.
 *
 * @throws CHAIN_EVENTS_MISSING if the endpoint does not give all, CHAIN_UNAVAILABLE, INTERRUPTED as soon as the run is
 */
export async function readLogs(
  run: LogRun,
  { provider, deployment }: Pick<ChainAccess, "provider" | "deployment">,
  { address, topics = [] }: LogFilter,
  range: { readonly fromBlock?: number; readonly toBlock?: number } = {},
): Promise<readonly ChainLog[]> {
  const from = range.fromBlock ?? deployment.blockNumber;
  const to = range.toBlock ?? (await provider.getBlockNumber());
  const addresses = typeof address === "string" ? [address] : address;
  const readPage = run.trustsEndpoint ? trusting(provider, addresses) : checking(provider, addresses, run);
  if (run.trustsEndpoint) run.output.remark("The endpoint's word is taken: events that it leaves out are not seen.");
  const atOnce = run.trustsEndpoint ? trustedBlocksAtOnce : blocksAtOnce;
  const progress = run.startProgress("reading blocks", Math.max(0, to - from + 1));
  const interruption = interruptionOf(run.signal);
  const logs: ChainLog[] = [];
  try {
    for (let start = from; start <= to; start += atOnce) {
      const end = Math.min(to, start + atOnce - 1);
      const page = inHalves(readPage, start, end, run.signal, (blocks) => {
        progress.advance(blocks);
      });
      logs.push(...(await Promise.race([page, interruption.promise])));
    }
  } finally {
    interruption.forget();
    progress.stop();
  }
  return logs.filter((log) => hasTopics(log, topics));
}

type ReadPage = (from: number, to: number) => Promise<readonly ChainLog[]>;

/** Endpoints limit blocks or logs of an answer, each in its own words. One block is never too much. */
async function inHalves(
  readPage: ReadPage,
  from: number,
  to: number,
  signal: AbortSignal,
  onRead: (blocks: number) => void,
): Promise<readonly ChainLog[]> {
  let page: readonly ChainLog[];
  try {
    page = await readPage(from, to);
  } catch (error) {
    if (from === to || signal.aborted) throw error;
    const middle = Math.floor((from + to) / 2);
    const earlier = await inHalves(readPage, from, middle, signal, onRead);
    return [...earlier, ...(await inHalves(readPage, middle + 1, to, signal, onRead))];
  }
  onRead(to - from + 1);

  return page;
}

/** A promise that rejects once the run is interrupted, so that nobody waits for an answer that is still to come. */
function interruptionOf(signal: AbortSignal): { readonly promise: Promise<never>; forget(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  const interrupt = (): void => {
    reject(new WattproofError("INTERRUPTED", "The history was not read to its end."));
  };
  // Nobody may be waiting for it; that is no unhandled error.
  promise.catch(() => undefined);
  if (signal.aborted) interrupt();
  signal.addEventListener("abort", interrupt, { once: true });
  return {
    promise,
    forget() {
      signal.removeEventListener("abort", interrupt);
    },
  };
}

function checking(
  provider: ChainAccess["provider"],
  addresses: readonly string[],
  { output }: Pick<Run, "output">,
): ReadPage {
  const reader = createCompleteLogs(rpcOf(provider), addresses);
  const hashOf = async (number: number): Promise<string> => {
    const hash = (await provider.getBlock(number))?.hash ?? null;
    if (hash === null) throw new WattproofError("CHAIN_UNAVAILABLE", `The endpoint has no block ${number}.`);
    return hash;
  };
  /** The last block that was read, so that each page is known to go on from the one before. */
  let last: { readonly number: number; readonly hash: string } | null = null;

  return async (from, to) => {
    const parentHash: string | null = last?.number === from - 1 ? last.hash : null;
    const reading = await untilSettled(async () => {
      const hash = await hashOf(to);
      const read = await reader.readLogs(from, { number: to, hash }, parentHash);
      return read === null ? null : { ...read, hash };
    });
    last = { number: to, hash: reading.hash };
    for (const { blockNumber, leftOut } of reading.omissions) {
      output.remark(`The endpoint left ${leftOut} events of block ${blockNumber} out; its receipts have them.`);
    }
    return reading.logs;
  };
}

/** @throws CHAIN_UNAVAILABLE if the chain changes each time */
async function untilSettled<Reading extends CompleteLogs>(read: () => Promise<Reading | null>): Promise<Reading> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const reading = await read();
    if (reading !== null) return reading;
  }
  throw new WattproofError("CHAIN_UNAVAILABLE", "The chain changed while it was read. Run the command again.");
}

function trusting(provider: ChainAccess["provider"], addresses: readonly string[]): ReadPage {
  return async (fromBlock, toBlock) => {
    const logs = await provider.getLogs({ address: [...addresses], fromBlock, toBlock });
    return logs
      .toSorted((left, right) => left.blockNumber - right.blockNumber || left.index - right.index)
      .map(({ address, topics, data, transactionHash: txHash, blockNumber, blockHash, index: logIndex }) => {
        return { address, topics, data, txHash, blockNumber, blockHash, logIndex };
      });
  };
}

function hasTopics({ topics }: ChainLog, wanted: NonNullable<LogFilter["topics"]>): boolean {
  return wanted.every((topic, index) => {
    if (topic === null) return true;
    const allowed = typeof topic === "string" ? [topic] : topic;
    return allowed.some((one) => one.toLowerCase() === topics[index]?.toLowerCase());
  });
}
