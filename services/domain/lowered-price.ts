import { TypedDataEncoder } from "ethers";

import type { SettlementDomain } from "./terms.ts";
import { settlementDomainOf } from "./terms.ts";

/** What a quorum says that a session costs which a meter settled for which no maker vouches. */
export interface LoweredPrice {
  readonly sessionId: string;
  /** In 10⁻⁶ token. */
  readonly priceMicro: bigint;
}

const loweringTypes = {
  LoweredPrice: [
    { name: "sessionId", type: "bytes32" },
    { name: "priceMicro", type: "uint64" },
  ],
};

/** What oracles sign to lower a price: `loweringDigestOf` of the contract of challenges. */
export function loweringDigestOf(lowered: LoweredPrice, domain: SettlementDomain): string {
  return TypedDataEncoder.hash(settlementDomainOf(domain), loweringTypes, { ...lowered });
}
