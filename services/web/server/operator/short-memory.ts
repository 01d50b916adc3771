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
  const kept = new Map<string, { readonly value: Promise<Value>; readonly untilMs: number }>();

  return (key, ask) => {
    const known = kept.get(key);
    if (known !== undefined && now() < known.untilMs) return known.value;
    const value = ask();
    kept.delete(key);
    kept.set(key, { value, untilMs: now() + keptMs });
    const oldest = kept.keys().next();
    if (kept.size > entryLimit && oldest.done !== true) kept.delete(oldest.value);
    value.catch(() => {
      if (kept.get(key)?.value === value) kept.delete(key);
    });
    return value;
  };
}
