import { concat, id, keccak256, solidityPacked, type TypedDataDomain, ZeroHash } from "ethers";

import type { Signer } from "./settlement-fixture.ts";
import { compactSignature, type CompactSignature } from "./session-terms.ts";

/** What oracles claim of one session, in the order of the batch. */
export interface Claim {
  readonly sessionId: string;
  readonly metering: bigint;
  /** Whether they say that the contract can read the records behind it. */
  readonly isReadable: boolean;
}

/** What oracles sign for a batch. */
export const SETTLEMENT_BATCH_TYPES = {
  SettlementBatch: [
    { name: "claims", type: "bytes32" },
    { name: "evidenceRoot", type: "bytes32" },
    { name: "count", type: "uint256" },
  ],
};

/** The evidence of batches of which no test demands any. */
export const ANY_EVIDENCE = id("evidence that nobody demands");

/** The leaf of a claim in the tree of its batch, without our service's code. */
export function leafOf({ sessionId, metering, isReadable }: Claim): string {
  return keccak256(solidityPacked(["bytes32", "uint256", "uint256"], [sessionId, metering, isReadable ? 1n : 0n]));
}

/** The root over leaves: the left half is the largest power of two below their number. */
export function rootOf(leaves: readonly string[]): string {
  if (leaves.length <= 1) return leaves[0] ?? ZeroHash;
  const split = splitOf(leaves.length);
  return keccak256(concat([rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split))]));
}

/** The siblings of a leaf, from the leaf up. */
export function proofOf(leaves: readonly string[], index: number): string[] {
  if (leaves.length <= 1) return [];
  const split = splitOf(leaves.length);
  return index < split
    ? [...proofOf(leaves.slice(0, split), index), rootOf(leaves.slice(split))]
    : [...proofOf(leaves.slice(split), index - split), rootOf(leaves.slice(0, split))];
}

function splitOf(count: number): number {
  return 2 ** Math.floor(Math.log2(count - 1));
}

/** The batch as these accounts sign it, without our service's code; in the order of their addresses, as it is sent. */
export async function signClaims(
  domain: TypedDataDomain,
  claims: readonly Claim[],
  signers: readonly Signer[],
  evidenceRoot = ANY_EVIDENCE,
): Promise<CompactSignature[]> {
  const batch = { claims: rootOf(claims.map(leafOf)), evidenceRoot, count: claims.length };
  const signatures: CompactSignature[] = [];
  for (const signer of byAddress(signers)) {
    signatures.push(compactSignature(await signer.signTypedData(domain, SETTLEMENT_BATCH_TYPES, batch)));
  }
  return signatures;
}

export function byAddress(signers: readonly Signer[]): readonly Signer[] {
  return signers.toSorted((left, right) => (BigInt(left.address) < BigInt(right.address) ? -1 : 1));
}
