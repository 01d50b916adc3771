/** Says how long ago something was, whatever becomes of the clock on the wall meanwhile. */
export interface Ages {
  /**
   * @param key What it is about; the same key always goes with the same time.
   * @param sinceMs When it was, by the clock on the wall. A time in the future counts as now.
   */
  ageMs(key: string, sinceMs: number): number;
}

/** Beyond as many, what was asked about longest ago is measured by the clock on the wall anew. */
const keyLimit = 10_000;

/**
 * The ledger holds times of the clock on the wall, which can be set back or forward while the service waits. So an age is
 * taken from it once, when it is first asked for, and goes on with a clock that never steps.
 */
export function createAges(clocks: {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds since whenever; never runs backwards or steps. */
  readonly elapsedMs: () => number;
}): Ages {
  const firstSeen = new Map<string, { readonly ageMs: number; readonly elapsedMs: number }>();

  return {
    ageMs(key, sinceMs) {
      const elapsedMs = clocks.elapsedMs();
      const seen = firstSeen.get(key) ?? { ageMs: Math.max(0, clocks.now() - sinceMs), elapsedMs };
      // Re-inserted, so that the front of the map is what nobody asks about any more.
      firstSeen.delete(key);
      firstSeen.set(key, seen);
      const oldest = firstSeen.keys().next();
      if (firstSeen.size > keyLimit && oldest.done !== true) firstSeen.delete(oldest.value);
      return seen.ageMs + (elapsedMs - seen.elapsedMs);
    },
  };
}
