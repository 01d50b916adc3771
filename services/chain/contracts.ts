import { readFileSync } from "node:fs";

import { Interface } from "ethers";
import { z } from "zod";

import { WattproofError } from "../errors.ts";

const artifactSchema = z.object({ abi: z.array(z.record(z.string(), z.unknown())) });

/** The contract interfaces, as the compiler wrote them. */
export interface ContractInterfaces {
  readonly settlement: Interface;
  readonly meterRegistry: Interface;
  readonly tariffRegistry: Interface;
  readonly oracleCommittee: Interface;
  readonly partnerAgreements: Interface;
  readonly meterSettlement: Interface;
  readonly challenges: Interface;
  readonly ocmfScanner: Interface;
  readonly vehicleConsents: Interface;
  readonly authorizedFunding: Interface;
}

/** @throws DEPLOYMENT_INVALID if the contracts have not been compiled */
export function readContractInterfaces(): ContractInterfaces {
  return {
    settlement: readInterface("IChargingSettlement"),
    meterRegistry: readInterface("IMeterRegistry"),
    tariffRegistry: readInterface("ITariffRegistry"),
    oracleCommittee: readInterface("IOracleCommittee"),
    partnerAgreements: readInterface("IPartnerAgreements"),
    meterSettlement: readInterface("IMeterSettlement"),
    challenges: readInterface("IChallenges"),
    ocmfScanner: readInterface("IOcmfScanner"),
    vehicleConsents: readInterface("IVehicleConsents"),
    authorizedFunding: readInterface("IAuthorizedFunding"),
  };
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
