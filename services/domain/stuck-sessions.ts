import type { SessionStatus } from "./session.ts";

/** How an operator resolves a session that does not move. The operator can also release its hold on the chain, at once. */
export const resolutionWays = ["expire", "meter", "quorum"] as const;
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
  unservable: { limit: "heldMs", ways: ["expire"] },
  opened: { limit: "openMs", ways: ["expire", "meter", "quorum"] },
  charging: { limit: "openMs", ways: ["expire", "meter", "quorum"] },
  held: { limit: "heldMs", ways: ["expire", "meter", "quorum"] },
  completed: { limit: "settlingMs", ways: ["meter", "quorum"] },
  batched: { limit: "settlingMs", ways: ["meter", "quorum"] },
  settled: null,
  expired: null,
  disputed: { limit: "heldMs", ways: ["expire", "meter", "quorum"] },
  skipped: { limit: "heldMs", ways: ["expire", "meter", "quorum"] },
  unconfirmed: { limit: "heldMs", ways: ["expire"] },
};
