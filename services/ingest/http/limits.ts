import { WattproofError } from "../../errors.ts";

/** A body of a record and its envelope; a record of 65,536 bytes is refused by itself, real ones have 3,000. */
export const bodyLimitBytes = 65_536;

/** How many seconds of its rate a station may send at once after a pause. */
const burstFactor = 5;
const stationLimit = 50_000;

/** Lets each station send so many messages per second, and some more at once after a pause. */
export function createRateLimit(
  messagesPerSecond: number,
  now: () => number,
): { /** @throws STATION_RATE_EXCEEDED */ admit(stationId: string): void } {
  const burst = messagesPerSecond * burstFactor;
  const buckets = new Map<string, { tokens: number; atMs: number }>();

  return {
    admit(stationId) {
      const atMs = now();
      const bucket = buckets.get(stationId) ?? { tokens: burst, atMs };
      const elapsedMs = Math.max(0, atMs - bucket.atMs);
      bucket.tokens = Math.min(burst, bucket.tokens + (elapsedMs * messagesPerSecond) / 1_000);
      bucket.atMs = atMs;
      // Re-inserted, so that the map is in the order of last use and the front is what can be forgotten.
      buckets.delete(stationId);
      buckets.set(stationId, bucket);
      const oldest = buckets.keys().next();
      if (buckets.size > stationLimit && oldest.done !== true) buckets.delete(oldest.value);

      if (bucket.tokens < 1) {
        throw new WattproofError("STATION_RATE_EXCEEDED", `The limit is ${messagesPerSecond} per second.`);
      }
      bucket.tokens -= 1;
    },
  };
}

/** Lets only so many messages be handled at once; the station keeps the rest. */
export function createQueueLimit(limit: number): {
  /** @throws SERVICE_OVERLOADED */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
} {
  let running = 0;
  return {
    async run(work) {
      if (running >= limit) throw new WattproofError("SERVICE_OVERLOADED", `The limit is ${limit} at once.`);
      running += 1;
      try {
        return await work();
      } finally {
        running -= 1;
      }
    },
  };
}
