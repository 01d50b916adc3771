import { Transaction, getAddress } from "ethers";
import { z } from "zod";

import { WattproofError } from "../errors.ts";
import { classifyBroadcastRefusal } from "./broadcast.ts";
import type { Chain } from "./chain.ts";
import { addressOfTarget, type Deployment } from "./deployment.ts";
import type { Rpc } from "./rpc.ts";
import { RpcRefusal } from "./rpc.ts";
import type { DigestSigner } from "./digest-signer.ts";

/** The account that sends transactions, and what the chain says of them. */
export type SendingAccount = Pick<
  Chain,
  "readAccountNonce" | "readFees" | "estimateCall" | "signCall" | "broadcast" | "readReceipt" | "isKnown"
>;

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const quantity = hex.transform(Number);
const bigQuantity = hex.transform(BigInt);
const feeBlockSchema = z.object({ baseFeePerGas: bigQuantity });
const receiptSchema = z
  .object({ status: quantity, blockNumber: quantity, blockHash: hex })
  .transform(({ status, blockNumber, blockHash }) => ({ isSuccess: status === 1, blockNumber, blockHash }));
// The base fee grows by at most an eighth per block (EIP-1559), so twice of it lasts for six full blocks.
const baseFeeFactor = 2n;

export function createSendingAccount(deps: {
  readonly rpc: Rpc;
  readonly deployment: Deployment;
  readonly wallet: DigestSigner;
}): SendingAccount {
  const { rpc, wallet, deployment } = deps;
  const { chainId } = deployment;
  return {
    readAccountNonce: () => rpc.request("eth_getTransactionCount", [wallet.address, "latest"], quantity),
    async readFees() {
      const { baseFeePerGas } = await rpc.request("eth_getBlockByNumber", ["latest", false], feeBlockSchema);
      const maxPriorityFeePerGas = await rpc.request("eth_maxPriorityFeePerGas", [], bigQuantity);
      return { maxPriorityFeePerGas, maxFeePerGas: baseFeeFactor * baseFeePerGas + maxPriorityFeePerGas };
    },
    async estimateCall({ target, calldata }) {
      try {
        const call = { from: wallet.address, to: addressOfTarget(deployment, target), data: calldata };
        return { kind: "estimated", gas: await rpc.request("eth_estimateGas", [call], bigQuantity) };
      } catch (error) {
        if (error instanceof RpcRefusal) return { kind: "refused", detail: error.message };
        throw error;
      }
    },
    async signCall({ target, calldata, nonce, gasLimit, maxFeePerGas, maxPriorityFeePerGas }) {
      const transaction = Transaction.from({
        type: 2,
        chainId,
        to: getAddress(addressOfTarget(deployment, target)),
        data: calldata,
        nonce,
        gasLimit,
        maxFeePerGas,
        maxPriorityFeePerGas,
      });
      transaction.signature = await wallet.sign(transaction.unsignedHash);
      if (transaction.hash === null) throw new WattproofError("INTERNAL", "A signed transaction has no hash.");
      return { txHash: transaction.hash, rawTransaction: transaction.serialized };
    },
    async broadcast(rawTransaction) {
      try {
        await rpc.request("eth_sendRawTransaction", [rawTransaction], hex);
        return { kind: "taken", detail: "" };
      } catch (error) {
        if (error instanceof RpcRefusal) return classifyBroadcastRefusal(error.message);
        throw error;
      }
    },
    readReceipt: (txHash) => rpc.request("eth_getTransactionReceipt", [txHash], receiptSchema.nullable()),
    async isKnown(txHash) {
      const transaction = await rpc.request("eth_getTransactionByHash", [txHash], z.object({ hash: hex }).nullable());
      return transaction !== null;
    },
  };
}
