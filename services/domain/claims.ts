import { TypedDataEncoder, ZeroHash, solidityPackedKeccak256 } from "ethers";

import type { SettlementDomain } from "./terms.ts";
import { settlementDomainOf } from "./terms.ts";

/** What oracles claim of one session: `PackedMetering` of the settlement contract. */
export interface Claim {
  readonly sessionId: string;
  readonly metering: bigint;
}

const batchTypes = {
  SettlementBatch: [
    { name: "claims", type: "bytes32" },
    { name: "count", type: "uint256" },
  ],
};

/** The link over claims in their order, from where an earlier one ended: `ClaimLink` of the contracts. */
export function linkClaims(claims: readonly Claim[], previous: string = ZeroHash): string {
  return claims.reduce(
    (link, { sessionId, metering }) =>
      solidityPackedKeccak256(["bytes32", "bytes32", "uint256"], [link, sessionId, metering]),
    previous,
  );
}

/** What oracles sign for a batch of claims: the EIP-712 digest of `SettlementBatch`. */
export function batchDigestOf(claims: readonly Claim[], domain: SettlementDomain): string {
  return TypedDataEncoder.hash(settlementDomainOf(domain), batchTypes, {
    claims: linkClaims(claims),
    count: claims.length,
  });
}
