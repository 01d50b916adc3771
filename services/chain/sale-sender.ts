import { getAddress, Transaction } from "ethers";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";

import type { FeeLimits } from "../domain/spending.ts";
import type { OfferContent } from "../dossier/format/dossier-sale.ts";
import { evidenceInterface } from "../dossier/format/evidence-interface.ts";
import { WattproofError } from "../errors.ts";
import type { OracleSignature } from "./chain.ts";
import { evidenceAddressOf, type Deployment } from "./deployment.ts";
import { RpcRefusal, type Rpc } from "./rpc.ts";
import type { DigestSigner } from "./digest-signer.ts";

/** A payment that a buyer signed, as `Payment` of IEvidenceSales.sol has it. */
export interface SignedPayment {
  readonly buyer: string;
  readonly salt: string;
  readonly validAfter: string;
  readonly validBefore: string;
  readonly signature: string;
}

/**
 * Sends sales to the chain for buyers, one at a time, from an account that does nothing else. Nothing of it has to be kept:
 * the contract counts a payment once, whoever sends it and however often.
 */
export interface SaleSender {
  /**
   * @param signatures A quorum's, that the payment arrived without a sale; `null` where the token still has to move it
   * @returns the transaction, once it is mined
   * @throws SALE_REFUSED with the contract's error, SALE_UNFINISHED if it is not mined in time, CHAIN_UNAVAILABLE
   */
  sell(
    offer: OfferContent,
    payment: SignedPayment,
    signatures: readonly Pick<OracleSignature, "r" | "vs">[] | null,
  ): Promise<string>;
}

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/u);
const quantity = hex.transform(Number);
const bigQuantity = hex.transform(BigInt);
const receiptView = z.object({ status: quantity }).nullable();
/** The base fee grows by at most an eighth per block (EIP-1559). */
const baseFeeFactor = 2n;
/** What the state can change between the estimate and the block. */
const gasMargin = { times: 5n, of: 4n } as const;
const longestWaitMs = 80_000;
const pollMs = 500;

export function createSaleSender(deps: {
  readonly rpc: Rpc;
  readonly deployment: Deployment;
  readonly wallet: DigestSigner;
  readonly limits: FeeLimits;
  readonly signal: AbortSignal;
}): SaleSender {
  const { rpc, deployment, wallet, limits, signal } = deps;
  let last: Promise<unknown> = Promise.resolve();

  async function estimate(to: string, data: string): Promise<bigint> {
    try {
      return await rpc.request("eth_estimateGas", [{ from: wallet.address, to, data }], bigQuantity);
    } catch (error) {
      if (!(error instanceof RpcRefusal)) throw error;
      const found = error.revertData === null ? null : evidenceInterface.parseError(error.revertData);
      throw new WattproofError("SALE_REFUSED", found?.name ?? error.message.slice(0, 200), { cause: error });
    }
  }

  async function send(to: string, data: string): Promise<string> {
    const gasLimit = ((await estimate(to, data)) * gasMargin.times) / gasMargin.of;
    const block = z.object({ baseFeePerGas: bigQuantity });
    const { baseFeePerGas } = await rpc.request("eth_getBlockByNumber", ["latest", false], block);
    const asked = await rpc.request("eth_maxPriorityFeePerGas", [], bigQuantity);
    const maxPriorityFeePerGas = asked < limits.tipPerGasWei ? asked : limits.tipPerGasWei;
    const maxFeePerGas = baseFeeFactor * baseFeePerGas + maxPriorityFeePerGas;
    if (maxFeePerGas > limits.maxFeePerGasWei || maxFeePerGas * gasLimit > limits.transactionWei) {
      throw new WattproofError("SALE_UNFINISHED", "The chain asks for a higher fee than is set.");
    }
    const nonce = await rpc.request("eth_getTransactionCount", [wallet.address, "latest"], quantity);
    const { chainId } = deployment;
    const fees = { maxFeePerGas, maxPriorityFeePerGas };
    const transaction = Transaction.from({ type: 2, chainId, to: getAddress(to), data, nonce, gasLimit, ...fees });
    transaction.signature = await wallet.sign(transaction.unsignedHash);
    const txHash = await rpc.request("eth_sendRawTransaction", [transaction.serialized], hex);
    await mined(txHash);
    return txHash;
  }

  async function mined(txHash: string): Promise<void> {
    const until = AbortSignal.any([signal, AbortSignal.timeout(longestWaitMs)]);
    for (;;) {
      const receipt = await rpc.request("eth_getTransactionReceipt", [txHash], receiptView);
      if (receipt?.status === 1) return;
      if (receipt !== null) throw new WattproofError("SALE_REFUSED", `${txHash} was reverted.`);
      if (until.aborted) throw new WattproofError("SALE_UNFINISHED", `${txHash} is not mined yet.`);
      await wait(pollMs, undefined, { signal: until }).catch(() => undefined);
    }
  }

  return {
    sell(offer, payment, signatures) {
      const to = evidenceAddressOf(deployment, "evidenceSales");
      const data =
        signatures === null
          ? evidenceInterface.encodeFunctionData("buyWithTransferAuthorization", [offer, payment])
          : evidenceInterface.encodeFunctionData("buyWithArrivedPayment", [offer, payment, signatures]);
      // Two at once would take each other's nonce.
      const sent = last.then(() => send(to, data));
      last = sent.catch(() => undefined);
      return sent;
    },
  };
}
