/** Where a batch is on its way to the chain. */
export type BatchStatus = "formed" | "sent" | "confirmed" | "failed";

/** When a batch closes. */
export interface BatchPolicy {
  readonly maxItems: number;
  readonly maxAgeMs: number;
  readonly maxValueMicro: bigint;
}

/** A completed session that waits for a batch. */
export interface BatchCandidate {
  readonly sessionId: string;
  readonly completedAtMs: number;
  readonly chargedMicro: bigint;
}

/**
 * The sessions that form the next batch, oldest first; none if it is not time yet. A batch closes when it is full, when
 * it is worth enough, or when its oldest session has waited long enough.
 * @param candidates Oldest first.
 */
export function nextBatch(
  candidates: readonly BatchCandidate[],
  policy: BatchPolicy,
  nowMs: number,
): readonly BatchCandidate[] {
  const batch: BatchCandidate[] = [];
  let valueMicro = 0n;
  for (const candidate of candidates) {
    batch.push(candidate);
    valueMicro += candidate.chargedMicro;
    if (batch.length >= policy.maxItems || valueMicro >= policy.maxValueMicro) return batch;
  }
  const oldest = batch[0];
  if (oldest === undefined) return [];
  return nowMs - oldest.completedAtMs >= policy.maxAgeMs ? batch : [];
}
