import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { isAddress } from "ethers";
import { z } from "zod";

import { WattproofError } from "../../services/errors.ts";

const address = z.string().refine((text) => isAddress(text), "not an address");
const schema = z.strictObject({
  chainId: z.int().positive(),
  /** The first block that can hold an event of these contracts. */
  blockNumber: z.int().nonnegative(),
  contracts: z.strictObject({
    erc20: address,
    oracleCommittee: address,
    openingGuard: address,
    tariffRegistry: address,
    partnerAgreements: address,
    meterRegistry: address,
    meterSettlement: address,
    challenges: address,
    vehicleConsents: address,
    authorizedFunding: address,
    chargingSettlement: address,
  }),
});

/** Where the contracts are on one chain. */
export type Deployment = z.infer<typeof schema>;

/** The usual place of a chain's deployment file. */
export function deploymentPathOf(chainId: number): string {
  return join(import.meta.dirname, "../deployments", `${chainId}.json`);
}

/**
 * The deployment in a file, or undefined where there is no file.
 *
 * @throws WattproofError DEPLOYMENT_INVALID
 */
export function readDeployment(path: string): Deployment | undefined {
  if (!existsSync(path)) {
    return undefined;
  }
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    throw new WattproofError("DEPLOYMENT_INVALID", path, { cause: error });
  }
}

/** Writes the deployment file. */
export function writeDeployment(path: string, deployment: Deployment): void {
  writeWhole(path, deployment);
}

const progressSchema = z.strictObject({
  chainId: z.int().positive(),
  blockNumber: z.int().nonnegative(),
  contracts: z.record(z.string(), z.strictObject({ address, parameters: z.string() })),
  foretold: z.strictObject({ from: address, nonce: z.int().nonnegative(), address }).nullable(),
});

/**
 * What an interrupted deployment has sent so far: per contract its address and constructor parameters; and where the
 * settlement will be, which other contracts were told before it is there.
 */
export type DeploymentProgress = z.infer<typeof progressSchema>;

/** Where a deployment keeps its progress until it is complete. */
export function progressPathOf(path: string): string {
  return `${path}.progress`;
}

/**
 * The progress of an interrupted deployment, or undefined where there is none.
 *
 * @throws WattproofError DEPLOYMENT_INVALID
 */
export function readProgress(path: string): DeploymentProgress | undefined {
  if (!existsSync(progressPathOf(path))) {
    return undefined;
  }
  try {
    return progressSchema.parse(JSON.parse(readFileSync(progressPathOf(path), "utf8")));
  } catch (error) {
    throw new WattproofError("DEPLOYMENT_INVALID", progressPathOf(path), { cause: error });
  }
}

/** Written before each contract is sent, so that an interruption costs no contract. */
export function writeProgress(path: string, progress: DeploymentProgress): void {
  writeWhole(progressPathOf(path), progress);
}

/** The deployment is complete. */
export function removeProgress(path: string): void {
  rmSync(progressPathOf(path), { force: true });
}

/** Writes the file in one step: it is there whole or not at all. */
function writeWhole(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { flush: true });
  renameSync(`${path}.new`, path);
}
