import type { TypedDataDomain } from "ethers";

import type { ContractWallet, PartnerAgreements } from "../../types/index.ts";
import { ethers } from "./chain.ts";
import type { Signer } from "./settlement-fixture.ts";

export interface Share {
  readonly partner: string;
  readonly shareBps: bigint;
}

export const PARTNER_CONSENT_TYPES = {
  PartnerConsent: [
    { name: "agreement", type: "uint32" },
    { name: "operator", type: "address" },
    { name: "shares", type: "PartnerShare[]" },
  ],
  PartnerShare: [
    { name: "partner", type: "address" },
    { name: "shareBps", type: "uint16" },
  ],
};

export interface AgreementsFixture {
  readonly agreements: PartnerAgreements;
  readonly domain: TypedDataDomain;
  readonly operator: Signer;
  readonly otherOperator: Signer;
  readonly host: Signer;
  readonly roaming: Signer;
  readonly stranger: Signer;
  /** Eight accounts of nobody above. */
  readonly partners: readonly Signer[];
  /** A partner that is a contract and signs with the roaming provider's key. */
  readonly wallet: ContractWallet;
}

/** Agreements, none proposed yet. */
export async function deployedAgreements(): Promise<AgreementsFixture> {
  const [operator, otherOperator, host, roaming, stranger, ...others] = await ethers.getSigners();
  if (!operator || !otherOperator || !host || !roaming || !stranger || others.length < 8) {
    throw new Error("The simulated chain has too few accounts");
  }
  const agreements = await ethers.deployContract("PartnerAgreements");
  const wallet = await ethers.deployContract("ContractWallet", [roaming.address]);
  const { chainId } = await ethers.provider.getNetwork();
  const verifyingContract = await agreements.getAddress();
  const domain = { name: "Wattproof Partner Agreements", version: "1", chainId, verifyingContract };
  return { agreements, domain, operator, otherOperator, host, roaming, stranger, partners: others.slice(0, 8), wallet };
}

/** 30 % for the site host, 5.5 % for the roaming provider. */
export function usualShares({ host, roaming }: AgreementsFixture): Share[] {
  return [
    { partner: host.address, shareBps: 3_000n },
    { partner: roaming.address, shareBps: 550n },
  ];
}

/** The same with agreement 1 proposed by the operator, and signed by nobody. */
export async function proposedAgreement(): Promise<AgreementsFixture> {
  const fixture = await deployedAgreements();
  await fixture.agreements.connect(fixture.operator).propose(usualShares(fixture));
  return fixture;
}

/** What the fixture's partners sign for agreement 1, unless told otherwise. */
export function consentOf(fixture: AgreementsFixture, changes: { agreement?: bigint; operator?: string } = {}) {
  return { agreement: 1n, operator: fixture.operator.address, shares: usualShares(fixture), ...changes };
}

/** An agreement as the contract tells it. */
export async function contentOf({ agreements }: AgreementsFixture, agreement: bigint): Promise<unknown[]> {
  const { operator, shares, signedCount, isRetired } = await agreements.agreementOf(agreement);
  return [operator, shares.map(({ partner, shareBps }) => ({ partner, shareBps })), signedCount, isRetired];
}
