import type { BroadcastOutcome } from "./chain.ts";

// Nodes have no common codes for these answers, only words: go-ethereum's, Erigon's and Hardhat's are covered, and what
// matches nothing is `refused` and tried again later, which is safe because a nonce can be mined only once.
const patterns: readonly (readonly [RegExp, BroadcastOutcome["kind"]])[] = [
  [/already known|known transaction|already imported/i, "taken"],
  [/nonce too low|nonce has already been used|nonce is too low/i, "nonce-used"],
  [/underpriced|less than block base fee|too low for the next block|fee cap less than/i, "underpriced"],
  [/insufficient funds|doesn't have enough funds|not enough funds/i, "unfunded"],
];

/** What a node means by refusing a transaction. */
export function classifyBroadcastRefusal(message: string): BroadcastOutcome {
  const detail = message.slice(0, 300);
  for (const [pattern, kind] of patterns) if (pattern.test(message)) return { kind, detail };
  return { kind: "refused", detail };
}
