import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Interface, type JsonFragment } from "ethers";
import { z } from "zod";

import type { ContractRole, EvidenceRole } from "../../services/contracts.ts";
import { WattproofError } from "../../services/errors.ts";

/** What is compiled beside the contracts of a deployment: what deploys them, and the demo's registry. */
type Helper = "contractDeployer" | "trustingMeterRegistry";

/** Further ways to pay: contracts beside those of the settlement. */
type Way = "passkeyAccounts" | "walletOpenings" | "acrossFunding";

/** Everything that is compiled for a deployment, and what one of its contracts creates. */
export type ArtifactName = ContractRole | EvidenceRole | "revenueShare" | Way | Helper;

/** Where each of it is compiled to. */
const sources: Readonly<Record<ArtifactName, string>> = {
  contractDeployer: "periphery/ContractDeployer",
  erc20: "mocks/DemoToken",
  oracleCommittee: "OracleCommittee",
  openingGuard: "OpeningGuard",
  tariffRegistry: "TariffRegistry",
  partnerAgreements: "PartnerAgreements",
  meterRegistry: "MeterRegistry",
  trustingMeterRegistry: "mocks/TrustingMeterRegistry",
  meterSettlement: "MeterSettlement",
  challenges: "Challenges",
  oracleBonds: "OracleBonds",
  vehicleConsents: "VehicleConsents",
  authorizedFunding: "periphery/AuthorizedFunding",
  chargingSettlement: "ChargingSettlement",
  energyClaims: "evidence/EnergyClaims",
  dataConsents: "evidence/DataConsents",
  evidenceSales: "evidence/EvidenceSales",
  revenueShares: "evidence/RevenueShares",
  revenueShare: "evidence/RevenueShare",
  evseCovenant: "evidence/EvseCovenant",
  passkeyAccounts: "accounts/PasskeyAccounts",
  walletOpenings: "periphery/WalletOpenings",
  acrossFunding: "periphery/AcrossFunding",
};

export type { ContractRole };

const hex = z.string().regex(/^0x([0-9a-f]{2})*$/u);
const artifact = z.object({
  abi: z.array(z.custom<JsonFragment>((value) => typeof value === "object" && value !== null)),
  bytecode: hex,
  deployedBytecode: hex,
  inputSourceName: z.string(),
  buildInfoId: z.string().regex(/^[\w-]+$/u),
  immutableReferences: z.record(
    z.string(),
    z.array(z.object({ start: z.int().nonnegative(), length: z.int().positive() })),
  ),
});

/** A compiled contract. */
export interface Artifact {
  readonly interface: Interface;
  readonly bytecode: string;
  /** File and name as the compiler was given them. */
  readonly fullName: string;
  /** Names the file in which the build kept what the compiler was given. */
  readonly buildInfoId: string;
  /** Whether the code on chain is this contract's, apart from the values of its immutables. */
  isCode(code: string): boolean;
}

/**
 * The compiled contract of a role.
 *
 * @throws WattproofError CONTRACT_NOT_COMPILED
 */
export function artifactOf(role: ArtifactName): Artifact {
  const source = sources[role];
  const name = source.slice(source.lastIndexOf("/") + 1);
  const path = join(import.meta.dirname, "../../artifacts/contracts", `${source}.sol`, `${name}.json`);
  let compiled: z.infer<typeof artifact>;
  try {
    compiled = artifact.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    throw new WattproofError("CONTRACT_NOT_COMPILED", `${path}; run npm run build`, { cause: error });
  }
  const immutables = Object.values(compiled.immutableReferences).flat();
  const expected = withoutImmutables(compiled.deployedBytecode, immutables);

  return {
    interface: new Interface(compiled.abi),
    bytecode: compiled.bytecode,
    fullName: `${compiled.inputSourceName}:${name}`,
    buildInfoId: compiled.buildInfoId,
    isCode: (code) =>
      code.length === compiled.deployedBytecode.length &&
      withoutImmutables(code.toLowerCase(), immutables) === expected,
  };
}

function withoutImmutables(code: string, references: readonly { start: number; length: number }[]): string {
  const bytes = Buffer.from(code.slice(2), "hex");
  for (const { start, length } of references) {
    bytes.fill(0, start, start + length);
  }

  return bytes.toString("hex");
}
