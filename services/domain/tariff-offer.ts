import { TypedDataEncoder } from "ethers";

import { settlementDomainOf, type SettlementDomain } from "./terms.ts";

/** What the service promises who opens a session at an EVSE: this tariff, until then. */
export interface TariffOffer {
  readonly evse: number;
  readonly tariffId: string;
  /** Seconds since 1970. */
  readonly validUntil: number;
}

/** An offer holds for at most so long, also where its tariff stays; the page asks again. */
export const offerSeconds = 900;

const offerTypes = {
  TariffOffer: [
    { name: "evse", type: "uint32" },
    { name: "tariffId", type: "bytes32" },
    { name: "validUntil", type: "uint40" },
  ],
};

/** The EIP-712 digest that is signed; the domain is that of the settlement contract. */
export function offerDigestOf(offer: TariffOffer, domain: SettlementDomain): string {
  return TypedDataEncoder.hash(settlementDomainOf(domain), offerTypes, offer);
}

/** An offer made now: until its tariff's turn is over, and no longer than `offerSeconds`. */
export function offerAt(
  {
    evse,
    tariffId,
    untilSeconds,
  }: { readonly evse: number; readonly tariffId: string; readonly untilSeconds: number | null },
  nowSeconds: number,
): TariffOffer {
  const latest = nowSeconds + offerSeconds;
  return { evse, tariffId, validUntil: untilSeconds === null ? latest : Math.min(untilSeconds, latest) };
}
