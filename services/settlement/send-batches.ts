import type { Chain } from "../chain/chain.ts";
import { transition } from "../domain/session.ts";
import type { Fees } from "../domain/transaction.ts";
import { bumpFees, nextStep } from "../domain/transaction.ts";
import { WattproofError } from "../errors.ts";
import type { Metrics } from "../metrics.ts";
import type { OperatorDesk } from "../operator-desk.ts";
import type { Batch, SettlementTransaction, Store, StoredSession } from "../store/store.ts";
import { createNonceManager } from "./nonces.ts";
import { collectItems } from "./settlement-items.ts";

/** Brings batches to the chain. The journal is written before every act, so that a restart goes on where it stopped. */
export interface BatchSender {
  /** Does the next step of every open batch. */
  sendBatches(signal: AbortSignal): Promise<void>;
}

export interface BatchSenderDeps {
  readonly store: Store;
  readonly chain: Chain;
  readonly desk: OperatorDesk;
  readonly metrics: Metrics;
  readonly now: () => number;
  readonly confirmations: number;
  readonly settlementAttempts: number;
  readonly transactionStuckMs: number;
  readonly feeLimitWei: bigint;
}

// EIP-7825 caps a transaction at 2^24 gas; what the margin adds has to fit below it too.
const gasCap = 16_777_216n;
// Between estimate and block the accounts of a batch may be touched by others: a fifth more covers the slots that
// then cost more.
const gasMarginDivisor = 5n;

export function createBatchSender(deps: BatchSenderDeps): BatchSender {
  const { store, chain, desk, metrics, now } = deps;
  const nonces = createNonceManager(deps);

  /** Writes the journal entry *prepared*. */
  async function journal(
    batchId: string,
    attempt: number,
    call: Fees & { readonly calldata: string; readonly nonce: number; readonly gasLimit: bigint },
  ): Promise<SettlementTransaction> {
    const signed = await chain.signCall({ target: "chargingSettlement", ...call });
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

  async function broadcast(transaction: SettlementTransaction): Promise<void> {
    const { txHash, batchId, nonce, attempt } = transaction;
    const outcome = await chain.broadcast(transaction.rawTransaction);
    desk.note("broadcast", { batchId, txHash, nonce, attempt, outcome: outcome.kind, detail: outcome.detail });
    metrics.transactions.inc({ step: outcome.kind });
    if (outcome.kind === "taken") await store.markSent(txHash, now());
    else if (outcome.kind === "underpriced") await replace(transaction);
    else if (outcome.kind === "unfunded") desk.alert("oracle-unfunded", { oracle: chain.oracle });
    else if (outcome.kind === "refused") desk.alert("settlement-refused", { batchId, detail: outcome.detail });
    // A nonce that is used up is looked into at the next look, when the receipt tells whose transaction took it.
  }

  /** The same call with the same nonce at a higher fee: at most one of them is ever mined. */
  async function replace(transaction: SettlementTransaction): Promise<void> {
    const { batchId, calldata, nonce, gasLimit } = transaction;
    const fees = bumpFees(transaction, await chain.readFees());
    if (isAboveLimit(batchId, fees)) return;
    const attempt = (await store.listTransactions(batchId)).length;
    const replacement = await journal(batchId, attempt, { calldata, nonce, gasLimit, ...fees });
    metrics.transactions.inc({ step: "replaced" });
    // What the endpoint says to this one is answered at the next look, so that one look sends one replacement.
    const outcome = await chain.broadcast(replacement.rawTransaction);
    desk.note("replaced", { batchId, txHash: replacement.txHash, nonce, attempt, outcome: outcome.kind });
    if (outcome.kind === "taken") await store.markSent(replacement.txHash, now());
  }

  async function first(batch: Batch): Promise<void> {
    // What ended otherwise since the batch was formed would only be skipped.
    const sessions = await Promise.all(batch.sessionIds.map((sessionId) => store.findSession(sessionId)));
    const waiting = batch.sessionIds.filter((_sessionId, index) => sessions[index]?.state.status === "batched");
    const ended = batch.sessionIds.filter((sessionId) => !waiting.includes(sessionId));
    if (ended.length > 0) await release(batch, ended, null);
    if (waiting.length === 0) return;

    const items = await collectItems(store, waiting);
    const { calldata, target } = chain.encodeSettlement(items, [chain.signClaims(chain.claimsOf(items))]);
    const estimate = await chain.estimateCall({ target, calldata });
    if (estimate.kind === "refused") {
      desk.alert("settlement-refused", { batchId: batch.batchId, detail: estimate.detail });
      return;
    }
    const gasLimit = estimate.gas + estimate.gas / gasMarginDivisor;
    if (gasLimit > gasCap) {
      await releaseHalf(batch, waiting);
      return;
    }
    const attempts = await store.listTransactions(batch.batchId);
    const fees = await chain.readFees();
    if (isAboveLimit(batch.batchId, fees)) return;
    const nonce = await nonces.nextNonce();
    await broadcast(await journal(batch.batchId, attempts.length, { calldata, nonce, gasLimit, ...fees }));
  }

  async function releaseHalf(batch: Batch, sessionIds: readonly string[]): Promise<void> {
    if (sessionIds.length < 2) {
      desk.alert("settlement-refused", { batchId: batch.batchId, detail: "One session needs more gas than a block." });
      return;
    }
    const surplus = sessionIds.slice(Math.ceil(sessionIds.length / 2));
    await release(batch, surplus, null);
    desk.note("batch-split", { batchId: batch.batchId, released: surplus.length });
  }

  async function release(batch: Batch, sessionIds: readonly string[], revertedTxHash: string | null): Promise<void> {
    const sessions = await Promise.all(sessionIds.map((sessionId) => store.findSession(sessionId)));
    const atMs = now();
    const event = {
      kind: "released",
      isFailedAttempt: revertedTxHash !== null,
      attemptLimit: deps.settlementAttempts,
    } as const;
    const carried = sessions.filter((session): session is StoredSession => session?.state.batchId === batch.batchId);
    const changes = carried.map(({ sessionId, sequence, state }) => ({
      sessionId,
      expectedSequence: sequence,
      events: [event],
      next: transition(state, event),
      atMs,
    }));
    const outcome = await store.releaseSessions(batch.batchId, changes, revertedTxHash);
    if (outcome === "stale") throw new WattproofError("STORE_CONTENDED", "A session moved while it was released.");
    for (const { sessionId, next } of changes) {
      if (next.status === "skipped") desk.alert("settlement-abandoned", { sessionId, reason: next.reason });
    }
  }

  async function pursue(batch: Batch, attempts: readonly SettlementTransaction[]): Promise<void> {
    const newest = attempts.findLast(isLive);
    if (newest === undefined) {
      await first(batch);
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
        await broadcast(newest);
        return;
      case "replace":
        await replace(newest);
        return;
      case "renumber":
        desk.alert("nonce-taken", { batchId: batch.batchId, nonce: newest.nonce });
        await store.abandonTransactions(batch.batchId);
        return;
      case "fail":
        desk.alert("settlement-reverted", { batchId: batch.batchId, txHash: mined?.txHash });
        metrics.transactions.inc({ step: "reverted" });
        await release(batch, batch.sessionIds, mined?.txHash ?? newest.txHash);
    }
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
    async sendBatches(signal) {
      const batches = await store.listOpenBatches();
      metrics.openBatches.set(batches.length);
      const oldest = batches[0];
      metrics.oldestBatchSeconds.set(oldest === undefined ? 0 : Math.max(0, now() - oldest.createdAtMs) / 1_000);
      // Oldest first, so that transactions are handed over in the order of their nonces.
      for (const batch of batches) {
        if (signal.aborted) return;
        await pursue(batch, await store.listTransactions(batch.batchId));
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
