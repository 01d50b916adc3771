import { TypedDataEncoder } from "ethers";

import type { Opening } from "./opening.ts";
import { settlementDomainOf, type SettlementDomain } from "./terms.ts";

/**
 * `AgreedSettlement` of the settlement contract: what driver and operator both sign that a live session costs, whatever
 * flowed. Amounts in 10⁻⁶ token.
 */
export interface AgreedSettlement extends Opening {
  readonly sessionId: string;
  /** By how much the hold was raised before: who raises it later has agreed to nothing. */
  readonly toppedUpMicro: bigint;
  /** At most the hold. */
  readonly chargedMicro: bigint;
}

export const agreedSettlementTypes = {
  AgreedSettlement: [
    { name: "sessionId", type: "bytes32" },
    { name: "openedAt", type: "uint40" },
    { name: "salt", type: "uint24" },
    { name: "toppedUpMicro", type: "uint64" },
    { name: "chargedMicro", type: "uint64" },
  ],
};

/** What a wallet shows and signs. */
export function typedAgreedSettlementOf(agreed: AgreedSettlement, domain: SettlementDomain): unknown {
  return TypedDataEncoder.getPayload(settlementDomainOf(domain), agreedSettlementTypes, agreed);
}
