import type { TokenAbilities } from "../chain/first-funding.ts";

/**
 * How a session can be opened: `calls` where the wallet carries out several calls after one confirmation, paying in
 * included; `signature` from a balance that suffices; `permit` with two signatures and `transfer` with
 * one, where what is missing comes out of the wallet.
 */
export type WayToOpen = "calls" | "signature" | "permit" | "transfer";

/**
 * The ways that are there, the one that the page prefers first; none where the driver has to pay in before.
 * @param sendsCalls The wallet takes several calls at once (EIP-5792).
 * @param abilities What the token can do; `null` where nobody brings a signature to the chain.
 */
export function waysToOpen(
  missingMicro: bigint,
  abilities: TokenAbilities | null,
  sendsCalls = false,
): readonly WayToOpen[] {
  if (sendsCalls) return ["calls"];
  if (missingMicro <= 0n) return ["signature"];
  if (abilities === null) return [];
  return [
    ...(abilities.permitNonce === null ? [] : (["permit"] as const)),
    ...(abilities.takesAuthorizations ? (["transfer"] as const) : []),
  ];
}
