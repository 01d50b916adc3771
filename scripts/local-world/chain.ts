import type { EthereumProvider } from "hardhat/types/providers";
import hre from "hardhat";
import { z } from "zod";

import { WattproofError } from "../../services/errors.ts";
import { localChainId } from "./chain-id.ts";
import type { ChainClock } from "./clock.ts";
import { openJournal, type Journal, type JournalEntry } from "./journal.ts";

/** A chain inside this process. It is alone, so a block is final at once. */
export interface LocalChain {
  readonly chainId: number;
  /** How many entries were read back from the journal. */
  readonly restoredEntries: number;
  /** Answers a JSON-RPC request. A raw transaction is mined in a block of its own before the answer. */
  request(method: string, parameters: readonly unknown[]): Promise<unknown>;
  /** Sets the balance of an account, for gas. */
  fund(address: string, balanceWei: bigint): Promise<void>;
  /** Mines an empty block at the time of the clock. */
  mine(): Promise<void>;
  close(): Promise<void>;
}

const head = z.object({ hash: z.string(), timestamp: z.string().transform(Number) });

/**
 * Starts a chain, or restores the one that the journal describes.
 *
 * The simulated network keeps nothing on disk. What makes the chain last is the journal of everything that changed it:
 * each entry is on the disk before it is executed, with the time of its block, and names the block it was made on. On
 * a restart the entries are executed again; they give the same blocks with the same hashes, and where one does not (say
 * because another version of the network computes something else) the start is refused instead of going on with a chain
 * that is not the one that receipts name.
 *
 * @throws WattproofError JOURNAL_INVALID, LOCAL_CHAIN_DIVERGED
 */
export async function createLocalChain(options: {
  readonly clock: ChainClock;
  readonly genesisSeconds: number;
  /** Where the journal is kept; without it the chain ends with the process. */
  readonly journalPath?: string;
}): Promise<LocalChain> {
  const { clock, journalPath } = options;
  const fresh = {
    kind: "wattproof-local-chain" as const,
    version: 1 as const,
    chainId: localChainId,
    genesisSeconds: options.genesisSeconds,
  };
  const journal = journalPath === undefined ? undefined : openJournal(journalPath, fresh);
  const connection = await hre.network.create({
    override: {
      chainId: localChainId,
      accounts: [],
      initialDate: new Date((journal?.header ?? fresh).genesisSeconds * 1000),
      allowBlocksWithSameTimestamp: true,
      // A node answers with the transaction's hash; that it failed is what its receipt says.
      throwOnTransactionFailures: false,
    },
  });
  const { provider } = connection;

  await restore(provider, journal);
  let queue: Promise<unknown> = Promise.resolve();

  /** One change after the other, so that the order of the journal is the order of execution. */
  function change(entryOn: (parentHash: string, timestampSeconds: number) => JournalEntry): Promise<unknown> {
    const result = queue.then(async () => {
      const { hash, timestamp } = await headOf(provider);
      const entry = entryOn(hash, Math.max(clock.nowSeconds(), timestamp));
      journal?.append(entry);

      return execute(provider, entry);
    });
    queue = result.catch(() => undefined);

    return result;
  }

  return {
    chainId: localChainId,
    restoredEntries: journal?.entries.length ?? 0,
    request(method, parameters) {
      if (method !== "eth_sendRawTransaction") {
        return provider.request({ method, params: [...parameters] });
      }
      const raw = z
        .tuple([z.string().regex(/^0x([0-9a-fA-F]{2})+$/u)])
        .parse(parameters)[0]
        .toLowerCase();

      return change((parentHash, timestampSeconds) => ({ kind: "transaction", parentHash, timestampSeconds, raw }));
    },
    async fund(address, balanceWei) {
      await change((parentHash) => ({
        kind: "funding",
        parentHash,
        address: address.toLowerCase(),
        balanceWei: `0x${balanceWei.toString(16)}`,
      }));
    },
    async mine() {
      await change((parentHash, timestampSeconds) => ({ kind: "block", parentHash, timestampSeconds }));
    },
    async close() {
      await queue;
      await connection.close();
      journal?.close();
    },
  };
}

async function restore(provider: EthereumProvider, journal: Journal | undefined): Promise<void> {
  for (const [index, entry] of (journal?.entries ?? []).entries()) {
    const { hash } = await headOf(provider);
    if (hash !== entry.parentHash) {
      throw new WattproofError(
        "LOCAL_CHAIN_DIVERGED",
        `Entry ${index + 1} of the journal was made on block ${entry.parentHash}, and the chain is at ${hash}`,
      );
    }
    try {
      await execute(provider, entry);
    } catch {
      // What was refused the first time is refused again; that nothing else differs is what the next hash proves.
    }
  }
}

async function execute(provider: EthereumProvider, entry: JournalEntry): Promise<unknown> {
  if (entry.kind === "funding") {
    return provider.request({ method: "hardhat_setBalance", params: [entry.address, entry.balanceWei] });
  }
  await provider.request({ method: "evm_setNextBlockTimestamp", params: [entry.timestampSeconds] });

  return entry.kind === "block"
    ? provider.request({ method: "evm_mine", params: [] })
    : provider.request({ method: "eth_sendRawTransaction", params: [entry.raw] });
}

async function headOf(provider: EthereumProvider): Promise<z.infer<typeof head>> {
  return head.parse(await provider.request({ method: "eth_getBlockByNumber", params: ["latest", false] }));
}
