import type { LogPosition, SessionState } from "./session.ts";
import type { SessionTerms } from "./terms.ts";

/** A sum as of one event of the chain. */
export interface Tally {
  readonly position: LogPosition;
  /** In 10⁻⁶ token. */
  readonly totalMicro: bigint;
}

/** What a challenge put right in a settled session. Amounts in 10⁻⁶ token. */
export interface Correction {
  readonly position: LogPosition;
  readonly challenger: string;
  /** What the meter's records give. */
  readonly provenMicro: bigint;
  /** What the driver got back. */
  readonly refundedMicro: bigint;
  /** What the operator got from the bonds. */
  readonly compensatedMicro: bigint;
  /** What the challenger got from the bonds. */
  readonly rewardMicro: bigint;
}

// As many blocks as the store can undo.
const undoableBlocks = 1_024;

/** The tallies with a newer one. What no reorganisation can bring back is dropped, and so is all but a block's last. */
export function addTally(tallies: readonly Tally[], newest: Tally): readonly Tally[] {
  const { blockNumber } = newest.position;
  const earlier = tallies.filter(({ position }) => position.blockNumber < blockNumber);
  const oldest = earlier.findLastIndex(({ position }) => position.blockNumber < blockNumber - undoableBlocks);
  return [...earlier.slice(Math.max(0, oldest)), newest];
}

/** The tallies of the blocks up to this one. */
export function talliesUpTo(tallies: readonly Tally[], blockNumber: number): readonly Tally[] {
  return tallies.filter(({ position }) => position.blockNumber <= blockNumber);
}

/** The sum as of the newest tally. */
export function totalOf(tallies: readonly Tally[]): bigint {
  return tallies.at(-1)?.totalMicro ?? 0n;
}

/** What of the driver's money is, or was, bound for a session. */
export function heldMicroOf(session: {
  readonly terms: Pick<SessionTerms, "holdMicro">;
  readonly state: Pick<SessionState, "topUps">;
}): bigint {
  return session.terms.holdMicro + totalOf(session.state.topUps);
}
