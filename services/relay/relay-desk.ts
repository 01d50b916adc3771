import type { RelayedCall, StoredRelayedCall } from "../store/relay.ts";

/** What somebody asks the service to send; its id follows from its content. */
export type RelayRequest = Omit<RelayedCall, "callId">;

/**
 * What is known about a call when the wait for it is over. `done`: mined, and the contract did it; it counts with its
 * confirmations. `sent`: it is kept, and will be sent, or is on its way. `failed`: it was not done; `code` says why.
 */
export interface RelayAnswer {
  readonly status: "done" | "sent" | "failed";
  /** Under which it can be looked up. */
  readonly callId: string;
  /** `null` while none was signed. */
  readonly txHash: string | null;
  readonly code: string | null;
}

/** How the account that pays stands. */
export interface RelayerState {
  readonly balanceWei: bigint;
  /** It should be paid in. */
  readonly isLow: boolean;
  /** It can pay for one more call. */
  readonly isSolvent: boolean;
}

/**
 * Sends what others have signed, at the service's expense and within budgets. What it has taken is in the ledger before
 * anything is sent, so that it goes on after a restart.
 */
export interface RelayDesk {
  /** The account that pays. */
  readonly account: string;
  /**
   * Takes a call that the contract would carry out now, and waits for it, but not for ever. The same again joins it.
   * @throws RELAY_BUDGET_EXCEEDED, RELAY_CALL_PENDING, RELAY_UNAVAILABLE, SERVICE_OVERLOADED, CHAIN_UNAVAILABLE
   */
  relay(request: RelayRequest): Promise<RelayAnswer>;
  /** What became of a call; `null` if nobody asked for it. */
  find(callId: string): Promise<StoredRelayedCall | null>;
  /** Asks the chain. */
  readState(): Promise<RelayerState>;
  /** One step for everything that is on its way, after a step that is under way. @throws what the step throws */
  runOnce(): Promise<void>;
  /** Steps until the signal. One that fails is an alert and is tried again. */
  run(): Promise<void>;
}
