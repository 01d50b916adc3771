/** A transaction that was begun with a bound idToken and has no session yet. */
export interface TokenStartView {
  readonly nowMs: number;
  /** By the station's clock; `null` while its start has not come. */
  readonly startedAtMs: number | null;
  /** When its last message arrived, by ours. */
  readonly lastMessageAtMs: number;
  /** The station has said at which of its EVSEs. */
  readonly isPlaceKnown: boolean;
}

/** `open`: now. `wait`: something is missing that may still come. `refuse`: nobody pays for this transaction. */
export type TokenStartStep =
  | { readonly kind: "open" | "wait" }
  | { readonly kind: "refuse"; readonly reason: "START_TOO_OLD" | "START_INCOMPLETE" };

/**
 * Whether a session is opened for a transaction that has begun already. One that began long ago is a replay: nobody knows
 * what else the vehicle has spent since, and so it is shown and not paid.
 * @param limitMs How long ago it may have begun.
 */
export function decideTokenStart(view: TokenStartView, limitMs: number): TokenStartStep {
  const { nowMs, startedAtMs, lastMessageAtMs, isPlaceKnown } = view;
  if (startedAtMs !== null && nowMs - startedAtMs > limitMs) return { kind: "refuse", reason: "START_TOO_OLD" };
  if (startedAtMs !== null && isPlaceKnown) return { kind: "open" };
  return nowMs - lastMessageAtMs > limitMs ? { kind: "refuse", reason: "START_INCOMPLETE" } : { kind: "wait" };
}
