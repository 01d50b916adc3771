import { WattproofError, type ErrorCode } from "../../errors.ts";

/** A body of a record and its envelope; a record of 65,536 bytes is refused by itself, real ones have 3,000. */
export const bodyLimitBytes = 65_536;

/** How many seconds of its rate a station may send at once after a pause. */
const burstFactor = 5;
const senderLimit = 50_000;

/** Counts what each sender sends. Of the senders that were heard of last, 50,000 are remembered. */
export interface RateLimit {
  /** @throws STATION_RATE_EXCEEDED, or the code that is given instead */
  admit(sender: string): void;
  /** Whether so much more may be sent; counts nothing. */
  isLeft(sender: string, amount?: number): boolean;
  /** Counts so much. @returns false if it was not left; then nothing is counted. */
  take(sender: string, amount?: number): boolean;
}

/** Lets each sender send so much per second, and some more at once after a pause: by default that of five seconds. */
export function createRateLimit(
  perSecond: number,
  now: () => number,
  code: ErrorCode = "STATION_RATE_EXCEEDED",
  options: { readonly burst?: number } = {},
): RateLimit {
  // Below one there would never be enough for a single message.
  const burst = Math.max(1, options.burst ?? perSecond * burstFactor);
  const buckets = new Map<string, { tokens: number; atMs: number }>();

  function bucketOf(sender: string): { tokens: number; atMs: number } {
    const atMs = now();
    const bucket = buckets.get(sender) ?? { tokens: burst, atMs };
    const elapsedMs = Math.max(0, atMs - bucket.atMs);
    bucket.tokens = Math.min(burst, bucket.tokens + (elapsedMs * perSecond) / 1_000);
    bucket.atMs = atMs;
    return bucket;
  }

  function take(sender: string, amount = 1): boolean {
    const bucket = bucketOf(sender);
    // Re-inserted, so that the map is in the order of last use and the front is what can be forgotten.
    buckets.delete(sender);
    buckets.set(sender, bucket);
    const oldest = buckets.keys().next();
    if (buckets.size > senderLimit && oldest.done !== true) buckets.delete(oldest.value);
    if (bucket.tokens < amount) return false;
    bucket.tokens -= amount;
    return true;
  }

  return {
    admit(sender) {
      if (!take(sender)) throw new WattproofError(code, `The limit is ${perSecond} per second.`);
    },
    isLeft: (sender, amount = 1) => bucketOf(sender).tokens >= amount,
    take,
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
