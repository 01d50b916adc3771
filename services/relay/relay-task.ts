import type { RelayedCallEnding, StoredRelayedCall } from "../store/relay.ts";
import type { Store } from "../store/store.ts";
import type { BatchTask } from "../settlement/pursue-transactions.ts";
import type { MinedJob } from "./relay-chain.ts";
import type { PursuedRelayJob, RelayJobsDeps, Told } from "./relay-jobs.ts";

/** What nothing was sent of for so long, because the endpoint refuses it and the contract does not, is given up. */
const giveUpMs = 600_000;
const gweiInWei = 1_000_000_000n;

/** What a transaction of the relayer is sent with, and what its end means for the calls in it. */
export function createRelayTask(
  { chain, desk, ages }: Pick<RelayJobsDeps, "chain" | "desk" | "ages">,
  {
    finish,
    tell,
  }: {
    readonly finish: (
      job: PursuedRelayJob,
      endings: readonly RelayedCallEnding[],
      mined: Parameters<Store["finishRelayJob"]>[2],
    ) => Promise<void>;
    readonly tell: Told;
  },
): BatchTask<PursuedRelayJob> {
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

  return {
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
}

function endingOf(
  { ordinal }: Pick<StoredRelayedCall, "ordinal">,
  code: string | null,
  cost: { readonly gas: number; readonly costGwei: number } = { gas: 0, costGwei: 0 },
): RelayedCallEnding {
  return { ordinal, status: code === null ? "confirmed" : "failed", code, ...cost };
}

/** What each of the calls of a transaction costs, rounded up. */
export function shareOf(
  { gasUsed, costWei }: Pick<MinedJob, "gasUsed" | "costWei">,
  calls: number,
): { readonly gas: number; readonly costGwei: number } {
  const costGwei = Number((costWei + gweiInWei - 1n) / gweiInWei);
  return { gas: Math.ceil(gasUsed / calls), costGwei: Math.ceil(costGwei / calls) };
}
