import { getAddress } from "ethers";
import { z } from "zod";

import type { ChainAccess } from "../chain/chain-access.ts";
import { ChainUnreachableError } from "../chain/chain-access.ts";
import type { ContractCall } from "../chain/transactions.ts";
import type { PageConfiguration } from "../configuration.ts";
import { refusalOf } from "./eip1193.ts";
import type { DiscoveredWallet } from "./wallet-discovery.ts";

/** A wallet that shares an account with the page. */
export interface WalletConnection {
  readonly wallet: DiscoveredWallet;
  /** With checksum. */
  readonly account: string;
  readonly chainId: number;
}

const hex = z.string().regex(/^0x[0-9a-fA-F]+$/u);
const accountsSchema = z.array(z.string().regex(/^0x[0-9a-fA-F]{40}$/u));
/** A provider that is asked to read and answers nothing for so long is passed over. */
const readTimeoutMs = 20_000;

/**
 * Connects. Without `isAsking` only what the wallet shares already is taken, and it shows nothing.
 * @returns `null` if it shares no account. @throws what the wallet throws, to be told apart by `refusalOf`
 */
export async function connectWallet(wallet: DiscoveredWallet, isAsking: boolean): Promise<WalletConnection | null> {
  const { provider } = wallet;
  const method = isAsking ? "eth_requestAccounts" : "eth_accounts";
  const [account] = accountsSchema.parse(await provider.request({ method }));
  if (account === undefined) return null;
  const chainId = Number(hex.parse(await provider.request({ method: "eth_chainId" })));
  return { wallet, account: getAddress(account), chainId };
}

/** Has the wallet go to the page's chain, and add it where the wallet does not know it (EIP-3326, EIP-3085). */
export async function switchChain(wallet: DiscoveredWallet, configuration: PageConfiguration): Promise<void> {
  const { provider } = wallet;
  const chainId = `0x${configuration.chainId.toString(16)}`;
  try {
    await provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId }] });
  } catch (error) {
    if (refusalOf(error) !== "chain-unknown" || configuration.walletRpcUrl === null) throw error;
    const chain = {
      chainId,
      chainName: configuration.chainName,
      rpcUrls: [configuration.walletRpcUrl],
      nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    };
    await provider.request({ method: "wallet_addEthereumChain", params: [chain] });
    await provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId }] });
  }
}

/**
 * Signs readable data (EIP-712).
 * @returns r, s, v; of a wallet that is a contract what it takes (ERC-1271), which is nothing (`0x`) where its owners said
 * so on the chain
 */
export async function signTypedData(connection: WalletConnection, typedData: unknown): Promise<string> {
  const { wallet, account } = connection;
  const signature = await wallet.provider.request({
    method: "eth_signTypedData_v4",
    params: [account, JSON.stringify(typedData)],
  });
  return z
    .string()
    .regex(/^0x(?:[0-9a-fA-F]{2})*$/u)
    .parse(signature);
}

/** Sends a call from the driver's account; the wallet chooses the fee and shows it. @returns the transaction's hash */
export async function sendTransaction(connection: WalletConnection, call: ContractCall): Promise<string> {
  const { wallet, account } = connection;
  const sent = await wallet.provider.request({
    method: "eth_sendTransaction",
    params: [{ from: account, to: call.to, data: call.data, value: "0x0" }],
  });
  return z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/u)
    .parse(sent);
}

/** The chain as the wallet sees it, as long as that is the page's chain. */
export function chainOfWallet(connection: WalletConnection, chainId: number): ChainAccess {
  return {
    async request(method, parameters) {
      if (connection.chainId !== chainId) throw new ChainUnreachableError("The wallet is on another chain.");
      const answer = connection.wallet.provider.request({ method, params: parameters });
      const timeout = new Promise<never>((_resolve, reject) => {
        setTimeout(() => {
          reject(new ChainUnreachableError("The wallet does not answer."));
        }, readTimeoutMs);
      });
      return Promise.race([answer, timeout]);
    },
  };
}
