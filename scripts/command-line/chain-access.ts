import type { JsonRpcProvider } from "ethers";
import { Contract } from "ethers";

import { readContractInterfaces, type ContractInterfaces } from "../../services/chain/contracts.ts";
import type { Rpc } from "../../services/chain/rpc.ts";
import { WattproofError } from "../../services/errors.ts";
import type { IOpeningGuard } from "../../types/interfaces/IOpeningGuard.ts";
import { connectToChain } from "./chain-endpoint.ts";
import { contractsOf, type Contracts } from "../local-world/contract-handles.ts";
import { artifactOf } from "../deploy/artifacts.ts";
import { deploymentPathOf, readDeployment, type Deployment } from "../deploy/deployment-file.ts";

/** Where the chain is: `--rpc` or WATTPROOF_RPC_URL, `--deployment` or the usual place. */
export interface ChainPlace {
  readonly rpcUrl: string | undefined;
  readonly deploymentPath: string | undefined;
}

/** A chain with the contracts of a deployment on it. */
export interface ChainAccess {
  readonly chainId: number;
  readonly provider: JsonRpcProvider;
  /** The same endpoint, for what the library cannot ask. */
  readonly rpc: Rpc;
  readonly deployment: Deployment;
  readonly deploymentPath: string;
  readonly contracts: Contracts;
  readonly openingGuard: IOpeningGuard;
  readonly interfaces: ContractInterfaces;
}

/** @throws USAGE_INVALID, CHAIN_UNAVAILABLE */
export function connect({ rpcUrl }: ChainPlace): ReturnType<typeof connectToChain> {
  if (rpcUrl === undefined) {
    throw new WattproofError("USAGE_INVALID", "Say which chain: --rpc <url>, or WATTPROOF_RPC_URL.");
  }
  return connectToChain(rpcUrl);
}

/** @throws USAGE_INVALID, CHAIN_UNAVAILABLE, DEPLOYMENT_INVALID */
export async function openChain(place: ChainPlace): Promise<ChainAccess> {
  const { chainId, provider, rpc } = await connect(place);
  try {
    const deploymentPath = place.deploymentPath ?? deploymentPathOf(chainId);
    const deployment = readDeployment(deploymentPath);
    if (deployment === undefined) {
      throw new WattproofError(
        "USAGE_INVALID",
        `There is no deployment file ${deploymentPath}. Name one with --deployment, or run deploy.`,
      );
    }
    if (deployment.chainId !== chainId) {
      throw new WattproofError(
        "DEPLOYMENT_DIFFERS",
        `${deploymentPath} is of chain ${deployment.chainId}, the endpoint of chain ${chainId}.`,
      );
    }
    const guard: unknown = new Contract(
      deployment.contracts.openingGuard,
      artifactOf("openingGuard").interface,
      provider,
    );

    return {
      chainId,
      provider,
      rpc,
      deployment,
      deploymentPath,
      contracts: contractsOf(deployment, provider),
      // The type is generated from the same artifact that the interface is read from.
      openingGuard: guard as IOpeningGuard,
      interfaces: readContractInterfaces(),
    };
  } catch (error) {
    provider.destroy();
    throw error;
  }
}
