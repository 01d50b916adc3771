import { JsonRpcProvider, Network } from "ethers";
import { z } from "zod";

import { createHttpRpc, type Rpc } from "../../services/chain/rpc.ts";
import { WattproofError } from "../../services/errors.ts";

/** A node that does not answer this simple question in time is as good as absent. */
const firstAnswerTimeoutMs = 10_000;

const answerTimeoutMs = 20_000;
/** A command that is ended ends with its process. */
const neverEnding = new AbortController().signal;

const chainIdAnswer = z.object({ result: z.string().regex(/^0x[0-9a-f]+$/iu) });

/**
 * Connects to a JSON-RPC endpoint. Asking once, instead of leaving it to the library, which asks again for ever.
 *
 * @param pollIntervalMs How often a transaction's receipt is asked for.
 * @throws WattproofError CHAIN_UNAVAILABLE
 */
export async function connectToChain(
  rpcUrl: string,
  pollIntervalMs = 500,
): Promise<{ readonly chainId: number; readonly provider: JsonRpcProvider; readonly rpc: Rpc }> {
  let chainId: number;
  try {
    const response = await fetch(rpcUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] }),
      signal: AbortSignal.timeout(firstAnswerTimeoutMs),
    });
    chainId = Number(chainIdAnswer.parse(await response.json()).result);
  } catch (error) {
    throw new WattproofError("CHAIN_UNAVAILABLE", rpcUrl, { cause: error });
  }
  const staticNetwork = Network.from(chainId);

  return {
    chainId,
    rpc: createHttpRpc(rpcUrl, answerTimeoutMs, neverEnding),
    // Answers are not cached, because a command may read, write and read again within a moment.
    provider: new JsonRpcProvider(rpcUrl, staticNetwork, {
      staticNetwork,
      pollingInterval: pollIntervalMs,
      cacheTimeout: -1,
    }),
  };
}
