import { z } from "zod";

import type { Claim } from "../domain/claims.ts";
import { settledLeavesOf } from "../domain/claims.ts";
import { treeProofOf, treeRootOf } from "../domain/hash-tree.ts";
import { packMetering } from "../domain/metering.ts";
import type { ClaimPlace, HeldOpening } from "./chain.ts";
import type { ContractInterfaces } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import type { Rpc } from "./rpc.ts";
import { settledInGroup, type SettledInGroup } from "../domain/settled-group.ts";

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const receiptSchema = z.object({ logs: z.array(z.object({ address: hex, topics: z.array(hex), data: hex })) });

interface AnchoredBatch {
  readonly root: string;
  readonly evidenceRoot: string;
  readonly count: number;
  readonly settled: readonly SettledInGroup[];
}

/** A log of a receipt. */
export interface PlainLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

/**
 * Finds a session's claim in the batch that settled it, from the events of that transaction. `null` if they do not give
 * the root that the contract keeps.
 */
export function createClaimFinder(deps: {
  readonly rpc: Rpc;
  readonly deployment: Deployment;
  readonly interfaces: ContractInterfaces;
}): (
  txHash: string,
  batch: number,
  sessionId: string,
  sessionOf: (sessionId: string) => Promise<HeldOpening | null>,
) => Promise<ClaimPlace | null> {
  return async (txHash, batch, sessionId, sessionOf) => {
    const receipt = await deps.rpc.request("eth_getTransactionReceipt", [txHash], receiptSchema.nullable());
    return findClaim(receipt?.logs ?? [], batch, sessionId, { ...deps, sessionOf });
  };
}

/** The same from logs that are at hand. */
export async function findClaim(
  logs: readonly PlainLog[],
  batch: number,
  sessionId: string,
  deps: {
    readonly deployment: Pick<Deployment, "contracts">;
    readonly interfaces: Pick<ContractInterfaces, "settlement" | "challenges">;
    /** Hold and opening of a session; `null` for one that is not known. */
    readonly sessionOf: (sessionId: string) => Promise<HeldOpening | null>;
  },
): Promise<ClaimPlace | null> {
  const anchored = readAnchored(logs, batch, deps);
  if (anchored === null) return null;
  const claims: (Claim | null)[] = Array.from({ length: anchored.count }, () => null);
  for (const { sessionId: id, index, isReadable, result } of anchored.settled) {
    const session = await deps.sessionOf(id);
    if (session === null) return null;
    const { holdMicro, openedAt, salt } = session;
    const toppedUpMicro = result.chargedMicro + result.returnedMicro - holdMicro;
    claims[index] = { sessionId: id, metering: packMetering({ ...result, openedAt, salt, toppedUpMicro }), isReadable };
  }
  const leaves = settledLeavesOf(claims);
  const index = claims.findIndex((claim) => claim?.sessionId === sessionId);
  const claim = claims[index] ?? null;
  if (claim === null || treeRootOf(leaves) !== anchored.root) return null;
  const { evidenceRoot, count } = anchored;
  const { metering, isReadable } = claim;
  return { batch, index, count, proof: treeProofOf(leaves, index), evidenceRoot, metering, isReadable };
}

function readAnchored(
  logs: readonly PlainLog[],
  batch: number,
  {
    deployment,
    interfaces,
  }: {
    readonly deployment: Pick<Deployment, "contracts">;
    readonly interfaces: Pick<ContractInterfaces, "settlement" | "challenges">;
  },
): AnchoredBatch | null {
  const sources = new Map([
    [deployment.contracts.chargingSettlement.toLowerCase(), interfaces.settlement],
    [deployment.contracts.challenges.toLowerCase(), interfaces.challenges],
  ]);
  let settled: SettledInGroup[] = [];
  for (const log of logs) {
    const event = sources.get(log.address.toLowerCase())?.parseLog(log) ?? null;
    const field = (name: string): unknown => event?.args.getValue(name);
    if (event?.name === "GroupSettled") settled.push(...settledInGroup(field));
    if (event?.name !== "BatchAnchored") continue;
    if (field("batch") !== BigInt(batch)) {
      settled = [];
      continue;
    }
    return {
      root: z.string().parse(field("settled")),
      evidenceRoot: z.string().parse(field("evidenceRoot")),
      count: Number(z.bigint().parse(field("count"))),
      settled,
    };
  }
  return null;
}
