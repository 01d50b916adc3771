import type { CallTarget, Chain, ContractCall } from "../chain/chain.ts";
import type { FeeLimits } from "../domain/spending.ts";
import { mostGasOf } from "../domain/spending.ts";
import type { Fees } from "../domain/chain-transaction.ts";
import { bumpFees, nextStep } from "../domain/chain-transaction.ts";
import type { Alert } from "../observability/alerts.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Batch, BatchKind, SettlementTransaction, Store } from "../store/store.ts";
import type { Ages } from "../observability/ages.ts";
import { createFeeGate } from "./fee-gate.ts";
import { createNonceManager } from "./nonces.ts";

/** What is sent in one transaction. Its calls go to one contract. */
export interface PursuedJob {
  readonly batchId: string;
}

/** What a job is sent with, and what its end means. */
export interface BatchTask<Job extends PursuedJob = Batch> {
  /** The call to send; `null` while there is nothing to send, or nothing any more. */
  prepare(batch: Job, signal: AbortSignal): Promise<ContractCall | null>;
  /** The chain would not take the call now. */
  refused(batch: Job, detail: string): Promise<void>;
  /** The call needs more gas than a transaction may have. */
  tooLarge(batch: Job): Promise<void>;
  /** The transaction was mined and did nothing. */
  reverted(batch: Job, txHash: string): Promise<void>;
  /** The transaction was mined and did what it should. Called at every look until the job is over. */
  succeeded?(batch: Job, txHash: string, isConfirmed: boolean): Promise<void>;
}

/** Brings the transaction of a job to the chain, whatever becomes of it on the way. */
export interface TransactionPursuit<Job extends PursuedJob = Batch> {
  /** The next step of the job. The journal is written before every act. */
  pursue(batch: Job, task: BatchTask<Job>, signal: AbortSignal): Promise<void>;
}

/** Where transactions of one account are written down before they are sent. */
export type TransactionJournal = Pick<
  Store,
  "listTransactions" | "listLiveNonces" | "putTransaction" | "markSent" | "abandonTransactions"
>;

export interface TransactionPursuitDeps<Job extends PursuedJob> {
  readonly store: TransactionJournal;
  /** The chain, and the account that sends. */
  readonly chain: Chain;
  readonly desk: OperatorDesk;
  readonly metrics: Metrics;
  readonly now: () => number;
  /** How long ago something was done, by a clock that does not step; see `createAges`. */
  readonly ages: Ages;
  readonly confirmations: number;
  readonly transactionStuckMs: number;
  readonly limits: FeeLimits;
  /** The contract that a job's call goes to. */
  readonly targetOf: (batch: Job) => CallTarget;
  /** The most gas that a job's call can need. By default what its calldata gives. */
  readonly mostGasOf?: (batch: Job, calldata: string) => bigint;
  /** The gas that a job's call may need at least, whatever was estimated; without it the estimate alone counts. */
  readonly leastGasOf?: (batch: Job, calldata: string) => bigint;
  readonly alerts?: { readonly unfunded: Alert; readonly refused: Alert; readonly reverted: Alert };
}

// EIP-7825 caps a transaction at 2^24 gas; what the margin adds has to fit below it too.
const gasCap = 16_777_216n;
// Between estimate and block the accounts of a batch may be touched by others: a fifth more covers the slots that
// then cost more.
const gasMarginDivisor = 5n;

/** The contract that each kind of batch goes to. */
export const batchTargets: Readonly<Record<BatchKind, CallTarget>> = {
  oracles: "chargingSettlement",
  meter: "meterSettlement",
  dispute: "challenges",
};

const settlementAlerts = {
  unfunded: "oracle-unfunded",
  refused: "settlement-refused",
  reverted: "settlement-reverted",
} as const;

export function createTransactionPursuit<Job extends PursuedJob>(
  deps: TransactionPursuitDeps<Job>,
): TransactionPursuit<Job> {
  const { store, chain, desk, metrics, now, alerts = settlementAlerts } = deps;
  const nonces = createNonceManager(deps);
  const gate = createFeeGate({ desk, account: chain.oracle, limits: deps.limits });

  /** Writes the journal entry *prepared*. */
  async function journal(
    batch: Job,
    attempt: number,
    call: Fees & { readonly calldata: string; readonly nonce: number; readonly gasLimit: bigint },
  ): Promise<SettlementTransaction> {
    const signed = await chain.signCall({ target: deps.targetOf(batch), ...call });
    const entry = {
      ...signed,
      ...call,
      batchId: batch.batchId,
      attempt,
      status: "prepared",
      sentAtMs: null,
      blockNumber: null,
    } as const;
    await store.putTransaction(entry);
    metrics.transactions.inc({ step: "prepared" });
    return entry;
  }

  async function broadcast(batch: Job, transaction: SettlementTransaction): Promise<void> {
    const { txHash, batchId, nonce, attempt } = transaction;
    const outcome = await chain.broadcast(transaction.rawTransaction);
    desk.note("broadcast", { batchId, txHash, nonce, attempt, outcome: outcome.kind, detail: outcome.detail });
    metrics.transactions.inc({ step: outcome.kind });
    if (outcome.kind === "taken") await store.markSent(txHash, now());
    else if (outcome.kind === "underpriced") await replace(batch, transaction);
    else if (outcome.kind === "unfunded") desk.alert(alerts.unfunded, { account: chain.oracle });
    else if (outcome.kind === "refused") desk.alert(alerts.refused, { batchId, detail: outcome.detail });
    // A nonce that is used up is looked into at the next look, when the receipt tells whose transaction took it.
  }

  /** The same call with the same nonce at a higher fee: at most one of them is ever mined. */
  async function replace(batch: Job, transaction: SettlementTransaction): Promise<void> {
    const { batchId, calldata, nonce, gasLimit } = transaction;
    const fees = bumpFees(transaction, await chain.readFees());
    if (gate.isAboveLimit(batch.batchId, fees, gasLimit)) return;
    const attempt = (await store.listTransactions(batchId)).length;
    const replacement = await journal(batch, attempt, { calldata, nonce, gasLimit, ...fees });
    metrics.transactions.inc({ step: "replaced" });
    // What the endpoint says to this one is answered at the next look, so that one look sends one replacement.
    const outcome = await chain.broadcast(replacement.rawTransaction);
    desk.note("replaced", { batchId, txHash: replacement.txHash, nonce, attempt, outcome: outcome.kind });
    if (outcome.kind === "taken") await store.markSent(replacement.txHash, now());
  }

  async function first(batch: Job, attempt: number, task: BatchTask<Job>, signal: AbortSignal): Promise<void> {
    const call = await task.prepare(batch, signal);
    if (call === null) return;
    const estimate = await chain.estimateCall(call);
    if (estimate.kind === "refused") {
      await task.refused(batch, estimate.detail);
      return;
    }
    const estimated = estimate.gas + estimate.gas / gasMarginDivisor;
    if (estimated > gasCap) {
      await task.tooLarge(batch);
      return;
    }
    const leastGas = deps.leastGasOf?.(batch, call.calldata) ?? 0n;
    const gasLimit = estimated > leastGas ? estimated : leastGas < gasCap ? leastGas : gasCap;
    const mostGas = deps.mostGasOf?.(batch, call.calldata) ?? mostGasOf(call.calldata);
    if (gate.isMoreThanNeeded(batch.batchId, estimate.gas, mostGas)) return;
    const fees = await chain.readFees();
    if (gate.isAboveLimit(batch.batchId, fees, gasLimit)) return;
    const nonce = await nonces.nextNonce();
    await broadcast(batch, await journal(batch, attempt, { calldata: call.calldata, nonce, gasLimit, ...fees }));
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
      const mined = await findMined(
        chain,
        attempts.filter(({ nonce }) => nonce === newest.nonce),
        deps.confirmations,
      );
      const nowMs = now();
      const { txHash, sentAtMs } = newest;
      const view = {
        status: newest.status,
        sentAtMs: sentAtMs === null ? null : nowMs - deps.ages.ageMs(txHash, sentAtMs),
        nonce: newest.nonce,
        isKnown: mined !== null || (await chain.isKnown(newest.txHash)),
        receipt: mined,
        accountNonce,
      } as const;
      switch (nextStep(view, deps.transactionStuckMs, nowMs)) {
        case "wait":
          if (mined?.isSuccess === true) await task.succeeded?.(batch, mined.txHash, mined.isConfirmed);
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
          desk.alert(alerts.reverted, { batchId: batch.batchId, txHash: mined?.txHash });
          metrics.transactions.inc({ step: "reverted" });
          await task.reverted(batch, mined?.txHash ?? newest.txHash);
      }
    },
  };
}

/** Which of the attempts with one nonce was mined; `null` while none is. */
async function findMined(
  chain: Pick<Chain, "readReceipt" | "readHead">,
  attempts: readonly SettlementTransaction[],
  confirmations: number,
): Promise<{ readonly txHash: string; readonly isSuccess: boolean; readonly isConfirmed: boolean } | null> {
  for (const { txHash } of attempts) {
    const receipt = await chain.readReceipt(txHash);
    if (receipt === null) continue;
    const head = await chain.readHead();
    const isConfirmed = head.number - receipt.blockNumber + 1 >= confirmations;
    return { txHash, isSuccess: receipt.isSuccess, isConfirmed };
  }
  return null;
}

/** It may still be mined, as far as the journal knows. */
function isLive(
  transaction: SettlementTransaction,
): transaction is SettlementTransaction & { readonly status: "prepared" | "sent" } {
  return transaction.status === "prepared" || transaction.status === "sent";
}
