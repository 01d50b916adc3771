import { z } from "zod";

import { ChainUnreachableError, type ChainAccess } from "./chain-access.ts";
import type { EventLog, LogReader } from "./chain-reader.ts";

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/u);
const logsSchema = z.array(
  z
    .object({
      topics: z.array(hex),
      data: hex,
      transactionHash: hex,
      blockNumber: hex.transform(Number),
      logIndex: hex.transform(Number),
    })
    .transform(({ transactionHash, ...log }): EventLog => ({ ...log, txHash: transactionHash })),
);
/** Public endpoints take between 500 and 50,000 blocks in one query; a refused range is halved down to this. */
const leastRange = 500;
const queryLimit = 2_000;

/** Reads events in as few queries as the endpoint allows. */
export function createLogReader(chain: ChainAccess, firstBlock: number): LogReader {
  return async (contract, topics, block) => {
    const head = block ?? hex.transform(Number).parse(await chain.request("eth_blockNumber", []));
    const logs: EventLog[] = [];
    let from = block ?? firstBlock;
    let range = head - from + 1;
    for (let queries = 0; from <= head; queries += 1) {
      if (queries > queryLimit) throw new ChainUnreachableError("The endpoint gives too few events at once.");
      const to = Math.min(head, from + range - 1);
      try {
        const filter = { address: contract, topics, fromBlock: quantity(from), toBlock: quantity(to) };
        logs.push(...logsSchema.parse(await chain.request("eth_getLogs", [filter])));
        from = to + 1;
      } catch (error) {
        if (error instanceof ChainUnreachableError || range <= leastRange) throw error;
        range = Math.max(leastRange, Math.floor(range / 2));
      }
    }
    return logs.sort((left, right) => left.blockNumber - right.blockNumber || left.logIndex - right.logIndex);
  };
}

function quantity(value: number): string {
  return `0x${value.toString(16)}`;
}
