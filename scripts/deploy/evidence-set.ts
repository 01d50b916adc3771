import type { EvidenceRole } from "../../services/contracts.ts";

/** Addresses by contract. */
export type EvidenceSet = Readonly<Record<EvidenceRole, string>>;

/** Each contract's view of another one: contract, view, what has to be there. */
export const evidenceLinks: readonly (readonly [EvidenceRole, string, EvidenceRole | "chargingSettlement"])[] = [
  ["energyClaims", "settlement", "chargingSettlement"],
  ["evidenceSales", "settlement", "chargingSettlement"],
  ["evidenceSales", "dataConsents", "dataConsents"],
  ["revenueShares", "settlement", "chargingSettlement"],
  ["evseCovenant", "revenueShares", "revenueShares"],
];

/**
 * Deploys the contracts around a settlement, whose token, oracles and meters count in them.
 * @param deploy Deploys one contract and gives its address.
 */
export async function deployEvidenceSet(
  settlement: string,
  deploy: (role: EvidenceRole, parameters: readonly unknown[]) => Promise<string>,
): Promise<EvidenceSet> {
  const energyClaims = await deploy("energyClaims", [settlement]);
  const dataConsents = await deploy("dataConsents", []);
  const evidenceSales = await deploy("evidenceSales", [settlement, dataConsents]);
  const revenueShares = await deploy("revenueShares", [settlement]);
  const evseCovenant = await deploy("evseCovenant", [revenueShares]);

  return { energyClaims, dataConsents, evidenceSales, revenueShares, evseCovenant };
}
