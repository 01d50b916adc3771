import { TypedDataEncoder } from "ethers";

import { settlementDomainOf, type SettlementDomain } from "./terms.ts";

/** `TopUp` of the settlement contract: raises the hold of a live session. Amounts in 10⁻⁶ token. */
export interface TopUpOrder {
  readonly sessionId: string;
  /** By how much it was raised before. */
  readonly toppedUpMicro: bigint;
  readonly amountMicro: bigint;
}

/** `Withdrawal` of the settlement contract: pays out of the free balance. */
export interface WithdrawalOrder {
  readonly driver: string;
  readonly lane: number;
  readonly nonce: number;
  /** In the token's smallest unit. */
  readonly amount: bigint;
  readonly recipient: string;
  /** Seconds since 1970. */
  readonly deadline: number;
}

export const topUpTypes = {
  TopUp: [
    { name: "sessionId", type: "bytes32" },
    { name: "toppedUpMicro", type: "uint64" },
    { name: "amountMicro", type: "uint64" },
  ],
};
export const withdrawalTypes = {
  Withdrawal: [
    { name: "driver", type: "address" },
    { name: "lane", type: "uint32" },
    { name: "nonce", type: "uint32" },
    { name: "amount", type: "uint256" },
    { name: "recipient", type: "address" },
    { name: "deadline", type: "uint40" },
  ],
};

/** What a driver's wallet shows and signs to raise a hold. */
export function typedTopUpOf(order: TopUpOrder, domain: SettlementDomain): unknown {
  return TypedDataEncoder.getPayload(settlementDomainOf(domain), topUpTypes, order);
}

/** What a driver's wallet shows and signs to have money paid to somebody. */
export function typedWithdrawalOf(order: WithdrawalOrder, domain: SettlementDomain): unknown {
  return TypedDataEncoder.getPayload(settlementDomainOf(domain), withdrawalTypes, order);
}
