/** How many seconds of its rate a station may send at once after a pause. */
const burstFactor = 5;
const stationLimit = 50_000;

/** A rate per station. Who is faster is read more slowly, for what was refused would be lost to a station. */
export interface Pacer {
  /** Counts one message. @returns for how long nothing more should be read from the station, in milliseconds. */
  count(stationId: string, atMs: number): number;
}

export function createPacer(messagesPerSecond: number): Pacer {
  const burst = messagesPerSecond * burstFactor;
  const buckets = new Map<string, { tokens: number; atMs: number }>();

  function bucketOf(stationId: string, atMs: number): { tokens: number; atMs: number } {
    const known = buckets.get(stationId);
    if (known !== undefined) return known;
    const oldest = buckets.keys().next();
    if (buckets.size >= stationLimit && oldest.done !== true) buckets.delete(oldest.value);
    const bucket = { tokens: burst, atMs };
    buckets.set(stationId, bucket);
    return bucket;
  }

  return {
    count(stationId, atMs) {
      const bucket = bucketOf(stationId, atMs);
      const elapsedMs = Math.max(0, atMs - bucket.atMs);
      bucket.tokens = Math.min(burst, bucket.tokens + (elapsedMs * messagesPerSecond) / 1_000) - 1;
      bucket.atMs = atMs;
      return bucket.tokens >= 0 ? 0 : Math.ceil((-bucket.tokens * 1_000) / messagesPerSecond);
    },
  };
}
