import { z } from "zod";

import type { HeldOpening } from "./chain.ts";
import type { Claim } from "../domain/claims.ts";
import { linkClaims } from "../domain/claims.ts";
import { packMetering, unpackSettlementResult, type SettlementResult } from "../domain/metering.ts";
import type { ContractInterfaces } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import type { Rpc } from "./rpc.ts";

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const receiptSchema = z.object({ logs: z.array(z.object({ address: hex, topics: z.array(hex), data: hex })) });

interface AnchoredBatch {
  readonly link: string;
  readonly settled: readonly (SettlementResult & { readonly sessionId: string })[];
}

/**
 * Reads again from the events what oracles claimed of the sessions that a batch settled, in order. `null` if that does not
 * give the link that the contract keeps.
 */
export function createClaimsReader(deps: {
  readonly rpc: Rpc;
  readonly deployment: Deployment;
  readonly interfaces: ContractInterfaces;
}): (
  txHash: string,
  batch: number,
  sessionOf: (sessionId: string) => Promise<HeldOpening | null>,
) => Promise<readonly Claim[] | null> {
  const { rpc, deployment, interfaces } = deps;

  async function readAnchored(txHash: string, batch: number): Promise<AnchoredBatch | null> {
    const receipt = await rpc.request("eth_getTransactionReceipt", [txHash], receiptSchema.nullable());
    const sources = new Map(
      (
        [
          [deployment.contracts.chargingSettlement, interfaces.settlement],
          [deployment.contracts.meterSettlement, interfaces.meterSettlement],
          [deployment.contracts.challenges, interfaces.challenges],
        ] as const
      ).map(([address, contract]) => [address.toLowerCase(), contract]),
    );
    const proven = new Set<unknown>();
    let settled: (SettlementResult & { readonly sessionId: string })[] = [];
    for (const log of receipt?.logs ?? []) {
      const event = sources.get(log.address.toLowerCase())?.parseLog(log) ?? null;
      const field = (name: string): unknown => event?.args.getValue(name);
      if (event?.name === "SessionProven") proven.add(field("sessionId"));
      if (event?.name === "SessionSettled" && !proven.has(field("sessionId"))) {
        const result = unpackSettlementResult(z.bigint().parse(field("result")));
        settled.push({ sessionId: z.string().parse(field("sessionId")), ...result });
      }
      if (event?.name !== "BatchAnchored") continue;
      if (field("batch") === BigInt(batch)) return { link: z.string().parse(field("link")), settled };
      settled = [];
    }
    return null;
  }

  return async (txHash, batch, sessionOf) => {
    const anchored = await readAnchored(txHash, batch);
    if (anchored === null) return null;
    const claims: Claim[] = [];
    for (const { sessionId, ...result } of anchored.settled) {
      const session = await sessionOf(sessionId);
      if (session === null) return null;
      const { holdMicro, openedAt, salt } = session;
      const toppedUpMicro = result.chargedMicro + result.returnedMicro - holdMicro;
      claims.push({ sessionId, metering: packMetering({ ...result, openedAt, salt, toppedUpMicro }) });
    }
    return linkClaims(claims) === anchored.link ? claims : null;
  };
}
