import { WattproofError, type ErrorCode } from "../../errors.ts";

/** A body of a record and its envelope; a record of 65,536 bytes is refused by itself, real ones have 3,000. */
export const bodyLimitBytes = 65_536;

/** How many seconds of its rate a station may send at once after a pause. */
const burstFactor = 5;
const senderLimit = 50_000;

/** Lets each sender send so many messages per second, and some more at once after a pause. */
export function createRateLimit(
  messagesPerSecond: number,
  now: () => number,
  code: ErrorCode = "STATION_RATE_EXCEEDED",
): { /** @throws STATION_RATE_EXCEEDED, or the code that is given instead */ admit(sender: string): void } {
  // Below one there would never be enough for a single message.
  const burst = Math.max(1, messagesPerSecond * burstFactor);
  const buckets = new Map<string, { tokens: number; atMs: number }>();

  return {
    admit(sender) {
      const atMs = now();
      const bucket = buckets.get(sender) ?? { tokens: burst, atMs };
      const elapsedMs = Math.max(0, atMs - bucket.atMs);
      bucket.tokens = Math.min(burst, bucket.tokens + (elapsedMs * messagesPerSecond) / 1_000);
      bucket.atMs = atMs;
      // Re-inserted, so that the map is in the order of last use and the front is what can be forgotten.
      buckets.delete(sender);
      buckets.set(sender, bucket);
      const oldest = buckets.keys().next();
      if (buckets.size > senderLimit && oldest.done !== true) buckets.delete(oldest.value);

      if (bucket.tokens < 1) {
        throw new WattproofError(code, `The limit is ${messagesPerSecond} per second.`);
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
