import type { LivenessStore } from "../store/liveness.ts";

/** How often the ledger learns how far the clock is; by so much a wait can be longer when the service starts again. */
export const markPauseMs = 10_000;

/**
 * The clock for waits whose end is kept in the ledger. It begins with the clock on the wall, or where an earlier run has
 * left it if that is later, and goes on without a step: nobody waits longer or less because the wall clock was set, also
 * when the service starts again after that. Compare its times only with each other.
 *
 * @returns milliseconds since 1970, as far as the wall clock was right at the start
 */
export function createSteadyClock(clocks: {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds since whenever; never runs backwards or steps. */
  readonly elapsedMs: () => number;
  /** How far an earlier run was; `null` if there was none. */
  readonly markMs: number | null;
}): () => number {
  const startedAtMs = Math.max(clocks.now(), clocks.markMs ?? -Infinity);
  const startedElapsedMs = clocks.elapsedMs();
  return () => Math.round(startedAtMs + (clocks.elapsedMs() - startedElapsedMs));
}

/** Writes down how far the clock is, every so often. */
export function createSteadyMark(deps: {
  readonly store: Pick<LivenessStore, "moveSteadyMark">;
  readonly steadyNow: () => number;
}): () => Promise<void> {
  const { store, steadyNow } = deps;
  let nextMs = -Infinity;
  return async () => {
    if (steadyNow() < nextMs) return;
    nextMs = steadyNow() + markPauseMs;
    await store.moveSteadyMark(steadyNow());
  };
}
