/**
 * The relay room: what the service sends to the chain for others, at its own expense. In come calls that drivers or keys
 * of fleets have signed, from the driver's doors, `chain/opening-relay.ts`, `chain/driver-orders.ts` and the cards. What is
 * taken is in the ledger before anything is sent, the same call counts once, and nobody spends more than the budgets allow:
 * of a driver, of a client, of a day. `settlement/pursue-transactions.ts` brings the transactions to the chain.
 */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { budgetMs, reservedGas, type RelayLimits } from "../domain/relay-budget.ts";
import { WattproofError } from "../errors.ts";
import { isOvertaken } from "../replicas/overtaken.ts";
import type { WorkLease } from "../replicas/work-lease.ts";
import { createTransactionPursuit } from "../settlement/pursue-transactions.ts";
import { createRelayAnswers } from "./relay-answers.ts";
import type { RelayDesk, RelayRequest } from "./relay-desk.ts";
import {
  createRelayJobs,
  mostGasOfJob,
  relayJournalOf,
  type PursuedRelayJob,
  type RelayJobsDeps,
} from "./relay-jobs.ts";
import { createRelayerBalance, gweiInWei } from "./relayer-balance.ts";

export interface RelayDeskDeps extends RelayJobsDeps {
  /** What is written in a round goes through its store; a round is done by the replica that has the right. */
  readonly lease: Pick<WorkLease, "whileHeld" | "store">;
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

/** A person waits for the answer. */
const lookMs = 250;

export function createRelayDesk(deps: RelayDeskDeps): RelayDesk {
  const { store, desk, metrics, now, signal } = deps;
  const { chain } = deps.chain;
  const balance = createRelayerBalance(deps);
  const answers = createRelayAnswers({
    ...deps,
    onAwaited: () => {
      pause.abort();
    },
  });
  let underWay: Promise<void> = Promise.resolve();
  let pause = new AbortController();

  const pursuit = createTransactionPursuit<PursuedRelayJob>({
    ...deps,
    store: relayJournalOf(deps.lease.store),
    chain,
    targetOf: ({ target }) => target,
    mostGasOf: mostGasOfJob,
    alerts: { unfunded: "relayer-low", refused: "relay-refused", reverted: "relay-reverted" },
  });
  const jobs = createRelayJobs({ ...deps, store: deps.lease.store }, pursuit, (...ending) => {
    answers.tell(...ending);
  });

  async function look(): Promise<void> {
    try {
      await jobs.look(signal);
    } finally {
      metrics.relayPending.set(await store.countPendingCalls());
      metrics.relaySpentGwei.set(await store.readRelaySpendingGwei(now() - budgetMs));
    }
  }

  function runOnce(): Promise<void> {
    const next = underWay.then(async () => {
      await deps.lease.whileHeld(look);
      await balance.watch();
    });
    underWay = next.catch(() => undefined);
    return next;
  }

  async function runRound(): Promise<void> {
    try {
      await runOnce();
    } catch (error) {
      if (signal.aborted || isOvertaken(error)) return;
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
      const priceWei = await balance.priceOf(BigInt(gas));
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
          return answers.awaitOutcome(callId);
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
    readState: () => balance.readState(),
    runOnce,
    async run() {
      while (!signal.aborted) {
        await runRound();
        pause = new AbortController();
        const pauseMs = answers.isAwaited ? lookMs : deps.pollIntervalMs;
        const signals = answers.isAwaited ? [signal] : [signal, pause.signal];
        await sleep(pauseMs, undefined, { signal: AbortSignal.any(signals) }).catch(() => undefined);
      }
    },
  };
}

/** The same call of the same contract has the same id. It cannot be guessed by who has not seen the signature in it. */
function callIdOf({ target, calldata }: RelayRequest): string {
  return createHash("sha256").update(`${target}:${calldata.toLowerCase()}`).digest("hex");
}
