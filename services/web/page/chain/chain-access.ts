import { z } from "zod";

/** Asks a chain, as EIP-1193 has it. */
export interface ChainAccess {
  request(method: string, parameters: readonly unknown[]): Promise<unknown>;
}

/** There is nobody to ask: no wallet on the right chain, and no endpoint on the page's own origin that answers. */
export class ChainUnreachableError extends Error {
  override readonly name = "ChainUnreachableError";
}

const answerTimeoutMs = 20_000;
const answerSchema = z.union([
  z.object({ error: z.object({ code: z.number(), message: z.string() }) }),
  z.object({ result: z.unknown() }),
]);

/** The endpoint on the page's own origin. */
export function createOwnOriginChain(): ChainAccess {
  let lastId = 0;
  return {
    async request(method, parameters) {
      lastId += 1;
      const answer = await fetch("/rpc", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: lastId, method, params: parameters }),
        signal: AbortSignal.timeout(answerTimeoutMs),
      })
        .then(async (response) => answerSchema.parse(await response.json()))
        .catch((cause: unknown) => {
          throw new ChainUnreachableError("The endpoint does not answer.", { cause });
        });
      if ("error" in answer) throw new Error(answer.error.message);
      return answer.result;
    },
  };
}

/**
 * The first of several ways to the chain that answers. One that cannot be reached is passed over; what a chain answers,
 * a refusal included, is the answer.
 */
export function createChainAccess(ways: readonly ChainAccess[]): ChainAccess {
  return {
    async request(method, parameters) {
      let failure = new ChainUnreachableError("No way to the chain.");
      for (const way of ways) {
        try {
          return await way.request(method, parameters);
        } catch (error) {
          if (!(error instanceof ChainUnreachableError)) throw error;
          failure = error;
        }
      }
      throw failure;
    },
  };
}
