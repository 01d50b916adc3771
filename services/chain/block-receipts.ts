import { z } from "zod";

import { bloomOf, isWithin, mayHoldLogsOf, readBloom } from "../domain/logs-bloom.ts";
import { mapBounded } from "./bounded-map.ts";
import type { ChainLog } from "./events.ts";
import type { Rpc } from "./rpc.ts";
import { RpcRefusal } from "./rpc.ts";

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const quantity = hex.transform(Number);

/** A log as endpoints give it. */
export const logSchema = z
  .object({
    address: hex,
    topics: z.array(hex),
    data: hex,
    transactionHash: hex,
    blockNumber: quantity,
    blockHash: hex,
    logIndex: quantity,
  })
  .transform(({ transactionHash, ...log }): ChainLog => ({ ...log, txHash: transactionHash }));

const receiptSchema = z.object({
  transactionHash: hex,
  blockHash: hex,
  logsBloom: z
    .string()
    .transform(readBloom)
    .nullish()
    .transform((bloom) => bloom ?? null),
  logs: z.array(logSchema),
});
type Receipt = z.output<typeof receiptSchema>;

/** What of a block's header says which receipts and logs it has. */
export interface BlockContent {
  readonly number: number;
  readonly hash: string;
  /** Hashes of the transactions in their order; `null` where the endpoint does not say. */
  readonly txHashes: readonly string[] | null;
  /** `null` where the chain has none. */
  readonly logsBloom: Uint8Array | null;
}

export type ReceiptsReading =
  | { readonly kind: "whole"; readonly logs: readonly ChainLog[] }
  /** The endpoint left something out, or belongs to another block; `detail` says what. */
  | { readonly kind: "not-whole"; readonly detail: string };

const receiptsAtOnce = 8;

/**
 * Reads all logs of blocks from their receipts, and tells whether those are all. Endpoints that do not know
 * `eth_getBlockReceipts` are asked for each transaction.
 * @param addresses Whose logs have to be complete.
 */
export function createReceiptsReader(
  rpc: Rpc,
  addresses: readonly string[],
): { readLogs(block: BlockContent): Promise<ReceiptsReading> } {
  let hasBlockReceipts = true;

  async function readTogether(block: BlockContent): Promise<readonly Receipt[] | null> {
    if (!hasBlockReceipts) return null;
    try {
      const schema = z.array(receiptSchema).nullable();
      return await rpc.request("eth_getBlockReceipts", [`0x${block.number.toString(16)}`], schema);
    } catch (error) {
      // Endpoints that do not have the method say so in many ways, some with no answer that can be read. One that is out
      // of reach fails at the question for each transaction, too, and that error is not caught.
      if (error instanceof RpcRefusal) hasBlockReceipts = false;
      return null;
    }
  }

  async function readOneByOne({ txHashes }: BlockContent): Promise<readonly Receipt[] | null> {
    if (txHashes === null) return null;
    const receipts = await mapBounded(txHashes, receiptsAtOnce, (txHash) =>
      rpc.request("eth_getTransactionReceipt", [txHash], receiptSchema.nullable()),
    );
    const found = receipts.filter((receipt) => receipt !== null);
    return found.length === receipts.length ? found : null;
  }

  return {
    async readLogs(block) {
      const together = await readTogether(block);
      const fault = together === null ? null : findFault(block, together, addresses);
      if (together !== null && fault === null) return { kind: "whole", logs: together.flatMap(({ logs }) => logs) };
      const single = await readOneByOne(block);
      if (single === null) return { kind: "not-whole", detail: fault ?? "it has no receipts for all transactions" };
      const singleFault = findFault(block, single, addresses);
      if (singleFault !== null) return { kind: "not-whole", detail: singleFault };
      return { kind: "whole", logs: single.flatMap(({ logs }) => logs) };
    },
  };
}

/** Why these are not all receipts of the block with all their logs; `null` if they are. */
function findFault(block: BlockContent, receipts: readonly Receipt[], addresses: readonly string[]): string | null {
  const { hash, txHashes } = block;
  const isOfBlock = receipts.every(
    ({ blockHash, logs }) => blockHash === hash && logs.every((log) => log.blockHash === hash),
  );
  if (!isOfBlock) return "its receipts are of another block";
  const isEveryOne =
    txHashes === null ||
    (txHashes.length === receipts.length &&
      receipts.every(({ transactionHash }, index) => transactionHash === txHashes[index]));
  if (!isEveryOne) return "its receipts are not those of its transactions";
  // Logs are numbered through the block, so that each of them but the last is missed by its number.
  const isNumbered = receipts.flatMap(({ logs }) => logs).every(({ logIndex }, index) => logIndex === index);
  if (!isNumbered) return "the logs of its receipts are not numbered 0, 1, 2 and so on";
  const isBloomed = receipts.every(
    ({ logsBloom, logs }) =>
      logsBloom === null || !mayHoldLogsOf(logsBloom, addresses) || isWithin(logsBloom, bloomOf(logs)),
  );
  return isBloomed ? null : "a receipt lacks logs that its bloom filter has";
}
