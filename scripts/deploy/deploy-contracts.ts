import type { Provider, Signer } from "ethers";

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
import { openContractDeployer } from "./contract-deployer.ts";
import { readDeployment, writeDeployment, type Deployment } from "./deployment-file.ts";

/** What is decided when the contracts are deployed. */
export interface DeploymentPlan {
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
  readonly contract: ContractRole;
  readonly action: "deployed" | "present" | "given" | "planned";
  readonly address: string | null;
  /** What this run used for it; null if it sent nothing. */
  readonly gas: bigint | null;
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
): Promise<{ readonly steps: readonly DeploymentStep[]; readonly deployment: Deployment | undefined }> {
  const known = readDeployment(plan.path);
  if (known !== undefined) {
    await checkDeployment(plan, known, provider);

    return { steps: stepsOf(plan, "present", known.contracts), deployment: known };
  }
  if (plan.erc20 !== undefined) {
    // The contract refuses a token by its decimals, too; asking first saves the gas of finding out.
    await checkErc20(plan.erc20, provider);
  }
  if (signer === undefined) {
    return { steps: stepsOf(plan, "planned", undefined), deployment: undefined };
  }

  const deployer = await openContractDeployer(plan, provider, signer);
  const deployed = new Map<ContractRole, bigint>();
  const deploy = async (role: ContractRole, parameters: readonly unknown[]): Promise<string> => {
    const { address, gas } = await deployer.deploy(role, parameters);
    if (gas !== null) deployed.set(role, gas);

    return address;
  };
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
    () => deployer.addressOf("chargingSettlement"),
  );
  const contracts = { erc20, ...byRole((role, name) => [role, addresses[name]]) };
  const blockNumber = await deployer.blockOf(contracts.oracleCommittee);
  const deployment = { chainId: plan.chainId, blockNumber, contracts };
  await checkDeployment(plan, deployment, provider);
  writeDeployment(plan.path, deployment);
  const steps = stepsOf(plan, "present", contracts).map((step) => ({
    ...step,
    ...(deployed.has(step.contract) ? { action: "deployed" as const, gas: deployed.get(step.contract) ?? null } : {}),
  }));

  return { steps, deployment };
}

function byRole(
  entryOf: (role: ReturnType<typeof roleOf>, name: ContractName) => readonly [string, string],
): Omit<Deployment["contracts"], "erc20"> {
  const entries = contractNames.map((name) => entryOf(roleOf(name), name));

  // One entry for each name, and so one for each role.
  return Object.fromEntries(entries) as Omit<Deployment["contracts"], "erc20">;
}

function stepsOf(
  plan: DeploymentPlan,
  action: "present" | "planned",
  contracts: Deployment["contracts"] | undefined,
): readonly DeploymentStep[] {
  return (["erc20", ...contractNames.map((name) => roleOf(name))] as const).map((contract) => {
    const given = contract === "erc20" ? plan.erc20 : undefined;

    return {
      contract,
      action: given === undefined ? action : "given",
      address: contracts?.[contract] ?? given ?? null,
      gas: null,
    };
  });
}
