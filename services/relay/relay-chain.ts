import type { Chain, ContractCall } from "../chain/chain.ts";
import type { RelayedCall } from "../store/relay.ts";

/** What the chain says about a call that is to be sent: it has done it, it would not, or it would. */
export type CallState =
  { readonly kind: "done" } | { readonly kind: "refused"; readonly reason: string } | { readonly kind: "possible" };

/** A transaction that was mined. */
export interface MinedJob {
  readonly isSuccess: boolean;
  readonly blockNumber: number;
  readonly gasUsed: number;
  readonly costWei: bigint;
  /** Sessions that it was asked to open and did not, and why: a code. */
  readonly skipped: ReadonlyMap<string, string>;
}

/** The chain, and the account that pays for what others have signed. Errors as those of `Chain`. */
export interface RelayChain {
  readonly chain: Chain;
  readBalanceWei(): Promise<bigint>;
  /** How many of the token's smallest units 10⁻⁶ token has. */
  readUnit(): Promise<bigint>;
  /** Asks the contracts at the newest block. */
  judge(call: Pick<RelayedCall, "kind" | "target" | "calldata">): Promise<CallState>;
  /** One call that does what these do. Several are openings. No I/O. */
  merge(calls: readonly Pick<RelayedCall, "kind" | "target" | "calldata">[]): ContractCall;
  /** The session that an opening opens. No I/O. */
  sessionOf(call: Pick<RelayedCall, "kind" | "calldata">): string | null;
  /** `null` while it is not mined. */
  readMined(txHash: string): Promise<MinedJob | null>;
}
