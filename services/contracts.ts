/**
 * The contracts of a deployment. This is the one list of their roles: the deployment file, receipts, the page and the
 * deploy scripts take theirs from it. It runs in a browser, too, and imports nothing.
 */

/** Every role, in the order in which a deployment file names them. */
export const contractRoles = [
  "erc20",
  "oracleCommittee",
  "openingGuard",
  "tariffRegistry",
  "partnerAgreements",
  "meterRegistry",
  "meterSettlement",
  "challenges",
  "oracleBonds",
  "vehicleConsents",
  "authorizedFunding",
  "chargingSettlement",
] as const;

export type ContractRole = (typeof contractRoles)[number];

/** The address of each contract, as `0x` and 40 hexadecimal digits. */
export type ContractAddresses = Readonly<Record<ContractRole, string>>;

/**
 * How the settlement leads to every other contract: the first contract has a view with the name of the second role, and
 * the view answers the address of the second.
 */
export const contractLinks: readonly (readonly [holder: ContractRole, named: ContractRole])[] = [
  ["chargingSettlement", "erc20"],
  ["chargingSettlement", "tariffRegistry"],
  ["chargingSettlement", "partnerAgreements"],
  ["chargingSettlement", "oracleCommittee"],
  ["chargingSettlement", "openingGuard"],
  ["chargingSettlement", "meterSettlement"],
  ["chargingSettlement", "challenges"],
  ["chargingSettlement", "vehicleConsents"],
  ["chargingSettlement", "authorizedFunding"],
  ["challenges", "oracleBonds"],
  ["meterSettlement", "meterRegistry"],
  ["meterRegistry", "oracleCommittee"],
];

/** The same value for every role, such as the schema of an address. */
export function forEachRole<Value>(value: Value): Record<ContractRole, Value> {
  // One entry for each role of the list, so the keys are complete.
  return Object.fromEntries(contractRoles.map((role) => [role, value])) as Record<ContractRole, Value>;
}

/**
 * The contracts of the market of evidence, in the order in which they are deployed. They stand beside those of the
 * settlement, which leads to none of them, and a deployment can be without.
 */
export const evidenceRoles = [
  "energyClaims",
  "dataConsents",
  "evidenceSales",
  "revenueShares",
  "evseCovenant",
] as const;

export type EvidenceRole = (typeof evidenceRoles)[number];
