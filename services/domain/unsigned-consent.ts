import { TypedDataEncoder } from "ethers";

import { settlementDomainOf, type SettlementDomain } from "./terms.ts";

/** A driver agrees to pay for energy that no meter has signed, up to a cap. */
export interface UnsignedEnergyConsent {
  readonly sessionId: string;
  /** In 10⁻⁶ token, tax included. */
  readonly capMicro: bigint;
}

/** A consent as the driver signed it: 65 bytes of secp256k1, `0x` and hexadecimal digits. */
export interface SignedConsent extends UnsignedEnergyConsent {
  readonly signature: string;
}

/** The EIP-712 type of the consent. */
export const consentTypes = {
  UnsignedEnergyConsent: [
    { name: "sessionId", type: "bytes32" },
    { name: "capMicro", type: "uint64" },
  ],
};

/** What the driver signs, for this chain and contract. */
export function consentDigestOf(consent: UnsignedEnergyConsent, domain: SettlementDomain): string {
  const { sessionId, capMicro } = consent;
  return TypedDataEncoder.hash(settlementDomainOf(domain), consentTypes, { sessionId, capMicro });
}
