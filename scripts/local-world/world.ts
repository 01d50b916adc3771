import type { Wallet } from "ethers";

import { WattproofError } from "../../services/errors.ts";
import { usualThreshold } from "../deploy/check-rules.ts";
import { defaultRules } from "../deploy/contract-set.ts";
import { deployContracts, type DeploymentStep } from "../deploy/deploy-contracts.ts";
import type { Deployment } from "../deploy/deployment-file.ts";
import { createLocalChain, type LocalChain } from "./chain.ts";
import { localChainId } from "./chain-id.ts";
import type { ChainClock } from "./clock.ts";
import { startRpcServer } from "./rpc-server.ts";
import { demoAccount } from "./accounts.ts";
import { postBonds } from "./bonds.ts";
import { contractsOf, createChainProvider, type Contracts } from "./contract-handles.ts";
import { createTransactor, type Transactor } from "./transactor.ts";

/** A chain with the contracts on it, and the accounts that act on it. */
export interface World {
  readonly chain: LocalChain;
  readonly rpcUrl: string;
  readonly deployment: Deployment;
  readonly deploymentSteps: readonly DeploymentStep[];
  readonly contracts: Contracts;
  readonly provider: ReturnType<typeof createChainProvider>;
  /** Who is paid. */
  readonly operator: Transactor;
  /** The committee. */
  readonly oracles: readonly Wallet[];
  /** As many of it as must sign. */
  readonly quorum: readonly Wallet[];
  /** Who brings signed terms to the chain; anybody could. */
  readonly relayer: Transactor;
  close(): Promise<void>;
}

/** Starts a local chain and deploys to it. */
export async function createWorld(options: {
  readonly clock: ChainClock;
  readonly genesisSeconds: number;
  readonly deploymentPath: string;
  readonly chainJournalPath?: string;
  readonly rpcPort?: number;
  /** Where the chain's endpoint listens; by default on the loopback interface. */
  readonly rpcHost?: string;
  /** Names of the demo accounts that are the committee. */
  readonly oracleNames: readonly [string, ...string[]];
}): Promise<World> {
  const { clock, genesisSeconds, chainJournalPath } = options;
  const chain = await createLocalChain({
    clock,
    genesisSeconds,
    ...(chainJournalPath === undefined ? {} : { journalPath: chainJournalPath }),
  });
  const rpc = await startRpcServer(chain, options.rpcPort ?? 0, options.rpcHost);
  const provider = createChainProvider(chain);
  const close = async (): Promise<void> => {
    provider.destroy();
    await rpc.close();
    await chain.close();
  };

  try {
    const deployer = demoAccount("deployer");
    await createTransactor(chain, deployer);
    await createTransactor(chain, demoAccount("faucet"));
    const oracles = options.oracleNames.map(demoAccount);
    for (const oracle of oracles) {
      await createTransactor(chain, oracle);
    }
    const addresses = oracles.map(({ address }) => address);
    const plan = {
      chainId: localChainId,
      path: options.deploymentPath,
      erc20: undefined,
      appointments: {
        owner: demoAccount("owner").address,
        guardian: demoAccount("guardian").address,
        oracles: addresses,
        threshold: usualThreshold(addresses),
      },
      rules: defaultRules,
      isDemo: true,
    };
    const { deployment, steps } = await deployContracts(plan, provider, deployer.connect(provider));
    if (deployment === undefined) {
      throw new WattproofError("INTERNAL", "Nothing was deployed");
    }

    const contracts = contractsOf(deployment, provider);
    const relayer = await createTransactor(chain, demoAccount("relayer"));
    await postBonds(contracts, oracles, relayer);

    return {
      chain,
      rpcUrl: rpc.url,
      deployment,
      deploymentSteps: steps,
      contracts,
      provider,
      oracles,
      quorum: oracles.slice(0, usualThreshold(addresses)),
      operator: await createTransactor(chain, demoAccount("operator")),
      relayer,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
