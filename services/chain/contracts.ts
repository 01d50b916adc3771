import { readFileSync } from "node:fs";

import { Interface } from "ethers";
import { z } from "zod";

import { WattproofError } from "../errors.ts";

const artifactSchema = z.object({ abi: z.array(z.record(z.string(), z.unknown())) });

/** The interfaces that the service calls, by the name of each in the code. */
const interfaceNames = {
  settlement: "IChargingSettlement",
  meterRegistry: "IMeterRegistry",
  tariffRegistry: "ITariffRegistry",
  oracleCommittee: "IOracleCommittee",
  partnerAgreements: "IPartnerAgreements",
  meterSettlement: "IMeterSettlement",
  challenges: "IChallenges",
  oracleBonds: "IOracleBonds",
  ocmfScanner: "IOcmfScanner",
  vehicleConsents: "IVehicleConsents",
  authorizedFunding: "IAuthorizedFunding",
  passkeyAccounts: "IPasskeyAccounts",
  passkeyAccount: "IPasskeyAccount",
  walletOpenings: "IWalletOpenings",
} as const;

/** The contract interfaces, as the compiler wrote them. */
export type ContractInterfaces = Readonly<Record<keyof typeof interfaceNames, Interface>>;

/** @throws DEPLOYMENT_INVALID if the contracts have not been compiled */
export function readContractInterfaces(): ContractInterfaces {
  const entries = Object.entries(interfaceNames).map(([key, name]) => [key, readInterface(name)]);
  // One entry for each name, so the keys are complete.
  return Object.fromEntries(entries) as ContractInterfaces;
}

function readInterface(name: string): Interface {
  const file = new URL(`../../artifacts/contracts/interfaces/${name}.sol/${name}.json`, import.meta.url);
  try {
    return new Interface(artifactSchema.parse(JSON.parse(readFileSync(file, "utf8"))).abi);
  } catch (error) {
    throw new WattproofError("DEPLOYMENT_INVALID", `The interface ${name} is missing; run npm run build.`, {
      cause: error,
    });
  }
}
