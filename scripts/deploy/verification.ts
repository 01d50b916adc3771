import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import type { EvidenceRole } from "../../services/contracts.ts";
import { WattproofError } from "../../services/errors.ts";
import { artifactOf, type ContractRole } from "./artifacts.ts";
import type { WayRole } from "./ways-set.ts";

/** A contract whose source can be shown to be what is on chain. */
export interface VerifiableContract {
  readonly role: ContractRole | EvidenceRole | WayRole;
  readonly address: string;
  /** As its constructor was given them; `0x` and hexadecimal digits. */
  readonly constructorArguments: string;
}

const buildInfo = z.object({ solcLongVersion: z.string(), input: z.looseObject({ language: z.literal("Solidity") }) });
const listed = z.object({
  role: z.string(),
  name: z.string(),
  address: z.string(),
  compiler: z.string(),
  standardInput: z.string(),
  constructorArguments: z.string(),
});
const list = z.object({ chainId: z.int().positive(), contracts: z.array(listed) });

/** Beside the deployment file. */
export function verificationFolderOf(deploymentPath: string): string {
  return `${deploymentPath.replace(/\.json$/u, "")}.verification`;
}

/**
 * Writes what an explorer asks for to verify sources: the compiler's standard JSON input as the build gave it, once, and
 * a list of the contracts with their names and the arguments of their constructors. What is listed of an earlier run of
 * the same deployment stays.
 *
 * @throws WattproofError CONTRACT_NOT_COMPILED
 */
export function writeVerification(folder: string, chainId: number, contracts: readonly VerifiableContract[]): void {
  mkdirSync(folder, { recursive: true });
  const listPath = join(folder, "contracts.json");
  const earlier = existsSync(listPath) ? list.parse(JSON.parse(readFileSync(listPath, "utf8"))).contracts : [];
  const now = contracts.map(({ role, address, constructorArguments }) => {
    const { fullName, buildInfoId } = artifactOf(role);
    const { compiler, standardInput } = writeInput(folder, buildInfoId);
    return { role, name: fullName, address, compiler, standardInput, constructorArguments };
  });
  const kept = earlier.filter(({ address }) => !now.some((contract) => contract.address === address));
  writeFileSync(listPath, `${JSON.stringify({ chainId, contracts: [...kept, ...now] }, null, 2)}\n`);
}

function writeInput(
  folder: string,
  buildInfoId: string,
): { readonly compiler: string; readonly standardInput: string } {
  const path = join(import.meta.dirname, "../../artifacts/build-info", `${buildInfoId}.json`);
  let build: z.infer<typeof buildInfo>;
  try {
    build = buildInfo.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    throw new WattproofError("CONTRACT_NOT_COMPILED", `${path}; run npm run build`, { cause: error });
  }
  const standardInput = `${buildInfoId}.json`;
  const target = join(folder, standardInput);
  if (!existsSync(target)) writeFileSync(target, JSON.stringify(build.input));
  return { compiler: `v${build.solcLongVersion}`, standardInput };
}
