import { z } from "zod";

import { WattproofError } from "../errors.ts";
import type { Rpc } from "./rpc.ts";
import { RpcRefusal } from "./rpc.ts";

/** What reads the chain and nothing else; what the driver's page asks is among it. */
const readableMethods: readonly string[] = [
  "eth_blockNumber",
  "eth_call",
  "eth_chainId",
  "eth_getBlockByNumber",
  "eth_getLogs",
  "eth_getTransactionReceipt",
];

/** Hands questions on to the endpoint and its answers back, as JSON-RPC has them. */
export interface ReadOnlyChain {
  /** @throws ENVELOPE_INVALID if the method does more than read; CHAIN_UNAVAILABLE */
  ask(
    method: string,
    parameters: readonly unknown[],
  ): Promise<{ readonly result: unknown } | { readonly error: { readonly code: number; readonly message: string } }>;
}

// The code that nodes use where a contract refuses (EIP-1474 has none for it).
const refusedCode = 3;

export function createReadOnlyChain(rpc: Rpc): ReadOnlyChain {
  return {
    async ask(method, parameters) {
      if (!readableMethods.includes(method)) {
        throw new WattproofError("ENVELOPE_INVALID", `Only these are taken: ${readableMethods.join(", ")}.`);
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
