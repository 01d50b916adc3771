import type { Provider, Signer } from "ethers";

import { evidenceRoles, type EvidenceRole } from "../../services/contracts.ts";
import type { ContractRole } from "./artifacts.ts";
import { checkDeployment, checkErc20 } from "./check-deployment.ts";
import {
  contractNames,
  deployContractSet,
  roleOf,
  type Appointments,
  type ContractName,
  type SettlementRules,
} from "./contract-set.ts";
import { openContractDeployer, type PlacedContract } from "./contract-deployer.ts";
import { readDeployment, writeDeployment, type Deployment } from "./deployment-file.ts";
import { deployEvidenceSet } from "./evidence-set.ts";
import type { VerifiableContract } from "./verification.ts";
import { deployWaySet, waysWith, type WayNeeds, type WayRole } from "./ways-set.ts";

/** What is decided when the contracts are deployed. */
export interface DeploymentPlan extends WayNeeds {
  readonly chainId: number;
  /** The deployment file. */
  readonly path: string;
  /** The token that is settled in; without it the demo token is deployed, which only a local chain may have. */
  readonly erc20: string | undefined;
  /** Who is named at first; committee and guardian can change later. */
  readonly appointments: Appointments;
  /** What cannot be changed afterwards. */
  readonly rules: SettlementRules;
  /** Oracles can attest meters of every curve: for the demo, which has records of meters that nobody there has. */
  readonly isDemo?: boolean;
}

/** What was done or found for one contract. */
export interface DeploymentStep {
  readonly contract: ContractRole | EvidenceRole | WayRole;
  readonly action: "deployed" | "present" | "given" | "planned";
  readonly address: string | null;
  /** What this run used for it; null if it sent nothing. */
  readonly gas: bigint | null;
}

/** What was done, and what is there. */
export interface DeploymentResult {
  readonly steps: readonly DeploymentStep[];
  readonly deployment: Deployment | undefined;
  /** What this run placed or found on its way, for the verification of sources. */
  readonly placed: readonly VerifiableContract[];
}

/**
 * Deploys the contracts, each at an address that follows from the account, the plan and the code, and checks the code at
 * each address and how the contracts are connected. What is there already, from the deployment file or from an
 * interrupted run of the same plan, is found and left alone.
 *
 * @param signer Pays; undefined only plans.
 * @throws WattproofError DEPLOYMENT_DIFFERS when an address has other code or other connections.
 * @throws WattproofError TRANSACTION_FAILED
 */
export async function deployContracts(
  plan: DeploymentPlan,
  provider: Provider,
  signer: Signer | undefined,
  onDeployed: () => void = () => undefined,
): Promise<DeploymentResult> {
  const known = readDeployment(plan.path);
  if (known !== undefined) {
    await checkDeployment(plan, known, provider);
    const isComplete =
      evidenceRoles.every((role) => known.evidence?.[role] !== undefined) &&
      waysWith(plan).every((role) => known.ways?.[role] !== undefined);
    if (isComplete || signer === undefined) return { steps: stepsOf(plan, known), deployment: known, placed: [] };
  }
  if (plan.erc20 !== undefined) {
    // The contract refuses a token by its decimals, too; asking first saves the gas of finding out.
    await checkErc20(plan.erc20, provider);
  }
  if (signer === undefined) {
    return { steps: stepsOf(plan, undefined), deployment: undefined, placed: [] };
  }

  const deployer = await openContractDeployer(plan, provider, signer);
  const deployed = new Map<ContractRole | EvidenceRole | WayRole, bigint>();
  const placed: VerifiableContract[] = [];
  const note = (role: ContractRole | EvidenceRole | WayRole, contract: PlacedContract): string => {
    const { address, gas, constructorArguments } = contract;
    if (gas !== null) deployed.set(role, gas);
    placed.push({ role, address, constructorArguments });

    return address;
  };
  const deploy = async (role: ContractRole, parameters: readonly unknown[]): Promise<string> => {
    return note(role, await deployer.deploy(role, parameters));
  };
  const core = known ?? (await deployCore(plan, deployer, deploy, onDeployed));
  const { chargingSettlement } = core.contracts;
  const deployBeside = async (role: EvidenceRole | WayRole, parameters: readonly unknown[]): Promise<string> => {
    const address = note(role, await deployer.deployBeside(chargingSettlement, role, parameters));
    onDeployed();

    return address;
  };
  const evidence = await deployEvidenceSet(chargingSettlement, deployBeside);
  const ways = await deployWaySet(chargingSettlement, plan, deployBeside);
  const deployment = { ...core, evidence, ways: { ...known?.ways, ...ways } };
  await checkDeployment(plan, deployment, provider);
  writeDeployment(plan.path, deployment);
  const steps = stepsOf(plan, deployment).map((step) => ({
    ...step,
    ...(deployed.has(step.contract) ? { action: "deployed" as const, gas: deployed.get(step.contract) ?? null } : {}),
  }));

  return { steps, deployment, placed };
}

async function deployCore(
  plan: DeploymentPlan,
  deployer: Awaited<ReturnType<typeof openContractDeployer>>,
  deploy: (role: ContractRole, parameters: readonly unknown[]) => Promise<string>,
  onDeployed: () => void,
): Promise<Deployment> {
  const erc20 = plan.erc20 ?? (await deploy("erc20", []));
  const addresses = await deployContractSet(
    erc20,
    plan.appointments,
    plan.rules,
    async (name, parameters) => {
      const address = await deploy(roleOf(name), parameters);
      onDeployed();

      return address;
    },
    (_ahead, role) => deployer.addressOf(role),
  );
  const contracts = { erc20, ...byRole((role, name) => [role, addresses[name]]) };

  return { chainId: plan.chainId, blockNumber: await deployer.blockOf(contracts.oracleCommittee), contracts };
}

function byRole(
  entryOf: (role: ReturnType<typeof roleOf>, name: ContractName) => readonly [string, string],
): Omit<Deployment["contracts"], "erc20"> {
  const entries = contractNames.map((name) => entryOf(roleOf(name), name));

  // One entry for each name, and so one for each role.
  return Object.fromEntries(entries) as Omit<Deployment["contracts"], "erc20">;
}

/** What is there of a deployment, and what is not there yet. */
function stepsOf(plan: DeploymentPlan, found: Deployment | undefined): readonly DeploymentStep[] {
  const core = (["erc20", ...contractNames.map((name) => roleOf(name))] as const).map((contract) => {
    const given = contract === "erc20" ? plan.erc20 : undefined;

    return { contract, given, address: found?.contracts[contract] ?? given ?? null };
  });
  const evidence = evidenceRoles.map((contract) => ({
    contract,
    given: undefined,
    address: found?.evidence?.[contract] ?? null,
  }));
  const ways = waysWith(plan).map((contract) => ({
    contract,
    given: undefined,
    address: found?.ways?.[contract] ?? null,
  }));

  return [...core, ...evidence, ...ways].map(({ contract, given, address }) => ({
    contract,
    action: given !== undefined ? "given" : address === null ? "planned" : "present",
    address,
    gas: null,
  }));
}
