import { z } from "zod";

import type { SessionTerms } from "../domain/terms.ts";
import { WattproofError } from "../errors.ts";
import type { ContractInterfaces } from "./contracts.ts";
import type { Rpc } from "./rpc.ts";

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const quantity = hex.transform(Number);
const blockSchema = z.object({ number: quantity, timestamp: quantity });
const logsSchema = z.array(z.object({ topics: z.array(hex) }));

/** Public endpoints give as many at once. */
const blocksPerPage = 1_000;
/** Two days of blocks of two seconds. */
const pageLimit = 90;

/**
 * Whether the live session of an account is this one. The contract needs the time and salt of an opening to say so, and
 * who asks before the opening has them not; the events tell.
 */
export function createOpenedSessions(deps: {
  readonly rpc: Rpc;
  readonly settlementAddress: string;
  readonly settlement: ContractInterfaces["settlement"];
}): { isLive(sessionId: string, terms: SessionTerms): Promise<boolean> } {
  const { rpc, settlementAddress: address, settlement } = deps;
  const topic = settlement.getEvent("SessionOpened")?.topicHash;

  async function view(name: string, values: readonly unknown[]): Promise<readonly unknown[]> {
    const data = settlement.encodeFunctionData(name, values);
    const answer = await rpc.request("eth_call", [{ to: address, data }, "latest"], hex);
    const decoded: readonly unknown[] = settlement.decodeFunctionResult(name, answer).toArray();
    return decoded;
  }

  async function readBlock(tag: string): Promise<z.output<typeof blockSchema>> {
    const block = await rpc.request("eth_getBlockByNumber", [tag, false], blockSchema.nullable());
    if (block === null) throw new WattproofError("CHAIN_UNAVAILABLE", `The endpoint has no block ${tag}.`);
    return block;
  }

  /** From the newest block back to where no session with this expiry could open yet. */
  async function wasOpened(sessionId: string, { expiresAt }: SessionTerms): Promise<boolean> {
    const [longest] = await view("maximumSessionSeconds", []);
    const earliest = expiresAt - Number(z.bigint().parse(longest));
    let { number: to } = await readBlock("latest");
    for (let page = 0; page < pageLimit && to >= 0; page += 1) {
      const from = Math.max(0, to - blocksPerPage + 1);
      const filter = { address, topics: [topic, sessionId], fromBlock: toQuantity(from), toBlock: toQuantity(to) };
      if ((await rpc.request("eth_getLogs", [filter], logsSchema)).length > 0) return true;
      if ((await readBlock(toQuantity(from))).timestamp < earliest) return false;
      to = from - 1;
    }
    return false;
  }

  return {
    async isLive(sessionId, terms) {
      const [, nonce, commitment] = await view("accountOf", [terms.driver, terms.lane]);
      // Each opening uses a nonce, so only the session with the last one can be live.
      const isNewest = commitment !== 0n && nonce === BigInt(terms.nonce) + 1n;
      return isNewest && wasOpened(sessionId, terms);
    },
  };
}

function toQuantity(value: number): string {
  return `0x${value.toString(16)}`;
}
