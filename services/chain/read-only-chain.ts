import { z } from "zod";

import { WattproofError } from "../errors.ts";
import type { Rpc } from "./rpc.ts";
import { RpcRefusal } from "./rpc.ts";

const quantity = z.string().regex(/^0x(?:0|[1-9a-f][0-9a-f]{0,12})$/i);
const word = z.string().regex(/^0x[0-9a-fA-F]{64}$/);
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/);
const topics = z.array(z.union([z.null(), word, z.array(word).max(100)])).max(4);
const filterSchema = z.union([
  z.strictObject({
    address: z.union([address, z.array(address).min(1).max(8)]),
    topics,
    fromBlock: quantity,
    toBlock: quantity,
  }),
  z.strictObject({ address: z.union([address, z.array(address).min(1).max(8)]), topics, blockHash: word }),
]);
const blockTag = z.union([quantity, z.enum(["latest", "safe", "finalized", "earliest", "pending"])]);
/** Data of the largest call of ours has less than 4 kB. */
const callSchema = z.strictObject({
  from: address.optional(),
  to: address,
  data: z.string().regex(/^0x(?:[0-9a-fA-F]{2}){0,7000}$/),
});

/** What reads the chain and nothing else, with what it takes; what the driver's page asks is among it. */
const readableMethods: Readonly<Record<string, z.ZodType>> = {
  eth_blockNumber: z.tuple([]),
  eth_call: z.tuple([callSchema, blockTag]),
  eth_chainId: z.tuple([]),
  // Blocks without their transactions.
  eth_getBlockByNumber: z.tuple([blockTag, z.literal(false)]),
  eth_getCode: z.tuple([address, blockTag]),
  eth_getLogs: z.tuple([filterSchema]),
  eth_getTransactionReceipt: z.tuple([word]),
};

/** Hands questions on to the endpoint and its answers back, as JSON-RPC has them. */
export interface ReadOnlyChain {
  /**
   * How many questions a question counts for: a search through many blocks for several.
   * @throws ENVELOPE_INVALID if the method does more than read, or its parameters are not those of the documentation
   */
  costOf(method: string, parameters: readonly unknown[]): number;
  /** @throws ENVELOPE_INVALID as above; CHAIN_UNAVAILABLE */
  ask(
    method: string,
    parameters: readonly unknown[],
  ): Promise<{ readonly result: unknown } | { readonly error: { readonly code: number; readonly message: string } }>;
}

// The code that nodes use where a contract refuses (EIP-1474 has none for it).
const refusedCode = 3;
/** "Limit exceeded" of EIP-1474: the page asks again for half as many blocks. */
const limitCode = -32_005;
/** Most public endpoints give no more at once. */
const mostBlocks = 50_000;
const blocksPerQuestion = 25_000;

export function createReadOnlyChain(rpc: Rpc): ReadOnlyChain {
  return {
    costOf(method, parameters) {
      check(method, parameters);
      return 1 + Math.floor(Math.min(blocksOf(method, parameters), mostBlocks) / blocksPerQuestion);
    },
    async ask(method, parameters) {
      check(method, parameters);
      if (blocksOf(method, parameters) > mostBlocks) {
        return { error: { code: limitCode, message: `At most ${mostBlocks} blocks at once.` } };
      }
      try {
        return { result: await rpc.request(method, parameters, z.unknown()) };
      } catch (error) {
        if (error instanceof RpcRefusal) return { error: { code: refusedCode, message: error.message } };
        throw error;
      }
    },
  };
}

function check(method: string, parameters: readonly unknown[]): void {
  const schema = Object.hasOwn(readableMethods, method) ? readableMethods[method] : undefined;
  if (schema === undefined) {
    throw new WattproofError("ENVELOPE_INVALID", `Only these are taken: ${Object.keys(readableMethods).join(", ")}.`);
  }
  if (!schema.safeParse(parameters).success) {
    throw new WattproofError("ENVELOPE_INVALID", `The parameters of ${method} are not what docs/http-api.md says.`);
  }
}

/** Through how many blocks a question searches. */
function blocksOf(method: string, parameters: readonly unknown[]): number {
  if (method !== "eth_getLogs") return 0;
  const range = z.object({ fromBlock: quantity, toBlock: quantity }).safeParse(parameters[0]).data;
  return range === undefined ? 1 : Math.max(0, Number(range.toBlock) - Number(range.fromBlock) + 1);
}
