/**
 * Asks once for all who ask within a short time: a page that is open on ten screens costs what one costs. What failed is
 * not kept.
 */
export function createShortMemory<Value>(options: {
  readonly keptMs: number;
  readonly entryLimit: number;
  readonly now: () => number;
}): (key: string, ask: () => Promise<Value>) => Promise<Value> {
  const { keptMs, entryLimit, now } = options;
  const kept = new Map<string, { readonly value: Promise<Value>; readonly atMs: number }>();

  return (key, ask) => {
    const known = kept.get(key);
    const atMs = now();
    // What was kept later than now was kept before the clock was set back.
    if (known !== undefined && known.atMs <= atMs && atMs < known.atMs + keptMs) return known.value;
    const value = ask();
    kept.delete(key);
    kept.set(key, { value, atMs });
    const oldest = kept.keys().next();
    if (kept.size > entryLimit && oldest.done !== true) kept.delete(oldest.value);
    value.catch(() => {
      if (kept.get(key)?.value === value) kept.delete(key);
    });
    return value;
  };
}
