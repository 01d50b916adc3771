import { setTimeout as sleep } from "node:timers/promises";

import { WattproofError, type ErrorCode } from "../errors.ts";
import type { Alert } from "../metrics.ts";
import type { OperatorDesk } from "../operator-desk.ts";
import type { DisputeActor } from "./disputes/act-on-disputes.ts";
import type { ChainFollower } from "./follow-chain.ts";
import type { BatchFormer } from "./form-batches.ts";
import type { BatchSender } from "./send-batches.ts";

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
};

export function createSettlementLoop(deps: {
  readonly follower: ChainFollower;
  readonly former: BatchFormer;
  readonly disputes: DisputeActor;
  readonly sender: BatchSender;
  readonly desk: OperatorDesk;
  readonly pollIntervalMs: number;
  /** Ends every round at its next step. */
  readonly signal: AbortSignal;
}): SettlementLoop {
  const { follower, former, sender, desk, signal } = deps;
  let underWay: Promise<void> = Promise.resolve();

  async function round(): Promise<void> {
    await follower.follow(signal);
    await former.formBatches(signal);
    await deps.disputes.beginActs(signal);
    await sender.sendBatches(signal);
    // What was mined at once counts in this round.
    await follower.follow(signal);
  }

  function runOnce(): Promise<void> {
    const next = underWay.then(round);
    underWay = next.catch(() => undefined);
    return next;
  }

  return {
    runOnce,
    async run(stop) {
      while (!stop.aborted) {
        await runOnce().catch((error: unknown) => {
          if (stop.aborted) return;
          const code = error instanceof WattproofError ? error.code : "INTERNAL";
          desk.alert(alertsOfChain[code] ?? "loop-failed", { err: error });
        });
        await sleep(deps.pollIntervalMs, undefined, { signal: stop }).catch(() => undefined);
      }
    },
  };
}
