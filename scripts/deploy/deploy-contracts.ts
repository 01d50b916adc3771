import { Contract, ContractFactory, getCreateAddress, type Provider, type Signer } from "ethers";

import { WattproofError } from "../../services/errors.ts";
import { artifactOf, type ContractRole } from "./artifacts.ts";
import {
  readDeployment,
  readProgress,
  removeProgress,
  writeDeployment,
  writeProgress,
  type Deployment,
  type DeploymentProgress,
} from "./deployment-file.ts";

/** What is decided when the contracts are deployed and cannot be changed afterwards. */
export interface DeploymentPlan {
  readonly chainId: number;
  /** The deployment file. */
  readonly path: string;
  /** The token that is settled in; without it the demo token is deployed, which only a local chain may have. */
  readonly erc20: string | undefined;
  /** Owner of the oracle set: meant to be a multi-signature account. */
  readonly owner: string;
  /** The oracles from the first block on. */
  readonly oracles: readonly string[];
  readonly maximumSessionSeconds: number;
  readonly changeDelaySeconds: number;
}

/** What was done or found for one contract. */
export interface DeploymentStep {
  readonly contract: ContractRole;
  readonly action: "deployed" | "present" | "given" | "planned";
  readonly address: string | null;
}

/** Receipts are waited for this long; a transaction that is not mined by then needs a person to look at it. */
const receiptTimeoutMs = 10 * 60_000;

/**
 * Deploys what the deployment file does not name yet, in an order in which each contract finds those it needs, and
 * checks what it does name: the code at each address and how the contracts are connected.
 *
 * @param signer Pays; undefined only plans.
 * @throws WattproofError DEPLOYMENT_DIFFERS when an address of the file has other code or other connections.
 */
export async function deployContracts(
  plan: DeploymentPlan,
  provider: Provider,
  signer: Signer | undefined,
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

  const progress = await openProgress(plan, provider);
  const deployOne = async (role: ContractRole, parameters: readonly unknown[]): Promise<string> =>
    addressAfter({ plan, progress, provider, signer }, role, parameters);
  const erc20 = plan.erc20 ?? (await deployOne("erc20", []));
  const oracleSet = await deployOne("oracleSet", [plan.owner, plan.changeDelaySeconds, plan.oracles]);
  const tariffRegistry = await deployOne("tariffRegistry", []);
  const meterRegistry = await deployOne("meterRegistry", [oracleSet]);
  const chargingSettlement = await deployOne("chargingSettlement", [
    erc20,
    tariffRegistry,
    meterRegistry,
    oracleSet,
    plan.maximumSessionSeconds,
  ]);
  const contracts = { erc20, oracleSet, tariffRegistry, meterRegistry, chargingSettlement };
  const deployment = { chainId: plan.chainId, blockNumber: progress.blockNumber, contracts };
  await checkDeployment(plan, deployment, provider);
  writeDeployment(plan.path, deployment);
  removeProgress(plan.path);

  return { steps: stepsOf(plan, "deployed", contracts), deployment };
}

/** What an earlier, interrupted run left, as far as it is of this chain. */
async function openProgress(plan: DeploymentPlan, provider: Provider): Promise<DeploymentProgress> {
  const left = readProgress(plan.path);

  return left?.chainId === plan.chainId
    ? left
    : { chainId: plan.chainId, blockNumber: await provider.getBlockNumber(), contracts: {} };
}

/**
 * Deploys one contract unless an interrupted run did, with the same parameters. Its address follows from the sender's
 * nonce, so it is on the disk before the transaction is sent.
 */
async function addressAfter(
  run: { plan: DeploymentPlan; progress: DeploymentProgress; provider: Provider; signer: Signer },
  role: ContractRole,
  parameters: readonly unknown[],
): Promise<string> {
  const { plan, progress, provider, signer } = run;
  const artifact = artifactOf(role);
  const parametersText = JSON.stringify(parameters);
  const earlier = progress.contracts[role];
  if (earlier?.parameters === parametersText && artifact.isCode(await provider.getCode(earlier.address))) {
    return earlier.address;
  }
  const nonce = await signer.getNonce("pending");
  const address = getCreateAddress({ from: await signer.getAddress(), nonce });
  progress.contracts[role] = { address, parameters: parametersText };
  writeProgress(plan.path, progress);
  const contract = await new ContractFactory(artifact.interface, artifact.bytecode, signer).deploy(...parameters, {
    nonce,
  });
  await contract.deploymentTransaction()?.wait(1, receiptTimeoutMs);

  return address;
}

async function checkDeployment(plan: DeploymentPlan, deployment: Deployment, provider: Provider): Promise<void> {
  const { contracts } = deployment;
  if (deployment.chainId !== plan.chainId) {
    throw new WattproofError("DEPLOYMENT_DIFFERS", `${plan.path} is of chain ${deployment.chainId}`);
  }
  await checkErc20(contracts.erc20, provider);
  for (const role of ownRoles) {
    if (!artifactOf(role).isCode(await provider.getCode(contracts[role]))) {
      throw new WattproofError("DEPLOYMENT_DIFFERS", `${contracts[role]} does not have the code of ${role}`);
    }
  }
  const settlement = new Contract(contracts.chargingSettlement, artifactOf("chargingSettlement").interface, provider);
  const meterSettlement = new Contract(
    String(await settlement.getFunction("meterSettlement")()),
    ["function meterRegistry() view returns (address)"],
    provider,
  );
  const meterRegistry = new Contract(contracts.meterRegistry, artifactOf("meterRegistry").interface, provider);
  const found = {
    "chargingSettlement.erc20": [await settlement.getFunction("erc20")(), contracts.erc20],
    "chargingSettlement.oracleSet": [await settlement.getFunction("oracleSet")(), contracts.oracleSet],
    "chargingSettlement.tariffRegistry": [await settlement.getFunction("tariffRegistry")(), contracts.tariffRegistry],
    "meterSettlement.meterRegistry": [await meterSettlement.getFunction("meterRegistry")(), contracts.meterRegistry],
    "meterRegistry.oracleSet": [await meterRegistry.getFunction("oracleSet")(), contracts.oracleSet],
    "given erc20": [contracts.erc20, plan.erc20 ?? contracts.erc20],
  };
  for (const [name, [actual, expected]] of Object.entries(found)) {
    if (String(actual).toLowerCase() !== String(expected).toLowerCase()) {
      throw new WattproofError("DEPLOYMENT_DIFFERS", `${name} is ${String(actual)} instead of ${String(expected)}`);
    }
  }
}

async function checkErc20(erc20: string, provider: Provider): Promise<void> {
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

/** The token may be anybody's; the code of the others is ours. */
const ownRoles = ["oracleSet", "tariffRegistry", "meterRegistry", "chargingSettlement"] as const;

function stepsOf(
  plan: DeploymentPlan,
  action: DeploymentStep["action"],
  contracts: Deployment["contracts"] | undefined,
): readonly DeploymentStep[] {
  return (["erc20", ...ownRoles] as const).map((contract) => {
    const given = contract === "erc20" ? plan.erc20 : undefined;

    return {
      contract,
      action: given !== undefined && action !== "present" ? "given" : action,
      address: contracts?.[contract] ?? given ?? null,
    };
  });
}
