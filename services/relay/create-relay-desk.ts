import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { budgetMs, reservedGas, type RelayLimits } from "../domain/relay-budget.ts";
import { brokenLimitOf } from "../domain/spending.ts";
import { WattproofError } from "../errors.ts";
import { createTransactionPursuit } from "../settlement/pursue-transactions.ts";
import type { RelayAnswer, RelayDesk, RelayRequest, RelayerState } from "./relay-desk.ts";
import {
  createRelayJobs,
  mostGasOfJob,
  relayJournalOf,
  type PursuedRelayJob,
  type RelayJobsDeps,
} from "./relay-jobs.ts";

export interface RelayDeskDeps extends RelayJobsDeps {
  readonly budgets: RelayLimits;
  /** Below this the operator is told to pay in, in wei. */
  readonly leastBalanceWei: bigint;
  readonly queueLimit: number;
  /** Milliseconds since whenever; never steps. */
  readonly elapsedMs: () => number;
  /** How long a call may take to be mined before it is answered as on its way. */
  readonly waitMs: number;
  readonly pollIntervalMs: number;
  readonly signal: AbortSignal;
}

const gweiInWei = 1_000_000_000n;
/** A person waits for the answer. */
const lookMs = 250;
const watchPauseMs = 5_000;
const cheapestCallGas = BigInt(Math.min(...Object.values(reservedGas)));

export function createRelayDesk(deps: RelayDeskDeps): RelayDesk {
  const { store, desk, metrics, now, signal } = deps;
  const { chain } = deps.chain;
  const waiting = new Map<string, Set<(answer: RelayAnswer) => void>>();
  let underWay: Promise<void> = Promise.resolve();
  let pause = new AbortController();
  let wasLow = false;
  let nextWatchMs = Number.NEGATIVE_INFINITY;

  const pursuit = createTransactionPursuit<PursuedRelayJob>({
    ...deps,
    store: relayJournalOf(store),
    chain,
    targetOf: ({ target }) => target,
    mostGasOf: mostGasOfJob,
    alerts: { unfunded: "relayer-low", refused: "relay-refused", reverted: "relay-reverted" },
  });
  const jobs = createRelayJobs(deps, pursuit, (call, status, txHash, code) => {
    const { callId } = call;
    for (const resolve of waiting.get(callId) ?? []) resolve({ status, callId, txHash, code });
    waiting.delete(callId);
  });

  async function answerAsKept(callId: string): Promise<RelayAnswer> {
    const call = await store.findRelayedCall(callId);
    const ended = { confirmed: "done", failed: "failed", pending: "sent" } as const;
    return {
      status: ended[call?.status ?? "pending"],
      callId,
      txHash: call?.txHash ?? null,
      code: call?.code ?? null,
    };
  }

  async function awaitOutcome(callId: string): Promise<RelayAnswer> {
    const { promise, resolve } = Promise.withResolvers<RelayAnswer>();
    const others = waiting.get(callId) ?? new Set();
    waiting.set(callId, others.add(resolve));
    pause.abort();
    // It may have ended before anybody waited for it.
    const kept = await answerAsKept(callId);
    if (kept.status !== "sent") resolve(kept);
    const late = new AbortController();
    const limit = AbortSignal.any([late.signal, signal]);
    try {
      const first = await Promise.race([promise, sleep(deps.waitMs, null, { signal: limit }).catch(() => null)]);
      return first ?? (await answerAsKept(callId));
    } finally {
      late.abort();
      others.delete(resolve);
      if (others.size === 0) waiting.delete(callId);
    }
  }

  /** What a call may cost at present. @throws RELAY_UNAVAILABLE */
  async function priceOf(gas: bigint): Promise<bigint> {
    const fees = await chain.readFees();
    const limit = brokenLimitOf(fees, gas, deps.limits);
    if (limit !== null) {
      desk.alert("fee-limit", { limit, account: chain.oracle, maxFeePerGas: fees.maxFeePerGas.toString() });
      throw new WattproofError("RELAY_UNAVAILABLE", "Gas costs more at present than the service pays.");
    }
    return gas * fees.maxFeePerGas;
  }

  async function look(): Promise<void> {
    try {
      await jobs.look(signal);
    } finally {
      metrics.relayPending.set(await store.countPendingCalls());
      metrics.relaySpentGwei.set(await store.readRelaySpendingGwei(now() - budgetMs));
    }
  }

  async function readState(): Promise<RelayerState> {
    const balanceWei = await deps.chain.readBalanceWei();
    const { maxFeePerGas } = await chain.readFees();
    metrics.relayerBalanceGwei.set(Number(balanceWei / gweiInWei));
    return {
      balanceWei,
      isLow: balanceWei < deps.leastBalanceWei,
      isSolvent: balanceWei >= cheapestCallGas * maxFeePerGas,
    };
  }

  /** One alert each time that it becomes low, not one for each look. */
  async function watchBalance(): Promise<void> {
    const elapsedMs = deps.elapsedMs();
    if (elapsedMs < nextWatchMs) return;
    nextWatchMs = elapsedMs + watchPauseMs;
    const { balanceWei, isLow, isSolvent } = await readState();
    if ((isLow || !isSolvent) && !wasLow) {
      desk.alert("relayer-low", { account: chain.oracle, balanceWei: balanceWei.toString(), isSolvent });
    }
    wasLow = isLow || !isSolvent;
  }

  function runOnce(): Promise<void> {
    const next = underWay.then(look).then(watchBalance);
    underWay = next.catch(() => undefined);
    return next;
  }

  async function runRound(): Promise<void> {
    try {
      await runOnce();
    } catch (error) {
      if (signal.aborted) return;
      // That the endpoint is away is told by the settlement loop, which asks it all the time.
      const isChain = error instanceof WattproofError && error.code === "CHAIN_UNAVAILABLE";
      if (isChain) desk.note("relay-round", { outcome: "failed", code: "CHAIN_UNAVAILABLE" });
      else desk.alert("loop-failed", { err: error });
    }
  }

  return {
    account: chain.oracle,
    async relay(request) {
      const callId = callIdOf(request);
      const gas = reservedGas[request.kind];
      const priceWei = await priceOf(BigInt(gas));
      if ((await deps.chain.readBalanceWei()) < priceWei) {
        if (!wasLow) desk.alert("relayer-low", { account: chain.oracle, isSolvent: false });
        wasLow = true;
        throw new WattproofError("RELAY_UNAVAILABLE", "The account that pays for gas is empty.");
      }
      const admission = await store.admitRelayedCall(
        { ...request, callId },
        {
          gas,
          costGwei: Number((priceWei + gweiInWei - 1n) / gweiInWei),
          limits: deps.budgets,
          queueLimit: deps.queueLimit,
          nowMs: now(),
        },
      );
      switch (admission.kind) {
        case "admitted":
        case "known":
          return awaitOutcome(callId);
        case "occupied":
          throw new WattproofError("RELAY_CALL_PENDING", "Another order for the same account is on its way.");
        case "full":
          throw new WattproofError("SERVICE_OVERLOADED", `The limit is ${deps.queueLimit} calls at once.`);
        case "exceeded":
          metrics.relayRefused.inc({ budget: admission.budget });
          if (admission.budget !== "total") {
            throw new WattproofError("RELAY_BUDGET_EXCEEDED", `Of one ${admission.budget} in 24 hours.`);
          }
          desk.alert("relay-budget-spent", { account: chain.oracle, totalGwei: deps.budgets.totalGwei });
          throw new WattproofError("RELAY_UNAVAILABLE", "The service has spent what it spends for others in 24 hours.");
      }
    },
    find: (callId) => store.findRelayedCall(callId),
    readState,
    runOnce,
    async run() {
      while (!signal.aborted) {
        await runRound();
        pause = new AbortController();
        const pauseMs = waiting.size > 0 ? lookMs : deps.pollIntervalMs;
        const signals = waiting.size > 0 ? [signal] : [signal, pause.signal];
        await sleep(pauseMs, undefined, { signal: AbortSignal.any(signals) }).catch(() => undefined);
      }
    },
  };
}

/** The same call of the same contract has the same id. It cannot be guessed by who has not seen the signature in it. */
function callIdOf({ target, calldata }: RelayRequest): string {
  return createHash("sha256").update(`${target}:${calldata.toLowerCase()}`).digest("hex");
}
