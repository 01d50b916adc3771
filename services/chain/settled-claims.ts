import { Result, type Interface } from "ethers";
import { z } from "zod";

import type { Claim } from "../domain/claims.ts";
import { linkClaims } from "../domain/claims.ts";
import { packMetering, unpackSettlementResult, type SettlementResult } from "../domain/metering.ts";
import { tariffIdOf, type Tariff } from "../domain/tariff.ts";
import type { SettlementDomain } from "../domain/terms.ts";
import { sessionIdOf, unpackTerms } from "../domain/terms.ts";
import type { ContractInterfaces } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import type { Rpc } from "./rpc.ts";

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const receiptSchema = z.object({ logs: z.array(z.object({ address: hex, topics: z.array(hex), data: hex })) });
const transactionSchema = z.object({ input: hex });

interface AnchoredBatch {
  readonly link: string;
  readonly settled: readonly (SettlementResult & { readonly sessionId: string })[];
}

/**
 * Reads again what oracles claimed of the sessions that a batch settled, in order, until it gives the link that the
 * contract keeps: from the events; or, where the claims have bits that mean nothing, from the transaction's own words.
 * `null` if neither does.
 */
export function createClaimsReader(deps: {
  readonly rpc: Rpc;
  readonly deployment: Deployment;
  readonly interfaces: ContractInterfaces;
  readonly domain: SettlementDomain;
}): (
  txHash: string,
  batch: number,
  holdMicroOf: (sessionId: string) => Promise<bigint | null>,
) => Promise<readonly Claim[] | null> {
  const { rpc, deployment, interfaces, domain } = deps;

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

  return async (txHash, batch, holdMicroOf) => {
    const anchored = await readAnchored(txHash, batch);
    if (anchored === null) return null;
    const claims: Claim[] = [];
    for (const { sessionId, ...result } of anchored.settled) {
      const holdMicro = await holdMicroOf(sessionId);
      if (holdMicro === null) return null;
      const toppedUpMicro = result.chargedMicro + result.returnedMicro - holdMicro;
      claims.push({ sessionId, metering: packMetering(result, toppedUpMicro) });
    }
    if (linkClaims(claims) === anchored.link) return claims;

    const transaction = await rpc.request("eth_getTransactionByHash", [txHash], transactionSchema.nullable());
    const stated = transaction === null ? [] : claimsOfCall(interfaces.settlement, transaction.input, domain);
    const settledIds = new Set(claims.map(({ sessionId }) => sessionId));
    const settled = stated.filter(({ sessionId }) => settledIds.has(sessionId));
    return linkClaims(settled) === anchored.link ? settled : null;
  };
}

const struct = z.instanceof(Result).transform((value): unknown => value.toObject());
const list = z.instanceof(Result).transform((value): unknown => value.toArray());
const groupSchema = struct.pipe(
  z.object({
    operator: z.string(),
    agreement: z.bigint().transform(Number),
    // Only its hash is taken of it.
    tariff: struct.pipe(z.custom<Tariff>()),
    settlements: list.pipe(
      z.array(struct.pipe(z.object({ driver: z.string(), terms: z.bigint(), metering: z.bigint() }))),
    ),
  }),
);
const groupsSchema = list.pipe(z.array(groupSchema));

/** The claims in the call `settleBatch`, bit by bit; none if it is another call. */
function claimsOfCall(settlement: Interface, input: string, domain: SettlementDomain): readonly Claim[] {
  const call = settlement.parseTransaction({ data: input });
  if (call?.name !== "settleBatch") return [];
  const groups = groupsSchema.parse(call.args.getValue("groups"));
  return groups.flatMap(({ operator, agreement, tariff, settlements }) =>
    settlements.map(({ driver, terms, metering }) => ({
      sessionId: sessionIdOf(unpackTerms(terms, { driver, operator, agreement, tariffId: tariffIdOf(tariff) }), domain),
      metering,
    })),
  );
}
