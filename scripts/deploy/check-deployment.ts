import { Contract, type Provider } from "ethers";

import { contractLinks, type EvidenceRole } from "../../services/contracts.ts";
import { WattproofError } from "../../services/errors.ts";
import { localChainId } from "../local-world/chain-id.ts";
import { artifactOf, type ContractRole } from "./artifacts.ts";
import type { DeploymentPlan } from "./deploy-contracts.ts";
import type { Deployment } from "./deployment-file.ts";
import { evidenceLinks } from "./evidence-set.ts";
import type { WayRole } from "./ways-set.ts";

/** Each contract's view of another one: contract, view, the one that it has to be. */
const connections: readonly (readonly [ContractRole, string, ContractRole])[] = [
  ...contractLinks.map(([holder, named]) => [holder, named, named] as const),
  ["meterSettlement", "settlement", "chargingSettlement"],
  ["challenges", "meterSettlement", "meterSettlement"],
  ["challenges", "oracleCommittee", "oracleCommittee"],
  ["challenges", "settlement", "chargingSettlement"],
  ["vehicleConsents", "settlement", "chargingSettlement"],
  ["authorizedFunding", "settlement", "chargingSettlement"],
];

/**
 * Checks that the contracts of a deployment are ours and know each other.
 *
 * @throws WattproofError DEPLOYMENT_DIFFERS, ERC20_UNSUITABLE
 */
export async function checkDeployment(plan: DeploymentPlan, deployment: Deployment, provider: Provider): Promise<void> {
  const { contracts } = deployment;
  if (deployment.chainId !== plan.chainId) {
    throw new WattproofError("DEPLOYMENT_DIFFERS", `${plan.path} is of chain ${deployment.chainId}`);
  }
  await checkErc20(contracts.erc20, provider);
  requireSame("given erc20", contracts.erc20, plan.erc20 ?? contracts.erc20);
  // The token may be anybody's; the code of the others is ours.
  for (const [role, address] of Object.entries(contracts) as [ContractRole, string][]) {
    if (role !== "erc20" && !isCodeOf(role, plan.chainId, await provider.getCode(address))) {
      throw new WattproofError("DEPLOYMENT_DIFFERS", `${address} does not have the code of ${role}`);
    }
  }
  for (const [role, view, expected] of connections) {
    const contract = new Contract(contracts[role], artifactOf(role).interface, provider);
    requireSame(`${role}.${view}`, String(await contract.getFunction(view)()), contracts[expected]);
  }
  await checkBeside(deployment, provider);
}

/** Those of the market of evidence and of further ways to pay that the deployment has. */
async function checkBeside({ contracts, evidence = {}, ways = {} }: Deployment, provider: Provider): Promise<void> {
  for (const [role, address] of Object.entries({ ...evidence, ...ways }) as [EvidenceRole | WayRole, string][]) {
    if (!artifactOf(role).isCode(await provider.getCode(address))) {
      throw new WattproofError("DEPLOYMENT_DIFFERS", `${address} does not have the code of ${role}`);
    }
  }
  for (const role of ["walletOpenings", "acrossFunding"] as const) {
    const address = ways[role];
    if (address === undefined) continue;
    const contract = new Contract(address, artifactOf(role).interface, provider);
    requireSame(`${role}.settlement`, String(await contract.getFunction("settlement")()), contracts.chargingSettlement);
  }
  for (const [role, view, expected] of evidenceLinks) {
    const address = evidence[role];
    if (address === undefined) continue;
    const contract = new Contract(address, artifactOf(role).interface, provider);
    const other = expected === "chargingSettlement" ? contracts[expected] : evidence[expected];
    requireSame(`${role}.${view}`, String(await contract.getFunction(view)()), other ?? "not deployed");
  }
}

/** A local chain may have the demo's registry. */
function isCodeOf(role: ContractRole, chainId: number, code: string): boolean {
  if (artifactOf(role).isCode(code)) return true;

  return role === "meterRegistry" && chainId === localChainId && artifactOf("trustingMeterRegistry").isCode(code);
}

/** @throws WattproofError ERC20_UNSUITABLE */
export async function checkErc20(erc20: string, provider: Provider): Promise<void> {
  if ((await provider.getCode(erc20)) === "0x") {
    throw new WattproofError("ERC20_UNSUITABLE", `There is no contract at ${erc20}`);
  }
  const decimals = Number(
    await new Contract(erc20, ["function decimals() view returns (uint8)"], provider).getFunction("decimals")(),
  );
  if (decimals < 6 || decimals > 18) {
    throw new WattproofError("ERC20_UNSUITABLE", `${erc20} has ${decimals} decimals, and 6 to 18 are supported`);
  }
}

function requireSame(name: string, actual: string, expected: string): void {
  if (actual.toLowerCase() !== expected.toLowerCase()) {
    throw new WattproofError("DEPLOYMENT_DIFFERS", `${name} is ${actual} instead of ${expected}`);
  }
}
