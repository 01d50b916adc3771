import type { EvidenceGrade } from "./assess-transaction.ts";

/** By default, a minute: stations that were offline send what they have queued within seconds of each other. */
export const defaultQuietMs = 60_000;
/** A station that does not stop sending is waited for this many quiet times in all. */
const greatestWaits = 10;
/** Whoever settles needs this long before the session expires: for its batch, the chain and one more attempt. */
const settlementMs = 600_000;

/**
 * How much longer nothing more must come of a transaction that is over before its energy counts (docs/ocpp-energy.md, "What comes
 * after the end"). A second stop, values of after the end and a second transaction come at once where a station sends
 * what it has queued, and each of them says that the first stop does not tell the whole session. What the meter signed for
 * this very session waits for nothing, and a session that is about to expire does not wait either.
 */
export function quietLeftMs(
  view: {
    readonly grade: EvidenceGrade;
    /** Since its latest message. */
    readonly quietForMs: number;
    /** Since it was first waited for. */
    readonly waitedMs: number;
    readonly untilExpiryMs: number;
  },
  quietMs: number,
): number {
  if (view.grade === "meter-signed-bound") return 0;
  const leftMs = Math.min(
    quietMs - view.quietForMs,
    quietMs * greatestWaits - view.waitedMs,
    view.untilExpiryMs - settlementMs,
  );
  return Math.max(0, leftMs);
}
