import { ContractFactory, JsonRpcProvider, Network, Wallet, parseEther, type Signer } from "ethers";
import hre from "hardhat";

import { artifactOf } from "../../scripts/deploy/artifacts.ts";
import { startRpcServer } from "../../scripts/local-world/rpc-server.ts";

/** A chain in this process that has a public chain's rules, behind a real HTTP endpoint. */
export interface PublicChain {
  readonly url: string;
  /** An account with coins. */
  readonly faucet: Signer;
  fund(address: string, balanceWei: bigint): Promise<void>;
  /** Puts play money where the chain has its stablecoin. */
  placeToken(address: string): Promise<void>;
  close(): Promise<void>;
}

/** @param hardfork The rules of the chain's instructions and precompiled contracts. */
export async function openPublicChain(chainId: number, hardfork = "osaka"): Promise<PublicChain> {
  const connection = await hre.network.create({
    // A block comes with every transaction, and each second without one, so that confirmations come.
    override: {
      ...{ chainId, hardfork, accounts: [], throwOnTransactionFailures: false },
      mining: { auto: true, interval: 1_000 },
    },
  });
  const request = (method: string, params: readonly unknown[]): Promise<unknown> =>
    connection.provider.request({ method, params: [...params] });
  const fund = async (address: string, balanceWei: bigint): Promise<void> => {
    await request("hardhat_setBalance", [address, `0x${balanceWei.toString(16)}`]);
  };
  const mine = async (): Promise<void> => {
    await request("evm_mine", []);
  };
  const server = await startRpcServer(
    { chainId, restoredEntries: 0, request, fund, mine, close: () => Promise.resolve() },
    0,
  );
  const staticNetwork = Network.from(chainId);
  const provider = new JsonRpcProvider(server.url, staticNetwork, {
    staticNetwork,
    pollingInterval: 50,
    cacheTimeout: -1,
  });
  const faucet = new Wallet(Wallet.createRandom().privateKey, provider);
  await fund(faucet.address, parseEther("1000"));

  return {
    url: server.url,
    faucet,
    fund,
    async placeToken(address) {
      const { interface: abi, bytecode } = artifactOf("erc20");
      const token = await (await new ContractFactory(abi, bytecode, faucet).deploy()).waitForDeployment();
      await request("hardhat_setCode", [address, await provider.getCode(await token.getAddress())]);
    },
    async close() {
      provider.destroy();
      await server.close();
      await connection.close();
    },
  };
}
