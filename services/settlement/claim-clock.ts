import type { Chain, SettlementItem } from "../chain/chain.ts";
import { claimWindowOf, type ClaimWindow } from "../domain/claim-window.ts";

/** What decides when a claim can settle. Times in seconds. */
export interface ClaimClock {
  /** Time since 1970 that the next block has reached for sure. */
  readonly reachedSeconds: number;
  /** Time since 1970 of the newest block. */
  readonly headSeconds: number;
  /** How long after its opening oracles settle a session. */
  readonly changeDelaySeconds: number;
}

/** The next block can be so far behind our clock: a slot of Ethereum, and what clocks usually differ by. */
const behindSeconds = 15;

/** Reads the chain's clock. A chain without traffic has an old newest block, but the next one will have the time of day. */
export async function readClaimClock(
  chain: Pick<Chain, "readHead" | "readChangeDelaySeconds">,
  nowMs: number,
): Promise<ClaimClock> {
  const { timestamp: headSeconds } = await chain.readHead();
  const reachedSeconds = Math.max(headSeconds, Math.floor(nowMs / 1_000) - behindSeconds);
  return { reachedSeconds, headSeconds, changeDelaySeconds: await chain.readChangeDelaySeconds() };
}

/** When the item can settle. */
export function windowOf(
  item: Omit<SettlementItem, "tariff" | "isReadable">,
  { changeDelaySeconds }: ClaimClock,
): ClaimWindow {
  return claimWindowOf(item, item.opening, item.terms, changeDelaySeconds);
}
