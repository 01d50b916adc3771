/** When each object of the feed changed, as this process saw it. */
export interface Stamps {
  /** The time of the last change, in milliseconds since 1970. What is seen first has changed at the start. */
  stamp(key: string, content: unknown): number;
  /** Call after each reading of everything: what was not in it is forgotten. */
  endReading(): void;
}

/**
 * A reader who asks for what changed since its last question misses nothing: a change gets the time at which it was seen,
 * and everything is looked at again for each question.
 */
export function createStamps(now: () => number): Stamps {
  const startedAtMs = now();
  let isFirst = true;
  let kept = new Map<string, { readonly text: string; readonly atMs: number }>();
  let seen: typeof kept = new Map();
  return {
    stamp(key, content) {
      const text = JSON.stringify(content);
      const before = kept.get(key);
      const changedAtMs = isFirst ? startedAtMs : Math.max(now(), before?.atMs ?? startedAtMs);
      const atMs = before?.text === text ? before.atMs : changedAtMs;
      seen.set(key, { text, atMs });
      return atMs;
    },
    endReading() {
      kept = seen;
      seen = new Map();
      isFirst = false;
    },
  };
}
