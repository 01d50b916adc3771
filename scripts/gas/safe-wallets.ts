import { readFileSync } from "node:fs";

import {
  AbiCoder,
  ContractFactory,
  Interface,
  ZeroAddress,
  concat,
  type BaseWallet,
  type InterfaceAbi,
  type Signer,
  type TypedDataDomain,
} from "ethers";

/** Deploys Safes, and has them sign. The contracts are those of Safe's own package, as it compiled them. */
export interface SafeWallets {
  readonly factory: string;
  /** What the factory is called with to deploy the Safe of these owners. */
  creationOf(owners: readonly string[], threshold: number): string;
  /** Where that Safe is, or will be. */
  addressOf(owners: readonly string[], threshold: number): Promise<string>;
}

/** The field of an EIP-712 message that the owners of a Safe sign for it (ERC-1271). */
const messageTypes = { SafeMessage: [{ name: "message", type: "bytes" }] };
const erc6492Mark = `0x${"6492".repeat(16)}`;
const saltNonce = 0;

const artifacts = {
  safe: "Safe.sol/Safe",
  factory: "proxies/SafeProxyFactory.sol/SafeProxyFactory",
  handler: "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler",
  signMessage: "libraries/SignMessageLib.sol/SignMessageLib",
} as const;

/** @param sender Pays for the three contracts that all Safes of a chain share. */
export async function deploySafeWallets(sender: Signer): Promise<SafeWallets> {
  const singleton = await deploySafePart("safe", sender);
  const factory = await deploySafePart("factory", sender);
  const handler = await deploySafePart("handler", sender);
  const { abi } = readArtifact("factory");
  const factoryInterface = new Interface(abi);
  const safeInterface = new Interface(readArtifact("safe").abi);

  function creationOf(owners: readonly string[], threshold: number): string {
    const nobody = [ZeroAddress, 0, ZeroAddress];
    const setup = safeInterface.encodeFunctionData("setup", [
      ...[owners, threshold, ZeroAddress, "0x", handler],
      ...nobody,
    ]);
    return factoryInterface.encodeFunctionData("createProxyWithNonce", [singleton, setup, saltNonce]);
  }

  return {
    factory,
    creationOf,
    async addressOf(owners, threshold) {
      const answer = await sender.call({ to: factory, data: creationOf(owners, threshold) });
      return String(factoryInterface.decodeFunctionResult("createProxyWithNonce", answer)[0]);
    },
  };
}

/** What a Safe takes as its signature of a digest: its owners' signatures, in the order of their addresses. */
export async function signAsSafe(
  digest: string,
  domain: Pick<TypedDataDomain, "chainId"> & { readonly verifyingContract: string },
  owners: readonly BaseWallet[],
): Promise<string> {
  const message = AbiCoder.defaultAbiCoder().encode(["bytes32"], [digest]);
  const ordered = owners.toSorted((left, right) => (BigInt(left.address) < BigInt(right.address) ? -1 : 1));
  return concat(await Promise.all(ordered.map((owner) => owner.signTypedData(domain, messageTypes, { message }))));
}

/** The same of a wallet that may not be deployed yet (ERC-6492). */
export function wrapForNewWallet(factory: string, factoryCalldata: string, signature: string): string {
  const values = [factory, factoryCalldata, signature];
  return concat([AbiCoder.defaultAbiCoder().encode(["address", "bytes", "bytes"], values), erc6492Mark]);
}

/** Deploys one of the contracts that all Safes of a chain share. @returns its address */
export async function deploySafePart(name: keyof typeof artifacts, sender: Signer): Promise<string> {
  const { abi, bytecode } = readArtifact(name);
  const contract = await new ContractFactory(abi, bytecode, sender).deploy();
  await contract.waitForDeployment();
  return contract.getAddress();
}

function readArtifact(name: keyof typeof artifacts): { readonly abi: InterfaceAbi; readonly bytecode: string } {
  const path = import.meta.resolve(`@safe-global/safe-smart-account/build/artifacts/contracts/${artifacts[name]}.json`);
  return JSON.parse(readFileSync(new URL(path), "utf8")) as { abi: InterfaceAbi; bytecode: string };
}
