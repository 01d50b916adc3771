import { ContractFactory, getCreateAddress, type Provider, type Signer } from "ethers";

import { WattproofError } from "../../services/errors.ts";
import { artifactOf, type ContractRole } from "./artifacts.ts";
import { checkDeployment, checkErc20 } from "./check-deployment.ts";
import {
  contractNames,
  deployContractSet,
  type Appointments,
  type ContractName,
  type SettlementRules,
} from "./contract-set.ts";
import {
  readDeployment,
  readProgress,
  removeProgress,
  writeDeployment,
  writeProgress,
  type Deployment,
  type DeploymentProgress,
} from "./deployment-file.ts";

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
}

/** What was done or found for one contract. */
export interface DeploymentStep {
  readonly contract: ContractRole;
  readonly action: "deployed" | "present" | "given" | "planned";
  readonly address: string | null;
}

interface Run {
  readonly plan: DeploymentPlan;
  readonly progress: DeploymentProgress;
  readonly provider: Provider;
  readonly signer: Signer;
}

/** The name of a contract in the deployment file. */
const roles: Readonly<Record<ContractName, Exclude<ContractRole, "erc20">>> = {
  OracleCommittee: "oracleCommittee",
  OpeningGuard: "openingGuard",
  TariffRegistry: "tariffRegistry",
  PartnerAgreements: "partnerAgreements",
  MeterRegistry: "meterRegistry",
  MeterSettlement: "meterSettlement",
  Challenges: "challenges",
  VehicleConsents: "vehicleConsents",
  AuthorizedFunding: "authorizedFunding",
  ChargingSettlement: "chargingSettlement",
};

/** Receipts are waited for this long; a transaction that is not mined by then needs a person to look at it. */
const receiptTimeoutMs = 10 * 60_000;

/**
 * Deploys what the deployment file does not name yet, in an order in which each contract finds those it needs, and
 * checks what it does name: the code at each address and how the contracts are connected.
 *
 * @param signer Pays; undefined only plans.
 * @throws WattproofError DEPLOYMENT_DIFFERS when an address of the file has other code or other connections.
 * @throws WattproofError TRANSACTION_FAILED when somebody else used the deployer's account meanwhile; run it again.
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

  const run = { plan, progress: await openProgress(plan, provider), provider, signer };
  const erc20 = plan.erc20 ?? (await deployOne(run, "erc20", []));
  const addresses = await deployContractSet(
    erc20,
    plan.appointments,
    plan.rules,
    async (name, parameters) => {
      const address = await deployOne(run, roles[name], parameters);
      onDeployed();

      return address;
    },
    (ahead) => foretell(run, ahead),
  );
  const contracts = { erc20, ...byRole((role, name) => [role, addresses[name]]) };
  const deployment = { chainId: plan.chainId, blockNumber: run.progress.blockNumber, contracts };
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
    : { chainId: plan.chainId, blockNumber: await provider.getBlockNumber(), contracts: {}, foretold: null };
}

/**
 * Deploys one contract unless an interrupted run did, with the same parameters. Its address follows from the sender's
 * nonce, so it is on the disk before the transaction is sent.
 */
async function deployOne(run: Run, role: ContractRole, parameters: readonly unknown[]): Promise<string> {
  const { plan, progress, signer } = run;
  const artifact = artifactOf(role);
  const parametersText = textOf(parameters);
  const earlier = progress.contracts[role];
  if (earlier?.parameters === parametersText && (await isThere(run, role, earlier.address))) {
    return earlier.address;
  }
  const nonce = await signer.getNonce("pending");
  const address = getCreateAddress({ from: await signer.getAddress(), nonce });
  if (role === "chargingSettlement" && address !== progress.foretold?.address) {
    // Four contracts expect it elsewhere and are of no use; the next run deploys them again.
    throw new WattproofError("TRANSACTION_FAILED", "The deployer's account was used meanwhile; run it again.");
  }
  progress.contracts[role] = { address, parameters: parametersText };
  writeProgress(plan.path, progress);
  const contract = await new ContractFactory(artifact.interface, artifact.bytecode, signer).deploy(...parameters, {
    nonce,
  });
  await contract.deploymentTransaction()?.wait(1, receiptTimeoutMs);

  return address;
}

async function isThere({ provider }: Run, role: ContractRole, address: string): Promise<boolean> {
  return artifactOf(role).isCode(await provider.getCode(address));
}

/** The contracts that are deployed after the settlement's address was foretold, it included, in their order. */
const afterForetelling = contractNames.slice(-5).map((name) => roles[name]);

/**
 * The address of the settlement, which comes after `ahead` others. What an interrupted run foretold holds as long as
 * those that are missing, and nothing else, use up the nonces in between.
 */
async function foretell(run: Run, ahead: number): Promise<string> {
  const { plan, progress, signer } = run;
  const from = await signer.getAddress();
  const nonce = await signer.getNonce("pending");
  let missing = 0;
  for (const role of afterForetelling) {
    const earlier = progress.contracts[role];
    if (earlier === undefined || !(await isThere(run, role, earlier.address))) missing += 1;
  }
  const { foretold } = progress;
  if (foretold !== null && foretold.from === from) {
    const isReachable = missing > 0 && nonce + missing - 1 === foretold.nonce;
    if (missing === 0 || isReachable) return foretold.address;
  }

  const address = getCreateAddress({ from, nonce: nonce + ahead });
  progress.foretold = { from, nonce: nonce + ahead, address };
  writeProgress(plan.path, progress);

  return address;
}

/** Parameters as text, to recognise them. */
function textOf(parameters: readonly unknown[]): string {
  return JSON.stringify(parameters, (_name, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
}

function byRole(
  entryOf: (role: Exclude<ContractRole, "erc20">, name: ContractName) => readonly [string, string],
): Omit<Deployment["contracts"], "erc20"> {
  const entries = contractNames.map((name) => entryOf(roles[name], name));

  // One entry for each name, and so one for each role.
  return Object.fromEntries(entries) as Omit<Deployment["contracts"], "erc20">;
}

function stepsOf(
  plan: DeploymentPlan,
  action: DeploymentStep["action"],
  contracts: Deployment["contracts"] | undefined,
): readonly DeploymentStep[] {
  return (["erc20", ...contractNames.map((name) => roles[name])] as const).map((contract) => {
    const given = contract === "erc20" ? plan.erc20 : undefined;

    return {
      contract,
      action: given !== undefined && action !== "present" ? "given" : action,
      address: contracts?.[contract] ?? given ?? null,
    };
  });
}
