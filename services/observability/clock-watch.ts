import { setTimeout as sleep } from "node:timers/promises";

import type { LivenessStore } from "../store/liveness.ts";
import type { OperatorDesk } from "./operator-desk.ts";
import { createSteadyMark } from "./steady-clock.ts";

/** Clocks are kept within a second of each other by NTP, which slews and does not step for less. */
const stepMs = 5_000;
const lookMs = 1_000;

/** Tells the operator when the clock on the wall is set, back or forward, and keeps the mark of the clock for waits. */
export async function watchClock(deps: {
  readonly now: () => number;
  readonly elapsedMs: () => number;
  readonly steadyNow: () => number;
  readonly store: Pick<LivenessStore, "moveSteadyMark">;
  readonly desk: OperatorDesk;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { now, elapsedMs, desk, signal } = deps;
  const mark = createSteadyMark(deps);
  let difference = now() - elapsedMs();
  while (!signal.aborted) {
    await mark().catch((error: unknown) => {
      if (!signal.aborted) desk.alert("loop-failed", { err: error });
    });
    await sleep(lookMs, undefined, { signal, ref: false }).catch(() => undefined);
    const next = now() - elapsedMs();
    if (Math.abs(next - difference) >= stepMs) desk.alert("clock-stepped", { stepMs: Math.round(next - difference) });
    difference = next;
  }
}
