import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { isAddress } from "ethers";
import { z } from "zod";

import { evidenceRoles, forEachRole, type EvidenceRole } from "../../services/contracts.ts";
import { WattproofError } from "../../services/errors.ts";
import { optionalWayRoles, wayRoles, type WayRole } from "./ways-set.ts";

const address = z.string().refine((text) => isAddress(text), "not an address");
const schema = z.strictObject({
  chainId: z.int().positive(),
  /** The first block that can hold an event of these contracts. */
  blockNumber: z.int().nonnegative(),
  contracts: z.strictObject(forEachRole(address)),
  /** The market of evidence. Deployments that were made before it was there are without. */
  evidence: z.strictObject(Object.fromEntries(evidenceRoles.map((role) => [role, address.optional()]))).optional(),
  /** Further ways to pay, by the same rule. */
  ways: z
    .strictObject(Object.fromEntries([...wayRoles, ...optionalWayRoles].map((role) => [role, address.optional()])))
    .optional(),
});

/** Where the contracts are on one chain. */
export type Deployment = Omit<z.infer<typeof schema>, "evidence" | "ways"> & {
  readonly evidence?: Readonly<Partial<Record<EvidenceRole, string>>> | undefined;
  readonly ways?: Readonly<Partial<Record<WayRole, string | undefined>>> | undefined;
};

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

/** Writes the deployment file in one step: it is there whole or not at all. */
export function writeDeployment(path: string, deployment: Deployment): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, `${JSON.stringify(deployment, null, 2)}\n`, { flush: true });
  renameSync(`${path}.new`, path);
}
