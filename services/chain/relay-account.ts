import type { SigningKey } from "ethers";
import { Transaction, getAddress } from "ethers";
import { z } from "zod";

import { bumpFees, type Fees } from "../domain/transaction.ts";
import { WattproofError } from "../errors.ts";
import type { Rpc } from "./rpc.ts";
import { RpcRefusal } from "./rpc.ts";

/** A call that the account sends. */
export interface RelayedCall {
  readonly to: string;
  readonly data: string;
}

export interface MinedCall {
  readonly isSuccess: boolean;
  readonly logs: readonly { readonly address: string; readonly topics: readonly string[]; readonly data: string }[];
}

/** What became of a call. `mined` is `null` where it is on its way and may still be replaced. */
export type RelayOutcome =
  | { readonly kind: "sent"; readonly txHash: string; readonly mined: MinedCall | null }
  /** The endpoint did not take it; nothing was sent. */
  | { readonly kind: "refused"; readonly refusal: RpcRefusal };

/** The account that pays for what others have signed. */
export interface RelayAccount {
  readonly address: string;
  /**
   * Sends the calls with one nonce after the other and waits until they are mined, but not for ever. One batch at a time;
   * its first nonce is the account's next at the newest block, so that what was not mined is replaced at a higher fee.
   * @throws RELAY_UNAVAILABLE if gas costs too much, CHAIN_UNAVAILABLE
   */
  send(calls: readonly RelayedCall[]): Promise<readonly RelayOutcome[]>;
}

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const quantity = hex.transform(Number);
const bigQuantity = hex.transform(BigInt);
const feeBlock = z.object({ baseFeePerGas: bigQuantity });
const minedSchema = z
  .object({ status: quantity, logs: z.array(z.object({ address: hex, topics: z.array(hex), data: hex })) })
  .transform(({ status, logs }): MinedCall => ({ isSuccess: status === 1, logs }))
  .nullable();

// The base fee grows by at most an eighth per block (EIP-1559), so twice of it lasts for six full blocks.
const baseFeeFactor = 2n;
/** A fifth more than estimated, because other openings of the same block change what is cold. */
const gasMarginDivisor = 5n;
const lookMs = 250;

export function createRelayAccount(deps: {
  readonly rpc: Rpc;
  readonly chainId: number;
  readonly wallet: { readonly address: string; readonly signingKey: SigningKey };
  readonly feeLimitWei: bigint;
  /** How long a transaction may take to be mined before it is answered as on its way. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}): RelayAccount {
  const { rpc, chainId, wallet, signal } = deps;
  /** What was offered last with each nonce that may still be pending. */
  const offered = new Map<number, Fees>();
  let turn: Promise<unknown> = Promise.resolve();

  async function readFees(): Promise<Fees> {
    const { baseFeePerGas } = await rpc.request("eth_getBlockByNumber", ["latest", false], feeBlock);
    const maxPriorityFeePerGas = await rpc.request("eth_maxPriorityFeePerGas", [], bigQuantity);
    return { maxPriorityFeePerGas, maxFeePerGas: baseFeeFactor * baseFeePerGas + maxPriorityFeePerGas };
  }

  async function sendOne({ to, data }: RelayedCall, nonce: number, current: Fees): Promise<string> {
    const before = offered.get(nonce);
    const fees = before === undefined ? current : bumpFees(before, current);
    if (fees.maxFeePerGas > deps.feeLimitWei) {
      throw new WattproofError("RELAY_UNAVAILABLE", "Gas costs more at present than the service pays.");
    }
    const gas = await rpc.request("eth_estimateGas", [{ from: wallet.address, to, data }], bigQuantity);
    const transaction = Transaction.from({
      type: 2,
      chainId,
      to: getAddress(to),
      data,
      nonce,
      gasLimit: gas + gas / gasMarginDivisor,
      ...fees,
    });
    transaction.signature = wallet.signingKey.sign(transaction.unsignedHash);
    offered.set(nonce, fees);
    return rpc.request("eth_sendRawTransaction", [transaction.serialized], hex);
  }

  async function sendAll(calls: readonly RelayedCall[]): Promise<readonly RelayOutcome[]> {
    const first = await rpc.request("eth_getTransactionCount", [wallet.address, "latest"], quantity);
    for (const nonce of offered.keys()) if (nonce < first) offered.delete(nonce);
    const current = await readFees();
    const handed: ({ readonly txHash: string } | RpcRefusal)[] = [];
    let nonce = first;
    for (const call of calls) {
      try {
        handed.push({ txHash: await sendOne(call, nonce, current) });
        nonce += 1;
      } catch (error) {
        if (!(error instanceof RpcRefusal)) throw error;
        handed.push(error);
      }
    }
    return Promise.all(
      handed.map(async (one): Promise<RelayOutcome> => {
        if (one instanceof RpcRefusal) return { kind: "refused", refusal: one };
        return { kind: "sent", txHash: one.txHash, mined: await awaitMined(one.txHash) };
      }),
    );
  }

  async function awaitMined(txHash: string): Promise<MinedCall | null> {
    for (let waitedMs = 0; waitedMs < deps.waitMs && !signal.aborted; waitedMs += lookMs) {
      const mined = await rpc.request("eth_getTransactionReceipt", [txHash], minedSchema);
      if (mined !== null) return mined;
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    }
    return null;
  }

  return {
    address: wallet.address,
    send(calls) {
      const next = turn.then(() => sendAll(calls));
      turn = next.catch(() => undefined);
      return next;
    },
  };
}
