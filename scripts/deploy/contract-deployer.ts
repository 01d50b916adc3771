import {
  Contract,
  ContractFactory,
  getCreate2Address,
  id,
  keccak256,
  type Provider,
  type Signer,
  type TransactionResponse,
  ZeroHash,
} from "ethers";

import type { EvidenceRole } from "../../services/contracts.ts";
import { WattproofError } from "../../services/errors.ts";
import { artifactOf, type ArtifactName, type ContractRole } from "./artifacts.ts";
import { contractNames, roleOf } from "./contract-set.ts";
import { factoryAddress, installFactory } from "./create2-factory.ts";
import type { DeploymentPlan } from "./deploy-contracts.ts";
import { receiptOf } from "./receipt.ts";
import type { WayRole } from "./ways-set.ts";

type DeploymentContent = Pick<DeploymentPlan, "erc20" | "appointments" | "rules" | "isDemo">;

/** A contract that is there now. */
export interface PlacedContract {
  readonly address: string;
  /** What this run used for it; `null` if it was there. */
  readonly gas: bigint | null;
  /** What its constructor was given, as it is encoded; `0x` and hexadecimal digits. */
  readonly constructorArguments: string;
}

/** Deploys an account's contracts at addresses that are known before. */
export interface ContractDeployer {
  /** Where the contract of a role is, or will be. */
  addressOf(role: ContractRole): Promise<string>;
  /**
   * Deploys a contract unless it is there.
   *
   * @throws WattproofError TRANSACTION_FAILED, DEPLOYMENT_DIFFERS
   */
  deploy(role: ContractRole, parameters: readonly unknown[]): Promise<PlacedContract>;
  /** The block in which a contract was deployed. */
  blockOf(address: string): Promise<number>;
  /** The same for a contract beside a settlement, whose address follows from that one, its parameters and its code. */
  deployBeside(
    settlement: string,
    role: EvidenceRole | WayRole,
    parameters: readonly unknown[],
  ): Promise<PlacedContract>;
}

/**
 * The deployer contract of this chain, which is put there where it is missing. It has the same address on every chain.
 *
 * @throws WattproofError TRANSACTION_FAILED
 */
export async function openContractDeployer(
  plan: DeploymentContent,
  provider: Provider,
  signer: Signer,
): Promise<ContractDeployer> {
  const artifact = artifactOf("contractDeployer");
  const { interface: abi, bytecode } = artifact;
  const at = getCreate2Address(factoryAddress, ZeroHash, keccak256(bytecode));
  if (!artifact.isCode(await provider.getCode(at))) {
    await installFactory(provider, signer);
    // The factory takes the salt and then the code.
    await receiptOf(await signer.sendTransaction({ to: factoryAddress, data: ZeroHash + bytecode.slice(2) }));
  }
  const contract = new Contract(at, abi, signer);
  const account = await signer.getAddress();
  const planHash = planHashOf(plan);
  const saltOf = (role: ContractRole): string => id(`${role} ${planHash}`);
  const addressOf = async (role: ContractRole): Promise<string> =>
    String(await contract.getFunction("addressOf")(account, saltOf(role)));

  async function deployAt(salt: string, name: ArtifactName, parameters: readonly unknown[]): Promise<PlacedContract> {
    const address = String(await contract.getFunction("addressOf")(account, salt));
    const compiled = artifactOf(name);
    const code = await provider.getCode(address);
    const constructorArguments = compiled.interface.encodeDeploy(parameters);
    if (compiled.isCode(code)) return { address, gas: null, constructorArguments };
    if (code !== "0x") throw new WattproofError("DEPLOYMENT_DIFFERS", `${address} does not have the code of ${name}`);
    const { data } = await new ContractFactory(compiled.interface, compiled.bytecode).getDeployTransaction(
      ...parameters,
    );

    const { gasUsed } = await receiptOf((await contract.getFunction("deploy")(salt, data)) as TransactionResponse);

    return { address, gas: gasUsed, constructorArguments };
  }

  return {
    addressOf,
    deploy: (role, parameters) => deployAt(saltOf(role), artifactNameOf(plan, role), parameters),
    deployBeside(settlement, role, parameters) {
      const salt = id(JSON.stringify([role, settlement, parameters, keccak256(artifactOf(role).bytecode)]));
      return deployAt(salt, role, parameters);
    },
    blockOf: async (address) => Number(await contract.getFunction("blockOf")(address)),
  };
}

/**
 * Other rules, people, token or code give other addresses; so a contract at one of them was deployed with just these.
 */
function planHashOf(plan: DeploymentContent): string {
  const { erc20, appointments, rules } = plan;
  const code = (["erc20", ...contractNames.map(roleOf)] as const).map((role) =>
    keccak256(artifactOf(artifactNameOf(plan, role)).bytecode),
  );
  const { owner, guardian, oracles, threshold } = appointments;
  const ruleTexts = Object.entries(rules).map(([name, value]) => `${name} ${String(value)}`);

  return id(
    JSON.stringify([erc20 ?? null, owner, guardian, oracles, threshold, ruleTexts.toSorted(), code]).toLowerCase(),
  );
}

function artifactNameOf({ isDemo }: DeploymentContent, role: ContractRole): ArtifactName {
  return role === "meterRegistry" && isDemo === true ? "trustingMeterRegistry" : role;
}
