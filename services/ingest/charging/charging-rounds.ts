import { setTimeout as sleep } from "node:timers/promises";

import type { OperatorDesk } from "../../operator-desk.ts";
import type { SessionBeginner } from "./begin-sessions.ts";
import type { TokenOpener } from "../tokens/open-for-tokens.ts";
import type { TransactionPursuer } from "./pursue-transactions.ts";

/** Looks after sessions and transactions that need an act of ours, again and again. */
export interface ChargingRounds {
  /** One round now, after a round that is under way. @throws what the round throws */
  runOnce(): Promise<void>;
  /** Rounds with a pause in between, until the signal. A round that fails is an alert and is tried again. */
  run(): Promise<void>;
}

export function createChargingRounds(deps: {
  readonly beginner: SessionBeginner;
  readonly pursuer: TransactionPursuer;
  /** `null`: no card opens anything. */
  readonly opener: Pick<TokenOpener, "openDue"> | null;
  readonly desk: OperatorDesk;
  readonly pollIntervalMs: number;
  readonly signal: AbortSignal;
}): ChargingRounds {
  const { beginner, pursuer, opener, desk, signal } = deps;
  let underWay: Promise<void> = Promise.resolve();

  function runOnce(): Promise<void> {
    const next = underWay.then(async () => {
      await opener?.openDue();
      await pursuer.pursueTransactions(signal);
      await beginner.beginSessions(signal);
    });
    underWay = next.catch(() => undefined);
    return next;
  }

  return {
    runOnce,
    async run() {
      while (!signal.aborted) {
        await runOnce().catch((error: unknown) => {
          if (!signal.aborted) desk.alert("loop-failed", { err: error });
        });
        await sleep(deps.pollIntervalMs, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}
