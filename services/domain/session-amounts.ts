import type { LogPosition, SessionState } from "./session.ts";
import type { SessionTerms } from "./terms.ts";

/** A sum as of one event of the chain. */
export interface Tally {
  readonly position: LogPosition;
  /** In 10⁻⁶ token. */
  readonly totalMicro: bigint;
}

/** A record showed that the driver paid too much; the difference is the driver's again at once. In 10⁻⁶ token. */
export interface Challenge {
  readonly position: LogPosition;
  readonly challenger: string;
  /** What the settlement had charged. */
  readonly chargedMicro: bigint;
  /** What the challenger's records give. */
  readonly provenMicro: bigint;
  /** The one before, which had lowered the price less. */
  readonly earlier: Challenge | null;
}

/** What the driver had paid until this challenge. */
export function paidBefore({ chargedMicro, earlier }: Challenge): bigint {
  return earlier?.provenMicro ?? chargedMicro;
}

/** All challenges from the first one on. */
export function challengesOf(challenge: Challenge | null): readonly Challenge[] {
  return challenge === null ? [] : [...challengesOf(challenge.earlier), challenge];
}

/** What the driver got back by this challenge and those before it. */
export function refundedBy({ chargedMicro, provenMicro }: Challenge): bigint {
  return chargedMicro > provenMicro ? chargedMicro - provenMicro : 0n;
}

/** The challenge as of a block: the last one that was not later. */
export function challengeUpTo(challenge: Challenge | null, blockNumber: number): Challenge | null {
  if (challenge === null || challenge.position.blockNumber <= blockNumber) return challenge;
  return challengeUpTo(challenge.earlier, blockNumber);
}

// As many blocks as the store can undo.
const undoableBlocks = 1_024;

/**
 * The tallies with one more, which may be older than some: an event that was found late goes where the chain has it. What
 * no reorganisation can bring back is dropped, and so is all but a block's last.
 */
export function addTally(tallies: readonly Tally[], added: Tally): readonly Tally[] {
  const earlier = tallies.filter(({ position }) => isBefore(position, added.position));
  const later = tallies.filter(({ position }) => isBefore(added.position, position));
  return whatCanBeUndone([...earlier, added, ...later]);
}

/** The tallies of a sum that grew by an amount at this place of the chain; later ones grow with it. */
export function addAmount(tallies: readonly Tally[], position: LogPosition, amountMicro: bigint): readonly Tally[] {
  const earlier = tallies.filter((tally) => isBefore(tally.position, position));
  const later = tallies
    .filter((tally) => isBefore(position, tally.position))
    .map((tally) => ({ ...tally, totalMicro: tally.totalMicro + amountMicro }));
  return whatCanBeUndone([...earlier, { position, totalMicro: totalOf(earlier) + amountMicro }, ...later]);
}

/** @param tallies In the order of the chain. */
function whatCanBeUndone(tallies: readonly Tally[]): readonly Tally[] {
  const lasts = tallies.filter(
    ({ position }, index) => tallies[index + 1]?.position.blockNumber !== position.blockNumber,
  );
  const newest = lasts.at(-1)?.position.blockNumber ?? 0;
  const oldest = lasts.findLastIndex(({ position }) => position.blockNumber < newest - undoableBlocks);
  return lasts.slice(Math.max(0, oldest));
}

function isBefore(left: LogPosition, right: LogPosition): boolean {
  return (
    left.blockNumber < right.blockNumber || (left.blockNumber === right.blockNumber && left.logIndex < right.logIndex)
  );
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
