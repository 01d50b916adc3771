import type { Chain, MeteredSession, SettlementItem } from "../chain/chain.ts";
import { meterFrom } from "../domain/claim-window.ts";
import type { NextTry } from "../domain/session.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Store, StoredSession } from "../store/store.ts";
import { readClaimClock, windowOf, type ClaimClock } from "./claim-clock.ts";
import type { MeterProof, MeterProofs } from "./meter-proofs.ts";
import type { BatchTask } from "./pursue-transactions.ts";
import type { SessionReleaser } from "./release-sessions.ts";
import { collectItem } from "./settlement-items.ts";

type MeteredItem = Omit<SettlementItem, "isReadable">;

interface Proven {
  readonly session: MeteredSession;
  readonly pagination: bigint;
}

/** Batches that settle from the meters' own signatures, when no quorum of oracles is to be had. */
export function createMeterTask(deps: {
  readonly store: Store;
  readonly chain: Chain;
  readonly proofs: MeterProofs;
  readonly releaser: SessionReleaser;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
  readonly retryMs: number;
}): BatchTask {
  const { store, chain, proofs, releaser, desk, now, steadyNow } = deps;

  /** What the contract does not take is for the oracles again. */
  function backToOracles({ state }: StoredSession): Promise<NextTry> {
    // Where the operator decided for the meter, nobody else is asked; what stays so is told by its age.
    const lane = state.resolution?.way === "meter" ? "meter" : "oracles";
    return Promise.resolve({ ...state.nextTry, lane, notBeforeMs: steadyNow() + deps.retryMs });
  }

  function toProve({ terms, opening, tariff, toppedUpMicro }: MeteredItem, proof: MeterProof): Proven {
    return { session: { terms, opening, tariff, toppedUpMicro, records: proof.records }, pagination: proof.pagination };
  }

  /** How long the session waits for the contract to take its energy, and its times where that is soon; 0: no longer. */
  function waitMsOf(item: MeteredItem, clock: ClaimClock): number {
    const from = meterFrom(windowOf(item, clock), item.terms);
    return Number.isFinite(from) ? Math.max(0, from - clock.reachedSeconds) * 1_000 : 0;
  }

  return {
    async prepare(batch) {
      const waiting = await releaser.keepWaiting(batch);
      const proven: Proven[] = [];
      const unproven: string[] = [];
      if (waiting.length === 0) return null;
      const clock = await readClaimClock(chain, Math.min(now(), steadyNow()));
      for (const sessionId of waiting) {
        const proof = await proofs.findProof(sessionId);
        const item = await collectItem(store, sessionId);
        const waitMs = waitMsOf(item, clock);
        if (proof === null) unproven.push(sessionId);
        else if (waitMs === 0) proven.push(toProve(item, proof));
        else {
          const notBeforeMs = steadyNow() + waitMs;
          const nextTryOf = ({ state }: StoredSession): Promise<NextTry> =>
            Promise.resolve({ ...state.nextTry, notBeforeMs });
          await releaser.release(batch, [sessionId], { nextTryOf });
        }
      }
      if (unproven.length > 0) await releaser.release(batch, unproven, { nextTryOf: backToOracles });
      if (proven.length === 0) return null;
      desk.note("settling-with-meters", { batchId: batch.batchId, sessions: proven.length });
      // A session that is settled before an earlier one of its meter shuts that one out.
      proven.sort((left, right) => (left.pagination < right.pagination ? -1 : 1));
      return chain.encodeMeterSettlement(proven.map(({ session }) => session));
    },
    refused(batch, detail) {
      desk.alert("settlement-refused", { batchId: batch.batchId, detail });
      return Promise.resolve();
    },
    tooLarge: (batch) => releaser.releaseHalf(batch),
    reverted: (batch, revertedTxHash) => releaser.release(batch, batch.sessionIds, { revertedTxHash }),
  };
}
