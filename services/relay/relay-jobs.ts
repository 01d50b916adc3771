import { createHash } from "node:crypto";

import type { Ages } from "../observability/ages.ts";
import type { FeeLimits } from "../domain/spending.ts";
import { reservedGas } from "../domain/relay-budget.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { RelayJob, RelayedCallEnding, StoredRelayedCall } from "../store/relay.ts";
import type { Store } from "../store/store.ts";
import type { PursuedJob, TransactionJournal, TransactionPursuit } from "../settlement/pursue-transactions.ts";
import type { RelayChain } from "./relay-chain.ts";
import { createRelayTask } from "./relay-task.ts";

/** A transaction with the calls in it. */
export interface PursuedRelayJob extends RelayJob, PursuedJob {
  readonly calls: readonly StoredRelayedCall[];
}

export interface RelayJobsDeps {
  readonly store: Store;
  readonly chain: RelayChain;
  readonly desk: OperatorDesk;
  readonly metrics: Metrics;
  readonly now: () => number;
  readonly ages: Ages;
  readonly confirmations: number;
  readonly transactionStuckMs: number;
  readonly limits: FeeLimits;
}

/** Called with what is known about a call as soon as it is known. */
export type Told = (
  call: StoredRelayedCall,
  status: "done" | "failed",
  txHash: string | null,
  code: string | null,
) => void;

const openingsPerTransaction = 50;
/** As many as a block takes easily. */
const waitingPerLook = 200;

/** The ledger of the relayer's account, in the form that transactions are pursued with. */
export function relayJournalOf(store: Store): TransactionJournal {
  return {
    listTransactions: (jobId) => store.listRelayTransactions(jobId),
    listLiveNonces: () => store.listLiveRelayNonces(),
    putTransaction: (transaction) => store.putRelayTransaction(transaction),
    markSent: (txHash, sentAtMs) => store.markRelaySent(txHash, sentAtMs),
    abandonTransactions: (jobId) => store.abandonRelayTransactions(jobId),
  };
}

/** The most gas that a job can need: what was set aside for its calls. */
export function mostGasOfJob({ calls }: Pick<PursuedRelayJob, "calls">): bigint {
  return BigInt(calls.reduce((sum, { kind }) => sum + reservedGas[kind], 0));
}

/** Which calls go into one transaction: openings together, everything else alone. */
export function groupsOf<Call extends Pick<StoredRelayedCall, "kind">>(waiting: readonly Call[]): readonly Call[][] {
  const openings = waiting.filter(({ kind }) => kind === "opening");
  const groups = waiting.filter(({ kind }) => kind !== "opening").map((call) => [call]);
  for (let from = 0; from < openings.length; from += openingsPerTransaction) {
    groups.push(openings.slice(from, from + openingsPerTransaction));
  }
  return groups;
}

/** Puts waiting calls into transactions, and ends calls as their transactions end. */
export function createRelayJobs(
  deps: RelayJobsDeps,
  pursuit: TransactionPursuit<PursuedRelayJob>,
  tell: Told,
): { look(signal: AbortSignal): Promise<void> } {
  const { store, chain, desk, metrics, now } = deps;

  async function formJobs(): Promise<readonly string[]> {
    const formed: string[] = [];
    const waiting = await store.listWaitingCalls(waitingPerLook);
    for (const calls of groupsOf(waiting)) {
      const { target, calldata } = chain.merge(calls);
      const createdAtMs = now();
      const jobId = jobIdOf(calls, createdAtMs);
      await store.putRelayJob(
        { jobId, target, calldata, createdAtMs },
        calls.map(({ ordinal }) => ordinal),
      );
      formed.push(jobId);
    }
    return formed;
  }

  async function finish(
    job: PursuedRelayJob,
    endings: readonly RelayedCallEnding[],
    mined: Parameters<Store["finishRelayJob"]>[2],
  ): Promise<void> {
    await store.finishRelayJob(job.jobId, endings, mined);
    for (const { ordinal, status, code } of endings) {
      const call = job.calls.find((one) => one.ordinal === ordinal);
      if (call === undefined) continue;
      metrics.relayedCalls.inc({ kind: call.kind, outcome: status });
      const { callId, driver } = call;
      desk.note("relayed-call", { callId, kind: call.kind, driver, status, code, txHash: mined?.txHash });
      tell(call, status === "confirmed" ? "done" : "failed", mined?.txHash ?? null, code);
    }
  }

  const task = createRelayTask(deps, { finish, tell });

  /** One step for these, oldest first, so that transactions are handed over in the order of their nonces. */
  async function pursueAll(open: readonly RelayJob[], signal: AbortSignal): Promise<void> {
    const failures: unknown[] = [];
    for (const job of open) {
      if (signal.aborted) return;
      try {
        const calls = await store.listCallsOfJob(job.jobId);
        await pursuit.pursue({ ...job, batchId: job.jobId, calls }, task, signal);
      } catch (error) {
        // One that cannot go on does not keep the others from it.
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  return {
    async look(signal) {
      const formed = new Set(await formJobs());
      await pursueAll(await store.listOpenRelayJobs(), signal);
      if (formed.size === 0) return;
      // On a quick chain it is mined by now, and somebody waits for it.
      const open = await store.listOpenRelayJobs();
      await pursueAll(
        open.filter(({ jobId }) => formed.has(jobId)),
        signal,
      );
    },
  };
}

/** Calls can be in a second transaction after a first one that was not sent, so the time is part of it. */
function jobIdOf(calls: readonly StoredRelayedCall[], createdAtMs: number): string {
  const hash = createHash("sha256").update(String(createdAtMs));
  for (const { ordinal, jobId } of calls) hash.update(`;${ordinal}:${jobId ?? ""}`);
  return hash.digest("hex");
}
