/** No stored pause is longer: four of the longest that can be set for stops. */
export const greatestPauseMs = 4 * 3_600_000;

/**
 * Whether something is due that was put off until a time of the clock on the wall. What seems further ahead than any
 * pause was put off before the clock was set back, and is due: else it would wait until the clock is there again.
 */
export function isDue(dueAtMs: number, nowMs: number): boolean {
  return dueAtMs <= nowMs || dueAtMs > nowMs + greatestPauseMs;
}

/** How long ago something was done, by the clock on the wall; what lies ahead was done before the clock was set back. */
export function agoMs(atMs: number, nowMs: number): number {
  return atMs > nowMs ? Infinity : nowMs - atMs;
}
