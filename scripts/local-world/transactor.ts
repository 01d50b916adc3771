import { keccak256, type BaseWallet } from "ethers";
import { z } from "zod";

import { WattproofError } from "../../services/errors.ts";
import type { LocalChain } from "./chain.ts";

/** What became of a transaction. */
export interface MinedTransaction {
  readonly txHash: string;
  readonly blockNumber: number;
  readonly gasUsed: bigint;
}

/** Sends one account's transactions to the local chain, one after the other. */
export interface Transactor {
  readonly address: string;
  /**
   * Sends a transaction and waits until it is mined, which on the local chain is at once.
   *
   * @throws WattproofError TRANSACTION_FAILED when the contract refused it.
   */
  send(to: string, calldata: string): Promise<MinedTransaction>;
}

/** Under the cap of EIP-7825, 2^24 gas for one transaction. Unused gas is not paid. */
const gasLimit = 16_000_000n;
/** What a demo account has to pay gas with; play money. */
const gasMoneyWei = 10n ** 21n;

const receiptSchema = z.object({ blockNumber: z.string(), gasUsed: z.string(), status: z.string() });

/** A transactor for the account, with money for gas. */
export async function createTransactor(chain: LocalChain, account: BaseWallet): Promise<Transactor> {
  const balanceWei = BigInt(z.string().parse(await chain.request("eth_getBalance", [account.address, "latest"])));
  if (balanceWei < gasMoneyWei / 2n) {
    await chain.fund(account.address, gasMoneyWei);
  }
  let nonce = Number(await chain.request("eth_getTransactionCount", [account.address, "latest"]));
  let queue: Promise<unknown> = Promise.resolve();

  async function sendNext(to: string, calldata: string): Promise<MinedTransaction> {
    const raw = await account.signTransaction({
      type: 2,
      chainId: chain.chainId,
      to,
      data: calldata,
      nonce,
      gasLimit,
      maxFeePerGas: 10n ** 12n,
      maxPriorityFeePerGas: 1n,
    });
    const txHash = keccak256(raw);
    await chain.request("eth_sendRawTransaction", [raw]);
    nonce += 1;
    const receipt = receiptSchema.parse(await chain.request("eth_getTransactionReceipt", [txHash]));
    if (receipt.status !== "0x1") {
      throw new WattproofError("TRANSACTION_FAILED", `${txHash} from ${account.address} to ${to}`);
    }

    return { txHash, blockNumber: Number(receipt.blockNumber), gasUsed: BigInt(receipt.gasUsed) };
  }

  return {
    address: account.address,
    send(to, calldata) {
      const result = queue.then(() => sendNext(to, calldata));
      queue = result.catch(() => undefined);

      return result;
    },
  };
}
