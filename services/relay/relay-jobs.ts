import { createHash } from "node:crypto";

import type { Ages } from "../observability/ages.ts";
import type { FeeLimits } from "../domain/spending.ts";
import { reservedGas } from "../domain/relay-budget.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { RelayJob, RelayedCallEnding, StoredRelayedCall } from "../store/relay.ts";
import type { Store } from "../store/store.ts";
import type {
  BatchTask,
  PursuedJob,
  TransactionJournal,
  TransactionPursuit,
} from "../settlement/pursue-transactions.ts";
import type { RelayChain } from "./relay-chain.ts";

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
/** What nothing was sent of for so long, because the endpoint refuses it and the contract does not, is given up. */
const giveUpMs = 600_000;
const gweiInWei = 1_000_000_000n;

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

/** Puts waiting calls into transactions, and ends calls as their transactions end. */
export function createRelayJobs(
  deps: RelayJobsDeps,
  pursuit: TransactionPursuit<PursuedRelayJob>,
  tell: Told,
): { look(signal: AbortSignal): Promise<void> } {
  const { store, chain, desk, metrics, now, ages } = deps;

  /** Openings go together, everything else alone. */
  async function formJobs(): Promise<readonly string[]> {
    const formed: string[] = [];
    const waiting = await store.listWaitingCalls(waitingPerLook);
    const openings = waiting.filter(({ kind }) => kind === "opening");
    const groups = waiting.filter(({ kind }) => kind !== "opening").map((call) => [call]);
    for (let from = 0; from < openings.length; from += openingsPerTransaction) {
      groups.push(openings.slice(from, from + openingsPerTransaction));
    }
    for (const calls of groups) {
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

  function endingOf(
    { ordinal }: StoredRelayedCall,
    code: string | null,
    cost: { readonly gas: number; readonly costGwei: number } = { gas: 0, costGwei: 0 },
  ): RelayedCallEnding {
    return { ordinal, status: code === null ? "confirmed" : "failed", code, ...cost };
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

  /** What the chain says of each call now; those of which it says nothing definite are not among them. */
  async function judgeAll(calls: readonly StoredRelayedCall[]): Promise<readonly RelayedCallEnding[]> {
    const endings: RelayedCallEnding[] = [];
    for (const call of calls) {
      const state = await chain.judge(call);
      if (state.kind === "done") endings.push(endingOf(call, null));
      if (state.kind === "refused") endings.push(endingOf(call, state.reason));
    }
    return endings;
  }

  const task: BatchTask<PursuedRelayJob> = {
    prepare: ({ target, calldata }) => Promise.resolve({ target, calldata }),
    async refused(job, detail) {
      const endings = await judgeAll(job.calls);
      if (endings.length > 0) return finish(job, endings, null);
      if (ages.ageMs(`job ${job.jobId}`, job.createdAtMs) < giveUpMs) return;
      desk.alert("relay-refused", { jobId: job.jobId, detail });
      return finish(
        job,
        job.calls.map((call) => endingOf(call, "RELAY_UNAVAILABLE")),
        null,
      );
    },
    tooLarge: (job) =>
      finish(
        job,
        job.calls.map((call) => endingOf(call, "GAS_ABOVE_LIMIT")),
        null,
      ),
    async succeeded(job, txHash, isConfirmed) {
      const mined = await chain.readMined(txHash);
      if (mined === null) return;
      const cost = shareOf(mined, job.calls.length);
      const endings = job.calls.map((call) => {
        const code = mined.skipped.get(chain.sessionOf(call) ?? "") ?? null;
        return endingOf(call, code, cost);
      });
      if (isConfirmed) return finish(job, endings, { txHash, ...mined });
      for (const [index, call] of job.calls.entries()) {
        const code = endings[index]?.code ?? null;
        tell(call, code === null ? "done" : "failed", txHash, code);
      }
    },
    async reverted(job, txHash) {
      const mined = await chain.readMined(txHash);
      if (mined === null) return;
      const cost = shareOf(mined, job.calls.length);
      const endings: RelayedCallEnding[] = [];
      for (const call of job.calls) {
        const state = await chain.judge(call);
        // What somebody else has done meanwhile is done; what would go through now is for its driver to ask for again.
        const code = state.kind === "done" ? null : state.kind === "refused" ? state.reason : "REVERTED";
        endings.push(endingOf(call, code, cost));
      }
      await finish(job, endings, { txHash, ...mined });
    },
  };

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

function shareOf(
  { gasUsed, costWei }: { readonly gasUsed: number; readonly costWei: bigint },
  calls: number,
): { readonly gas: number; readonly costGwei: number } {
  const costGwei = Number((costWei + gweiInWei - 1n) / gweiInWei);
  return { gas: Math.ceil(gasUsed / calls), costGwei: Math.ceil(costGwei / calls) };
}

/** Calls can be in a second transaction after a first one that was not sent, so the time is part of it. */
function jobIdOf(calls: readonly StoredRelayedCall[], createdAtMs: number): string {
  const hash = createHash("sha256").update(String(createdAtMs));
  for (const { ordinal, jobId } of calls) hash.update(`;${ordinal}:${jobId ?? ""}`);
  return hash.digest("hex");
}
