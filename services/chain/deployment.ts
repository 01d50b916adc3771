import { readFileSync } from "node:fs";

import { getAddress, isAddress } from "ethers";
import { z } from "zod";

import { evidenceRoles, forEachRole, type EvidenceRole } from "../contracts.ts";
import { WattproofError } from "../errors.ts";
import type { CallTarget } from "./chain.ts";

const address = z.string().refine(isAddress, "must be an address").transform(getAddress);

/** The form of a deployment file. */
export const deploymentSchema = z.object({
  chainId: z.number().int().positive(),
  /** The first block that can hold an event of the contracts. */
  blockNumber: z.number().int().min(0),
  contracts: z.object(forEachRole(address)),
  /** The market of evidence. Deployments that were made before it was there are without. */
  evidence: z.partialRecord(z.enum(evidenceRoles), address).optional(),
  /** Contracts of further ways to pay; a deployment need not have them. */
  ways: z.object({ passkeyAccounts: address.optional(), walletOpenings: address.optional() }).optional(),
});

/** Which contracts on which chain. */
export type Deployment = z.output<typeof deploymentSchema>;

/** The address of a contract of the market of evidence. @throws EVIDENCE_NOT_DEPLOYED */
export function evidenceAddressOf(
  { chainId, evidence = {} }: Pick<Deployment, "chainId" | "evidence">,
  role: EvidenceRole,
): string {
  const found = evidence[role];
  if (found === undefined) throw new WattproofError("EVIDENCE_NOT_DEPLOYED", `Chain ${chainId} has no ${role}.`);
  return found;
}

/** Where a contract is to which the service sends. @throws DEPLOYMENT_INVALID if the deployment does not have it */
export function addressOfTarget({ contracts, ways }: Deployment, target: CallTarget): string {
  const address = target === "passkeyAccounts" || target === "walletOpenings" ? ways?.[target] : contracts[target];
  if (address === undefined) throw new WattproofError("DEPLOYMENT_INVALID", `The deployment has no ${target}.`);
  return address;
}

/** @throws DEPLOYMENT_INVALID */
export function readDeployment(path: string): Deployment {
  try {
    return deploymentSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    throw new WattproofError("DEPLOYMENT_INVALID", `The deployment file ${path} cannot be used.`, { cause: error });
  }
}
