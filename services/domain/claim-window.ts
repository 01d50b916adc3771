import type { Metered } from "./metering.ts";
import type { Opening } from "./opening.ts";
import type { SessionTerms } from "./terms.ts";

/** When a claim about a session can settle; times in seconds since 1970, by the chain's clock. */
export interface ClaimWindow {
  /** From here on the EVSE can have delivered so much since the session opened. */
  readonly energyFrom: number;
  /** From here on the car can have been connected for so long since the session opened. */
  readonly timeFrom: number;
  /** The last second before which oracles settle; a committee that was scheduled meanwhile could claim anything later. */
  readonly quorumUntil: number;
}

/** Why oracles do not sign a claim now: codes of the catalogue. */
export type ClaimObstacle = "CLAIM_ABOVE_POWER" | "CLAIM_LONGER_THAN_OPEN" | "CLAIM_WINDOW_CLOSED";

/** Signing, sending and being mined take less than this, with room for a retry. */
const settlingSeconds = 3_600;

/**
 * @param metered What is claimed.
 * @param changeDelaySeconds Time from scheduling a committee to its first signature.
 */
export function claimWindowOf(
  metered: Metered,
  opening: Opening,
  { maximumPowerW }: Pick<SessionTerms, "maximumPowerW">,
  changeDelaySeconds: number,
): ClaimWindow {
  const { openedAt } = opening;
  return {
    energyFrom: openedAt + leastSeconds(metered.energyMicroWh, BigInt(maximumPowerW)),
    timeFrom: openedAt + metered.connectedSeconds,
    quorumUntil: openedAt + changeDelaySeconds,
  };
}

/**
 * Why oracles do not sign the claim now; `null` if they may.
 * @param reachedSeconds What the next block's time reaches for sure.
 * @param headSeconds The newest block's time.
 */
export function findClaimObstacle(
  window: ClaimWindow,
  { reachedSeconds, headSeconds }: { readonly reachedSeconds: number; readonly headSeconds: number },
): ClaimObstacle | null {
  if (headSeconds >= window.quorumUntil) return "CLAIM_WINDOW_CLOSED";
  if (reachedSeconds < window.energyFrom) return "CLAIM_ABOVE_POWER";
  return reachedSeconds < window.timeFrom ? "CLAIM_LONGER_THAN_OPEN" : null;
}

/** From when on oracles can settle the claim; `null` if they never can. */
export function quorumFrom({ energyFrom, timeFrom, quorumUntil }: ClaimWindow): number | null {
  const from = Math.max(energyFrom, timeFrom);
  return from < quorumUntil ? from : null;
}

/**
 * When the meter's own signature should settle. The contract refuses energy before its time, but only leaves out times, so
 * a session waits for its times unless that would take it to its expiry.
 */
export function meterFrom(
  { energyFrom, timeFrom }: ClaimWindow,
  { expiresAt }: Pick<SessionTerms, "expiresAt">,
): number {
  return timeFrom + settlingSeconds <= expiresAt ? Math.max(energyFrom, timeFrom) : energyFrom;
}

/** Seconds in which so much power delivers so much energy, rounded up. */
function leastSeconds(energyMicroWh: bigint, powerW: bigint): number {
  if (energyMicroWh === 0n) return 0;
  if (powerW === 0n) return Infinity;
  const microWhPerHour = powerW * 1_000_000n;
  return Number((energyMicroWh * 3_600n + microWhPerHour - 1n) / microWhPerHour);
}
