import type { CallTarget, Chain, ContractCall } from "../chain/chain.ts";
import type { Fees } from "../domain/transaction.ts";
import { bumpFees, nextStep } from "../domain/transaction.ts";
import type { Metrics } from "../metrics.ts";
import type { OperatorDesk } from "../operator-desk.ts";
import type { Batch, BatchKind, SettlementTransaction, Store } from "../store/store.ts";
import { createNonceManager } from "./nonces.ts";

/** What a batch is sent with, and what its end means. */
export interface BatchTask {
  /** The call to send; `null` while there is nothing to send, or nothing any more. */
  prepare(batch: Batch, signal: AbortSignal): Promise<ContractCall | null>;
  /** The chain would not take the call now. */
  refused(batch: Batch, detail: string): Promise<void>;
  /** The call needs more gas than a transaction may have. */
  tooLarge(batch: Batch): Promise<void>;
  /** The transaction was mined and did nothing. */
  reverted(batch: Batch, txHash: string): Promise<void>;
}

/** Brings the transaction of a batch to the chain, whatever becomes of it on the way. */
export interface TransactionPursuit {
  /** The next step of the batch. The journal is written before every act. */
  pursue(batch: Batch, task: BatchTask, signal: AbortSignal): Promise<void>;
}

export interface TransactionPursuitDeps {
  readonly store: Store;
  readonly chain: Chain;
  readonly desk: OperatorDesk;
  readonly metrics: Metrics;
  readonly now: () => number;
  readonly confirmations: number;
  readonly transactionStuckMs: number;
  readonly feeLimitWei: bigint;
}

// EIP-7825 caps a transaction at 2^24 gas; what the margin adds has to fit below it too.
const gasCap = 16_777_216n;
// Between estimate and block the accounts of a batch may be touched by others: a fifth more covers the slots that
// then cost more.
const gasMarginDivisor = 5n;

const targets: Readonly<Record<BatchKind, CallTarget>> = {
  oracles: "chargingSettlement",
  meter: "meterSettlement",
  dispute: "challenges",
};

export function createTransactionPursuit(deps: TransactionPursuitDeps): TransactionPursuit {
  const { store, chain, desk, metrics, now } = deps;
  const nonces = createNonceManager(deps);

  /** Writes the journal entry *prepared*. */
  async function journal(
    { batchId, kind }: Batch,
    attempt: number,
    call: Fees & { readonly calldata: string; readonly nonce: number; readonly gasLimit: bigint },
  ): Promise<SettlementTransaction> {
    const signed = await chain.signCall({ target: targets[kind], ...call });
    const entry = {
      ...signed,
      ...call,
      batchId,
      attempt,
      status: "prepared",
      sentAtMs: null,
      blockNumber: null,
    } as const;
    await store.putTransaction(entry);
    metrics.transactions.inc({ step: "prepared" });
    return entry;
  }

  function isAboveLimit(batchId: string, fees: Fees): boolean {
    if (fees.maxFeePerGas <= deps.feeLimitWei) return false;
    desk.alert("fee-limit", { batchId, maxFeePerGas: fees.maxFeePerGas.toString() });
    return true;
  }

  async function broadcast(batch: Batch, transaction: SettlementTransaction): Promise<void> {
    const { txHash, batchId, nonce, attempt } = transaction;
    const outcome = await chain.broadcast(transaction.rawTransaction);
    desk.note("broadcast", { batchId, txHash, nonce, attempt, outcome: outcome.kind, detail: outcome.detail });
    metrics.transactions.inc({ step: outcome.kind });
    if (outcome.kind === "taken") await store.markSent(txHash, now());
    else if (outcome.kind === "underpriced") await replace(batch, transaction);
    else if (outcome.kind === "unfunded") desk.alert("oracle-unfunded", { oracle: chain.oracle });
    else if (outcome.kind === "refused") desk.alert("settlement-refused", { batchId, detail: outcome.detail });
    // A nonce that is used up is looked into at the next look, when the receipt tells whose transaction took it.
  }

  /** The same call with the same nonce at a higher fee: at most one of them is ever mined. */
  async function replace(batch: Batch, transaction: SettlementTransaction): Promise<void> {
    const { batchId, calldata, nonce, gasLimit } = transaction;
    const fees = bumpFees(transaction, await chain.readFees());
    if (isAboveLimit(batchId, fees)) return;
    const attempt = (await store.listTransactions(batchId)).length;
    const replacement = await journal(batch, attempt, { calldata, nonce, gasLimit, ...fees });
    metrics.transactions.inc({ step: "replaced" });
    // What the endpoint says to this one is answered at the next look, so that one look sends one replacement.
    const outcome = await chain.broadcast(replacement.rawTransaction);
    desk.note("replaced", { batchId, txHash: replacement.txHash, nonce, attempt, outcome: outcome.kind });
    if (outcome.kind === "taken") await store.markSent(replacement.txHash, now());
  }

  async function first(batch: Batch, attempt: number, task: BatchTask, signal: AbortSignal): Promise<void> {
    const call = await task.prepare(batch, signal);
    if (call === null) return;
    const estimate = await chain.estimateCall(call);
    if (estimate.kind === "refused") {
      await task.refused(batch, estimate.detail);
      return;
    }
    const gasLimit = estimate.gas + estimate.gas / gasMarginDivisor;
    if (gasLimit > gasCap) {
      await task.tooLarge(batch);
      return;
    }
    const fees = await chain.readFees();
    if (isAboveLimit(batch.batchId, fees)) return;
    const nonce = await nonces.nextNonce();
    await broadcast(batch, await journal(batch, attempt, { calldata: call.calldata, nonce, gasLimit, ...fees }));
  }

  async function findMined(
    attempts: readonly SettlementTransaction[],
  ): Promise<{ readonly txHash: string; readonly isSuccess: boolean; readonly isConfirmed: boolean } | null> {
    for (const { txHash } of attempts) {
      const receipt = await chain.readReceipt(txHash);
      if (receipt === null) continue;
      const head = await chain.readHead();
      const isConfirmed = head.number - receipt.blockNumber + 1 >= deps.confirmations;
      return { txHash, isSuccess: receipt.isSuccess, isConfirmed };
    }
    return null;
  }

  return {
    async pursue(batch, task, signal) {
      const attempts = await store.listTransactions(batch.batchId);
      const newest = attempts.findLast(isLive);
      if (newest === undefined) {
        await first(batch, attempts.length, task, signal);
        return;
      }
      // The nonce is read before the receipts: a transaction that is mined in between shows as one with a receipt.
      const accountNonce = await chain.readAccountNonce();
      const mined = await findMined(attempts.filter(({ nonce }) => nonce === newest.nonce));
      const view = {
        status: newest.status,
        sentAtMs: newest.sentAtMs,
        nonce: newest.nonce,
        isKnown: mined !== null || (await chain.isKnown(newest.txHash)),
        receipt: mined,
        accountNonce,
      } as const;
      switch (nextStep(view, deps.transactionStuckMs, now())) {
        case "wait":
          return;
        case "broadcast":
          await broadcast(batch, newest);
          return;
        case "replace":
          await replace(batch, newest);
          return;
        case "renumber":
          desk.alert("nonce-taken", { batchId: batch.batchId, nonce: newest.nonce });
          await store.abandonTransactions(batch.batchId);
          return;
        case "fail":
          desk.alert("settlement-reverted", { batchId: batch.batchId, txHash: mined?.txHash });
          metrics.transactions.inc({ step: "reverted" });
          await task.reverted(batch, mined?.txHash ?? newest.txHash);
      }
    },
  };
}

/** It may still be mined, as far as the journal knows. */
function isLive(
  transaction: SettlementTransaction,
): transaction is SettlementTransaction & { readonly status: "prepared" | "sent" } {
  return transaction.status === "prepared" || transaction.status === "sent";
}
