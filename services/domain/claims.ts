import { TypedDataEncoder, ZeroHash, solidityPackedKeccak256 } from "ethers";

import { treeRootOf } from "./hash-tree.ts";
import type { SettlementDomain } from "./terms.ts";
import { settlementDomainOf } from "./terms.ts";

/** What oracles claim of one session: `PackedMetering` of the settlement contract. */
export interface Claim {
  readonly sessionId: string;
  readonly metering: bigint;
  /** The contract can read the records behind it, and they give exactly this. */
  readonly isReadable: boolean;
}

/** What oracles sign: claims in their order, and the root over the evidence behind them in the same order. */
export interface SignedClaims {
  readonly claims: readonly Claim[];
  readonly evidenceRoot: string;
}

const batchTypes = {
  SettlementBatch: [
    { name: "claims", type: "bytes32" },
    { name: "evidenceRoot", type: "bytes32" },
    { name: "count", type: "uint256" },
  ],
};

/** The leaf of one claim: `ClaimTree.leafOf` of the contracts. */
export function claimLeafOf({ sessionId, metering, isReadable }: Claim): string {
  const words = ["bytes32", "uint256", "uint256"];
  return solidityPackedKeccak256(words, [sessionId, metering, isReadable ? 1 : 0]);
}

/** The leaves of all claims of a batch; zero for those that were not settled. */
export function settledLeavesOf(claims: readonly (Claim | null)[]): readonly string[] {
  return claims.map((claim) => (claim === null ? ZeroHash : claimLeafOf(claim)));
}

/** What oracles sign for a batch of claims: the EIP-712 digest of `SettlementBatch`. */
export function batchDigestOf({ claims, evidenceRoot }: SignedClaims, domain: SettlementDomain): string {
  return TypedDataEncoder.hash(settlementDomainOf(domain), batchTypes, {
    claims: treeRootOf(claims.map(claimLeafOf)),
    evidenceRoot,
    count: claims.length,
  });
}
