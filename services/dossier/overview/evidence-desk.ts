import { setTimeout as wait } from "node:timers/promises";

import { WattproofError } from "../../errors.ts";

/** Hands out what takes long to work out: what was worked out last, and when. */
export interface EvidenceDesk<Value> {
  /** @throws SERVICE_NOT_READY while it is worked out for the first time, and what working it out throws */
  read(operator: string): Promise<{ readonly value: Value; readonly asOfMs: number }>;
}

/** A page waits ten seconds for an answer. */
const patienceMs = 8_000;
/** What was worked out is good for so long at least. */
const keptMs = 30_000;
/** At most one part in so many of the time goes into working things out for whoever watches. */
const shareOfTime = 10;
const mostOperators = 64;

interface Entry<Value> {
  readonly begun: Promise<{ readonly value: Value; readonly asOfMs: number }>;
  readonly dueAtMs: number;
  readonly last: { readonly value: Value; readonly asOfMs: number } | null;
}

/**
 * Works out one operator at a time, each as seldom as it takes long, however many watch.
 * @param deps.now Milliseconds since 1970.
 */
export function createEvidenceDesk<Value>(deps: {
  readonly workOut: (operator: string) => Promise<Value>;
  readonly now: () => number;
  readonly patienceMs?: number;
}): EvidenceDesk<Value> {
  const { workOut, now } = deps;
  const entries = new Map<string, Entry<Value>>();
  let queue: Promise<unknown> = Promise.resolve();

  function begin(operator: string, last: Entry<Value>["last"]): Entry<Value> {
    const begun = queue.then(async () => {
      const asOfMs = now();
      const value = await workOut(operator);
      const done = { value, asOfMs };
      const dueAtMs = now() + Math.max(keptMs, (now() - asOfMs) * shareOfTime);
      entries.set(operator, { begun: Promise.resolve(done), dueAtMs, last: done });
      return done;
    });
    queue = begun.catch(() => {
      // Who waits for it is told; whoever asks next has it tried again.
      entries.delete(operator);
    });
    const entry = { begun, dueAtMs: Number.POSITIVE_INFINITY, last };
    entries.delete(operator);
    entries.set(operator, entry);
    const [oldest] = entries.keys();
    if (entries.size > mostOperators && oldest !== undefined) entries.delete(oldest);
    return entry;
  }

  return {
    async read(operator) {
      const known = entries.get(operator);
      const entry = known !== undefined && now() < known.dueAtMs ? known : begin(operator, known?.last ?? null);
      const timer = new AbortController();
      try {
        const late = wait(deps.patienceMs ?? patienceMs, null, { signal: timer.signal }).catch(() => null);
        const done = (await Promise.race([entry.begun, late])) ?? entry.last;
        if (done === null) throw new WattproofError("SERVICE_NOT_READY", "The records are being read.");
        return done;
      } finally {
        timer.abort();
      }
    },
  };
}
