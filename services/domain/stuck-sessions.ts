import type { SessionStatus } from "./session.ts";

/**
 * How an operator resolves a session that does not move: `expire` leaves it to its expiry, `release` gives the whole hold
 * back at once, `agreed` settles what driver and operator both sign, `meter` and `quorum` settle what flowed.
 */
export const resolutionWays = ["expire", "release", "agreed", "meter", "quorum"] as const;
export type ResolutionWay = (typeof resolutionWays)[number];

/** What an operator decided about a session, and why. */
export interface Resolution {
  readonly way: ResolutionWay;
  readonly reason: string;
  /** What it rests on: `assessment`, `records`, `record:<identity>`; `null` where nothing new was taken. */
  readonly evidence: string | null;
  /** Which key of the operator it was. */
  readonly keyId: string;
  /** The name of that key; `null` where it had none yet. */
  readonly keyName: string | null;
  readonly atMs: number;
  /** Where the session was, and why it stayed there. */
  readonly before: { readonly status: SessionStatus; readonly reason: string | null };
}

/** From when on a session in a status is stuck, in milliseconds. */
export interface SessionLimits {
  /** Nobody began it, or nothing ends it. */
  readonly openMs: number;
  /** Somebody has to look. */
  readonly heldMs: number;
  /** It is on its way to the chain. */
  readonly settlingMs: number;
}

/** For each status: which limit applies, and which ways resolve it. `null`: the session is over. */
export const stuckRules: Readonly<
  Record<SessionStatus, { readonly limit: keyof SessionLimits; readonly ways: readonly ResolutionWay[] } | null>
> = {
  unservable: { limit: "heldMs", ways: ["expire", "release", "agreed"] },
  opened: { limit: "openMs", ways: resolutionWays },
  charging: { limit: "openMs", ways: resolutionWays },
  held: { limit: "heldMs", ways: resolutionWays },
  completed: { limit: "settlingMs", ways: ["release", "agreed", "meter", "quorum"] },
  batched: { limit: "settlingMs", ways: ["release", "agreed", "meter", "quorum"] },
  settled: null,
  expired: null,
  disputed: { limit: "heldMs", ways: resolutionWays },
  skipped: { limit: "heldMs", ways: resolutionWays },
  unconfirmed: { limit: "heldMs", ways: ["expire"] },
};
