import { solidityPackedKeccak256, type TypedDataDomain, ZeroHash } from "ethers";

import type { Signer } from "./settlement-fixture.ts";
import { compactSignature, type CompactSignature } from "./session-terms.ts";

/** What oracles claim of one session, in the order of the batch. */
export interface Claim {
  readonly sessionId: string;
  readonly metering: bigint;
}

/** What oracles sign for a batch. */
export const SETTLEMENT_BATCH_TYPES = {
  SettlementBatch: [
    { name: "claims", type: "bytes32" },
    { name: "count", type: "uint256" },
  ],
};

/** The links of a batch, from 0 to the one over all claims. */
export function linksOf(claims: readonly Claim[]): readonly string[] {
  const links = [ZeroHash];
  for (const { sessionId, metering } of claims) {
    const previous = links.at(-1) ?? ZeroHash;
    links.push(solidityPackedKeccak256(["bytes32", "bytes32", "uint256"], [previous, sessionId, metering]));
  }
  return links;
}

/** The batch as these accounts sign it, without our service's code; in the order of their addresses, as it is sent. */
export async function signClaims(
  domain: TypedDataDomain,
  claims: readonly Claim[],
  signers: readonly Signer[],
): Promise<CompactSignature[]> {
  const batch = { claims: linksOf(claims).at(-1), count: claims.length };
  const signatures: CompactSignature[] = [];
  for (const signer of byAddress(signers)) {
    signatures.push(compactSignature(await signer.signTypedData(domain, SETTLEMENT_BATCH_TYPES, batch)));
  }
  return signatures;
}

export function byAddress(signers: readonly Signer[]): readonly Signer[] {
  return signers.toSorted((left, right) => (BigInt(left.address) < BigInt(right.address) ? -1 : 1));
}
