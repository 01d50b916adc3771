/**
 * Which sessions a batch has to do without, so that enough oracles sign the rest. Sessions that too few accept are left
 * out; where each is accepted by enough, but no enough oracles accept all, those of the oracles who refuse least.
 * @param refusals What each oracle that answered refuses; nothing if it signed.
 * @param needed Oracles that have to sign. Fewer of `refusals` than this are empty, and there are at least as many.
 * @returns At least one session.
 */
export function leaveOut(
  sessionIds: readonly string[],
  refusals: readonly ReadonlySet<string>[],
  needed: number,
): ReadonlySet<string> {
  const rejected = sessionIds.filter(
    (sessionId) => refusals.filter((refused) => !refused.has(sessionId)).length < needed,
  );
  if (rejected.length > 0) return new Set(rejected);
  const least = refusals.toSorted((left, right) => left.size - right.size).slice(0, needed);
  return new Set(least.flatMap((refused) => [...refused]));
}
