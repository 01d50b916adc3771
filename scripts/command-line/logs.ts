import type { Filter, Log, Provider } from "ethers";

import type { ChainAccess } from "./chain-access.ts";
import type { Run } from "./verb.ts";

/** What endpoints usually answer at once; they refuse more, and then it is asked for in halves. */
const blocksAtOnce = 10_000;

/**
 * The logs of a deployment's contracts, from its first block to the newest or the given one, in the order of the chain.
 * @throws what the endpoint says of a single block
 */
export async function readLogs(
  run: Pick<Run, "startProgress">,
  { provider, deployment }: Pick<ChainAccess, "provider" | "deployment">,
  filter: Pick<Filter, "address" | "topics">,
  range: { readonly fromBlock?: number; readonly toBlock?: number } = {},
): Promise<readonly Log[]> {
  const from = range.fromBlock ?? deployment.blockNumber;
  const to = range.toBlock ?? (await provider.getBlockNumber());
  const progress = run.startProgress("reading blocks", Math.max(0, to - from + 1));
  const logs: Log[] = [];
  try {
    for (let start = from; start <= to; start += blocksAtOnce) {
      const end = Math.min(to, start + blocksAtOnce - 1);
      logs.push(...(await readRange(provider, filter, start, end)));
      progress.advance(end - start + 1);
    }
  } finally {
    progress.stop();
  }
  return logs.sort((left, right) => left.blockNumber - right.blockNumber || left.index - right.index);
}

async function readRange(
  provider: Provider,
  filter: Pick<Filter, "address" | "topics">,
  fromBlock: number,
  toBlock: number,
): Promise<readonly Log[]> {
  try {
    return await provider.getLogs({ ...filter, fromBlock, toBlock });
  } catch (error) {
    // Endpoints limit blocks or logs of an answer, each in its own words. One block is never too much.
    if (fromBlock === toBlock) throw error;
    const middle = Math.floor((fromBlock + toBlock) / 2);
    const earlier = await readRange(provider, filter, fromBlock, middle);
    return [...earlier, ...(await readRange(provider, filter, middle + 1, toBlock))];
  }
}
