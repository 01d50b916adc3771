import type { JsonRpcProvider } from "ethers";
import { z } from "zod";

import { RpcRefusal, type Rpc } from "../../services/chain/rpc.ts";

const refusal = z.object({ error: z.object({ message: z.string() }) });

/** The endpoint as the service's readers of the chain ask it. */
export function rpcOf(provider: JsonRpcProvider): Rpc {
  return {
    async request(method, parameters, schema) {
      const answer: unknown = await provider.send(method, [...parameters]).catch((error: unknown) => {
        const words = refusal.safeParse(error).data?.error.message;
        if (words !== undefined) throw new RpcRefusal(words, null);
        throw error;
      });
      return schema.parse(answer);
    },
  };
}
