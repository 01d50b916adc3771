/**
 * The settlement room: it follows the chain and brings completed sessions to it. In come confirmed events of the chain and
 * sessions that the evidence has completed; out go batches, settled by a quorum of oracles or by the meters' own
 * signatures, challenges of wrong settlements, and receipts. Every act is in the journal before it is sent, so that a
 * restart goes on where it stopped; a session is settled at most once, since the contract takes its terms once; one session
 * or batch that cannot go on never keeps the others back. `wiring/settlement.ts` puts the room together and runs this loop:
 * follow (`follow-chain.ts`), form (`form-batches.ts`), watch, dispute, send (`send-batches.ts`).
 */
import { setTimeout as sleep } from "node:timers/promises";

import { WattproofError, type ErrorCode } from "../errors.ts";
import { isOvertaken } from "../replicas/overtaken.ts";
import type { WorkLease } from "../replicas/work-lease.ts";
import type { Alert } from "../observability/alerts.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { DisputeActor } from "./disputes/act-on-disputes.ts";
import type { ChainFollower } from "./follow-chain.ts";
import type { BatchFormer } from "./form-batches.ts";
import type { BatchSender } from "./send-batches.ts";
import type { SessionWatch } from "./watch-sessions.ts";

/** Follows the chain, forms batches, begins disputes and sends what they need, again and again. */
export interface SettlementLoop {
  /** One round now, after a round that is under way. @throws what the round throws */
  runOnce(): Promise<void>;
  /** Rounds with a pause in between, until the signal. A round that fails is an alert and is tried again. */
  run(signal: AbortSignal): Promise<void>;
}

const alertsOfChain: Partial<Record<ErrorCode, Alert>> = {
  CHAIN_UNAVAILABLE: "chain-unavailable",
  CHAIN_MISMATCH: "chain-mismatch",
  CHAIN_UNSUITABLE: "chain-mismatch",
  SIGNER_UNAVAILABLE: "signer-failed",
  SIGNER_WRONG: "signer-failed",
};

export function createSettlementLoop(deps: {
  /** A round is done by the replica that has this right, and by no other. */
  readonly lease: Pick<WorkLease, "whileHeld">;
  readonly follower: ChainFollower;
  readonly former: BatchFormer;
  readonly disputes: DisputeActor;
  readonly sender: BatchSender;
  readonly watch: SessionWatch;
  readonly desk: OperatorDesk;
  readonly pollIntervalMs: number;
  /** Ends every round at its next step. */
  readonly signal: AbortSignal;
}): SettlementLoop {
  const { follower, former, sender, desk, signal } = deps;
  let underWay: Promise<void> = Promise.resolve();

  /** Events that are missing were told to the operator, and keep nothing from going on that does not rest on them. */
  async function follow(): Promise<void> {
    try {
      await follower.follow(signal);
    } catch (error) {
      if (!(error instanceof WattproofError && error.code === "CHAIN_EVENTS_MISSING")) throw error;
    }
  }

  async function steps(): Promise<void> {
    await follow();
    await former.formBatches(signal);
    await deps.disputes.beginActs(signal);
    await sender.sendBatches(signal);
    // What was mined at once counts in this round.
    await follow();
  }

  async function round(): Promise<void> {
    try {
      await steps();
    } finally {
      // A chain that does not answer is no reason to be silent about what waits for it.
      await deps.watch.watch();
    }
  }

  function runOnce(): Promise<void> {
    const next = underWay.then(async () => {
      await deps.lease.whileHeld(round);
    });
    underWay = next.catch(() => undefined);
    return next;
  }

  return {
    runOnce,
    async run(stop) {
      while (!stop.aborted) {
        await runOnce().catch((error: unknown) => {
          if (stop.aborted || isOvertaken(error)) return;
          const code = error instanceof WattproofError ? error.code : "INTERNAL";
          desk.alert(alertsOfChain[code] ?? "loop-failed", { err: error });
        });
        await sleep(deps.pollIntervalMs, undefined, { signal: stop }).catch(() => undefined);
      }
    },
  };
}
