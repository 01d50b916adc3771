import { z } from "zod";

import { isEmptyBloom, mayHoldLogsOf, readBloom } from "../domain/logs-bloom.ts";
import { WattproofError } from "../errors.ts";
import { createReceiptsReader, logSchema, type BlockContent } from "./block-receipts.ts";
import { mapBounded } from "./bounded-map.ts";
import type { ChainLog } from "./events.ts";
import type { Rpc } from "./rpc.ts";

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const quantity = hex.transform(Number);
const headerSchema = z
  .object({
    number: quantity,
    hash: hex,
    parentHash: hex,
    logsBloom: z.string().nullish(),
    transactions: z.array(z.union([hex, z.object({ hash: hex }).transform(({ hash }) => hash)])).nullish(),
  })
  .transform(({ logsBloom, transactions, ...header }) => ({
    ...header,
    logsBloom: logsBloom === null || logsBloom === undefined ? null : readBloom(logsBloom),
    txHashes: transactions ?? null,
  }));

/** A block that the endpoint's answer to the query for events did not tell rightly. */
export interface Omission {
  readonly blockNumber: number;
  /** Logs that the block has and the answer had not. */
  readonly leftOut: number;
}

/** All logs of our contracts in a range of blocks, in order. */
export interface CompleteLogs {
  readonly logs: readonly ChainLog[];
  /** Where the endpoint's answer was not whole; the logs are. */
  readonly omissions: readonly Omission[];
}

/** What local nodes give for blocks that they mined many at once of. */
const untoldHash = `0x${"00".repeat(32)}`;
/** Headers that are asked for at once. */
const headersAtOnce = 16;
/** Blocks whose receipts are asked for at once. */
const blocksAtOnce = 4;

/**
 * Reads the logs of these addresses, and knows that they are all. The header of each block says by its bloom filter
 * whether the block may have some; if so its receipts say which (docs/decisions/0024-events-are-complete.md).
 */
export function createCompleteLogs(
  rpc: Rpc,
  addresses: readonly string[],
): {
  /**
   * The logs of the blocks from `from` to `to`; `null` if the chain changed while they were read.
   * @param parentHash Of the block before `from`; `null` where it is not known.
   * @throws CHAIN_EVENTS_MISSING if the endpoint does not give all, CHAIN_UNAVAILABLE
   */
  readLogs(
    from: number,
    to: { readonly number: number; readonly hash: string },
    parentHash: string | null,
  ): Promise<CompleteLogs | null>;
} {
  const ours = new Set(addresses.map((address) => address.toLowerCase()));

  async function readHeader(number: number): Promise<z.output<typeof headerSchema>> {
    const header = await rpc.request("eth_getBlockByNumber", [toQuantity(number), false], headerSchema.nullable());
    if (header === null) throw new WattproofError("CHAIN_UNAVAILABLE", `The endpoint has no block ${number} any more.`);
    return header;
  }

  /** The blocks whose receipts have to be read; `null` if they are not those of one chain that ends with `to`. */
  async function findCandidates(
    from: number,
    to: { readonly number: number; readonly hash: string },
    parentHash: string | null,
    told: ReadonlySet<number>,
  ): Promise<readonly BlockContent[] | null> {
    const candidates: BlockContent[] = [];
    let previousHash = parentHash;
    for (let start = from; start <= to.number; start += headersAtOnce) {
      const length = Math.min(headersAtOnce, to.number - start + 1);
      const numbers = Array.from({ length }, (_, index) => start + index);
      for (const header of await mapBounded(numbers, headersAtOnce, readHeader)) {
        const isLinked = header.parentHash === previousHash || header.parentHash === untoldHash;
        if (previousHash !== null && !isLinked) return null;
        previousHash = header.hash;
        if (told.has(header.number) || mayHaveLogs(header, addresses)) candidates.push(header);
      }
    }
    return previousHash === to.hash ? candidates : null;
  }

  async function readBlockLogs(
    receipts: ReturnType<typeof createReceiptsReader>,
    block: BlockContent,
  ): Promise<readonly ChainLog[]> {
    const reading = await receipts.readLogs(block);
    if (reading.kind === "not-whole") throw missing(block, reading.detail);
    return reading.logs.filter(({ address }) => ours.has(address.toLowerCase()));
  }

  return {
    async readLogs(from, to, parentHash) {
      const filter = { address: addresses, fromBlock: toQuantity(from), toBlock: toQuantity(to.number) };
      const answered = await rpc.request("eth_getLogs", [filter], z.array(logSchema));
      const told = new Map<number, ChainLog[]>();
      for (const log of answered) told.set(log.blockNumber, [...(told.get(log.blockNumber) ?? []), log]);
      const candidates = await findCandidates(from, to, parentHash, new Set(told.keys()));
      if (candidates === null) return null;

      const receipts = createReceiptsReader(rpc, addresses);
      const blocks = await mapBounded(candidates, blocksAtOnce, async (block) => {
        const actual = await readBlockLogs(receipts, block);
        const toldHere = (told.get(block.number) ?? []).filter(({ blockHash }) => blockHash === block.hash);
        if (toldHere.some((log) => !actual.some((known) => isSame(known, log)))) {
          throw missing(block, "its events are not those of its receipts");
        }
        const leftOut = actual.filter((log) => !toldHere.some((known) => isSame(known, log))).length;
        return { actual, omission: { blockNumber: block.number, leftOut } };
      });
      const logs = blocks.flatMap(({ actual }) => actual);
      const omissions = blocks.map(({ omission }) => omission).filter(({ leftOut }) => leftOut > 0);
      return { logs, omissions };
    },
  };
}

/**
 * An empty bloom filter over transactions may be the truth, or a chain that fills none: only its receipts tell. A block
 * without transactions has no logs.
 */
function mayHaveLogs({ logsBloom, txHashes }: BlockContent, addresses: readonly string[]): boolean {
  if (logsBloom === null || isEmptyBloom(logsBloom)) return txHashes === null || txHashes.length > 0;
  return mayHoldLogsOf(logsBloom, addresses);
}

function missing({ number }: BlockContent, detail: string): WattproofError {
  return new WattproofError(
    "CHAIN_EVENTS_MISSING",
    `The endpoint does not tell all events of block ${number}: ${detail}.`,
  );
}

function isSame(left: ChainLog, right: ChainLog): boolean {
  return left.txHash === right.txHash && left.logIndex === right.logIndex && left.data === right.data;
}

function toQuantity(value: number): string {
  return `0x${value.toString(16)}`;
}
