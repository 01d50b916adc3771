import { z } from "zod";

import type { Rpc } from "./rpc.ts";

const bytes = z.string().regex(/^0x[0-9a-fA-F]*$/u);

/** One event as an endpoint gives it. */
export const eventLogView = z.object({
  address: z.string(),
  topics: z.array(bytes),
  data: bytes,
  blockNumber: bytes.transform(Number),
  logIndex: bytes.transform(Number),
  transactionHash: bytes,
});
export type EventLog = z.output<typeof eventLogView>;

/** Topics in their places; `null` is any. */
export type EventTopics = readonly (string | null | readonly string[])[];

const blocksAtOnce = 10_000;
/** Of the questions that were asked last, the answers of so many are remembered. */
const rememberedQuestions = 128;

/**
 * Events of a contract in the order of the chain, as far as the endpoint's word goes.
 * @param lastBlock By default the newest. @throws CHAIN_UNAVAILABLE
 */
export async function readEventLogs(
  rpc: Rpc,
  { address, topics }: { readonly address: string; readonly topics: EventTopics },
  firstBlock: number,
  lastBlock?: number,
): Promise<readonly EventLog[]> {
  const head = lastBlock ?? (await readHeadNumber(rpc));
  const logs: EventLog[] = [];
  for (let from = firstBlock; from <= head; from += blocksAtOnce) {
    const [fromBlock, toBlock] = [from, Math.min(from + blocksAtOnce - 1, head)].map(
      (block) => `0x${block.toString(16)}`,
    );
    const filter = { address, topics, fromBlock, toBlock };
    logs.push(...(await rpc.request("eth_getLogs", [filter], z.array(eventLogView))));
  }
  return logs.toSorted((left, right) => left.blockNumber - right.blockNumber || left.logIndex - right.logIndex);
}

/**
 * Reads events again and again, those that no reorganisation takes back once.
 * @param deps.confirmations So many blocks, an event's own among them, make it final.
 */
export function createFollowedLogs(deps: {
  readonly rpc: Rpc;
  readonly firstBlock: number;
  readonly confirmations: number;
}): (address: string, topics: EventTopics) => Promise<readonly EventLog[]> {
  const { rpc, firstBlock, confirmations } = deps;
  const known = new Map<string, { readonly logs: readonly EventLog[]; readonly nextBlock: number }>();

  return async (address, topics) => {
    const question = JSON.stringify([address, topics]);
    const before = known.get(question) ?? { logs: [], nextBlock: firstBlock };
    const head = await readHeadNumber(rpc);
    const logs = [...before.logs, ...(await readEventLogs(rpc, { address, topics }, before.nextBlock, head))];
    const nextBlock = Math.max(before.nextBlock, head - confirmations + 2);
    known.delete(question);
    known.set(question, { logs: logs.filter(({ blockNumber }) => blockNumber < nextBlock), nextBlock });
    const [oldest] = known.keys();
    if (known.size > rememberedQuestions && oldest !== undefined) known.delete(oldest);
    return logs;
  };
}

function readHeadNumber(rpc: Rpc): Promise<number> {
  return rpc.request("eth_blockNumber", [], bytes.transform(Number));
}
