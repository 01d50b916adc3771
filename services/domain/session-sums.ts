import { withHold, type Cdr } from "./cdr.ts";
import type { SessionState } from "./session.ts";
import { heldMicroOf, refundedBy, totalOf } from "./session-amounts.ts";
import type { SessionTerms } from "./terms.ts";

/** What a session brings its operator. In 10⁻⁶ token. */
export interface SessionSums {
  /** What is paid or will be, as far as is known; `null` until the energy is known. */
  readonly billedMicro: bigint | null;
  /** What the chain charged, less what a challenge or the operator gave back; `null` until it has settled. */
  readonly settledMicro: bigint | null;
}

/**
 * Billed and settled of a session so that their sums agree: of a settled session both are what the driver paid in the end,
 * of one that expired nothing is billed, and of any other the price is, at most what is held. So whatever is billed and
 * not settled is still on its way.
 */
export function sumsOf(
  session: {
    readonly terms: Pick<SessionTerms, "holdMicro">;
    readonly state: Pick<SessionState, "topUps" | "refunds" | "challenge" | "closing">;
  },
  cdr: Cdr | null,
): SessionSums {
  const { closing, challenge, refunds } = session.state;
  if (closing?.kind === "settled" || closing?.kind === "agreed") {
    const givenBackMicro = totalOf(refunds) + (challenge === null ? 0n : refundedBy(challenge));
    const keptMicro = closing.chargedMicro > givenBackMicro ? closing.chargedMicro - givenBackMicro : 0n;
    return { billedMicro: keptMicro, settledMicro: keptMicro };
  }
  if (cdr === null) return { billedMicro: null, settledMicro: null };
  const isExpired = closing?.kind === "expired";
  return { billedMicro: isExpired ? 0n : withHold(cdr, heldMicroOf(session)).chargedMicro, settledMicro: null };
}
