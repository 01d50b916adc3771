import { z } from "zod";

import type { Rpc } from "./rpc.ts";

const transaction = z.object({ from: z.string(), to: z.string().nullable(), input: z.string() }).nullable();
const receipt = z.object({ status: z.string(), blockNumber: z.string() }).nullable();

/**
 * Whether an operator made a hash public: a transaction from its account to itself, whose data is the hash, was carried out.
 * It needs no contract, and anybody with an endpoint of the chain can look it up.
 * @throws CHAIN_UNAVAILABLE
 */
export async function isHashPublished(
  rpc: Rpc,
  wanted: { readonly transaction: string; readonly operator: string; readonly hash: string },
): Promise<boolean> {
  const operator = wanted.operator.toLowerCase();
  const [sent, ended] = await Promise.all([
    rpc.request("eth_getTransactionByHash", [wanted.transaction], transaction),
    rpc.request("eth_getTransactionReceipt", [wanted.transaction], receipt),
  ]);
  const isOwn = sent?.from.toLowerCase() === operator && sent.to?.toLowerCase() === operator;
  return isOwn && sent.input.toLowerCase() === wanted.hash && ended?.status === "0x1";
}
