import { setTimeout as sleep } from "node:timers/promises";

import type { OperatorDesk } from "../observability/operator-desk.ts";
import { isOvertaken } from "../replicas/overtaken.ts";
import type { WorkLease } from "../replicas/work-lease.ts";
import type { SessionBeginner } from "./begin-sessions.ts";
import type { TokenOpener } from "./cards/open-for-tokens.ts";
import type { SessionReconsiderer } from "./reconsider-sessions.ts";
import type { CostTeller } from "./tell-costs.ts";
import type { SetUpRounds } from "./set-up/set-up-rounds.ts";
import type { TransactionPursuer } from "./pursue-transactions.ts";
import type { UnservedReleaser } from "./release-unserved.ts";

/** Looks after sessions and transactions that need an act of ours, again and again. */
export interface ChargingRounds {
  /** One round now, after a round that is under way. @throws what the round throws */
  runOnce(): Promise<void>;
  /** Rounds with a pause in between, until the signal. A round that fails is an alert and is tried again. */
  run(): Promise<void>;
}

export function createChargingRounds(deps: {
  /** A round is done by the replica that has this right, and by no other. */
  readonly lease: Pick<WorkLease, "whileHeld">;
  readonly beginner: SessionBeginner;
  readonly pursuer: TransactionPursuer;
  readonly reconsiderer: SessionReconsiderer;
  readonly releaser: UnservedReleaser;
  /** `null`: no card opens anything. */
  readonly opener: Pick<TokenOpener, "openDue"> | null;
  readonly costs: CostTeller;
  /** `null`: chargers keep the configuration that they have. */
  readonly setUps: SetUpRounds | null;
  readonly desk: OperatorDesk;
  readonly pollIntervalMs: number;
  readonly signal: AbortSignal;
}): ChargingRounds {
  const { lease, beginner, pursuer, reconsiderer, releaser, opener, costs, setUps, desk, signal } = deps;
  let underWay: Promise<void> = Promise.resolve();

  async function round(): Promise<void> {
    await opener?.openDue();
    await pursuer.pursueTransactions(signal);
    await beginner.beginSessions(signal);
    await reconsiderer.reconsiderSessions(signal);
    await releaser.releaseUnserved(signal);
  }

  function runOnce(): Promise<void> {
    const next = underWay.then(async () => {
      await lease.whileHeld(round);
      // Each replica tells the stations that are connected to it.
      await costs.tellCosts(signal);
      await setUps?.setUpDue(signal);
    });
    underWay = next.catch(() => undefined);
    return next;
  }

  return {
    runOnce,
    async run() {
      let lastFault: string | null = null;
      while (!signal.aborted) {
        await runOnce().then(
          () => {
            lastFault = null;
          },
          (error: unknown) => {
            if (isOvertaken(error)) return;
            // A fault that stays is told once, and again after a round without one.
            const fault = String(error);
            if (!signal.aborted && fault !== lastFault) desk.alert("loop-failed", { err: error });
            lastFault = fault;
          },
        );
        await sleep(deps.pollIntervalMs, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}
