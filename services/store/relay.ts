import type { CallTarget } from "../chain/chain.ts";
import type { RelayLimits, RelayedCallKind } from "../domain/relay-budget.ts";
import type { SettlementTransaction } from "./settlement.ts";

/** A call that somebody signed and that the service's account sends. */
export interface RelayedCall {
  /** From its content: the same call has the same id. */
  readonly callId: string;
  readonly kind: RelayedCallKind;
  readonly driver: string;
  /** The address that it came from; `null`: the service itself. */
  readonly client: string | null;
  /** Whose budget it counts in: the driver, or one lane of a fleet's account. */
  readonly payer: string;
  /** What two calls must not change at once. */
  readonly subject: string;
  readonly target: CallTarget;
  readonly calldata: string;
}

/** `pending`: it is sent, or will be. `confirmed`: the chain has done it. `failed`: it was not done, and `code` says why. */
export type RelayedCallStatus = "pending" | "confirmed" | "failed";

export interface StoredRelayedCall extends RelayedCall {
  readonly ordinal: number;
  readonly status: RelayedCallStatus;
  readonly code: string | null;
  /** The transaction that carries it; `null` while it is in none. */
  readonly jobId: string | null;
  /** The transaction's hash: of the one that was mined, else of the newest attempt. */
  readonly txHash: string | null;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
}

/** One transaction, however often it is replaced, and the calls in it. */
export interface RelayJob {
  readonly jobId: string;
  readonly target: CallTarget;
  readonly calldata: string;
  readonly createdAtMs: number;
}

/** How a call ended. */
export interface RelayedCallEnding {
  readonly ordinal: number;
  readonly status: "confirmed" | "failed";
  readonly code: string | null;
  /** What it cost. */
  readonly gas: number;
  readonly costGwei: number;
}

export type RelayAdmission =
  | { readonly kind: "admitted" }
  /** The same call is on its way. */
  | { readonly kind: "known" }
  /** Another call of the same subject is on its way. */
  | { readonly kind: "occupied" }
  | { readonly kind: "full" }
  | { readonly kind: "exceeded"; readonly budget: "driver" | "client" | "total" };

/** The part of the ledger about calls that are sent for others; durability and errors are those of the whole. */
export interface RelayStore {
  /** Keeps a call and sets aside what it may cost, in one step, unless that exceeds a budget. Durable on return. */
  admitRelayedCall(
    call: RelayedCall,
    terms: {
      readonly gas: number;
      readonly costGwei: number;
      readonly limits: RelayLimits;
      /** Most calls that are pending. */
      readonly queueLimit: number;
      readonly nowMs: number;
    },
  ): Promise<RelayAdmission>;
  /** The newest with this id. */
  findRelayedCall(callId: string): Promise<StoredRelayedCall | null>;
  /** Pending calls that are in no transaction, oldest first. */
  listWaitingCalls(limit: number): Promise<readonly StoredRelayedCall[]>;
  countPendingCalls(): Promise<number>;
  /** What was spent and set aside since then, in 10⁻⁹ of the chain's coin. */
  readRelaySpendingGwei(sinceMs: number): Promise<number>;

  /** Puts calls into a transaction. Durable on return, before anything is sent. */
  putRelayJob(job: RelayJob, ordinals: readonly number[]): Promise<void>;
  /** Jobs that are not over, oldest first. */
  listOpenRelayJobs(): Promise<readonly RelayJob[]>;
  listCallsOfJob(jobId: string): Promise<readonly StoredRelayedCall[]>;
  /**
   * Ends a transaction and the calls that are named; others of it are in none again. Durable on return.
   * @param mined The attempt that was mined; `null`: nothing was sent.
   */
  finishRelayJob(
    jobId: string,
    endings: readonly RelayedCallEnding[],
    mined: { readonly txHash: string; readonly isSuccess: boolean; readonly blockNumber: number } | null,
  ): Promise<void>;

  /** As for batches; `batchId` is the job's. */
  listRelayTransactions(jobId: string): Promise<readonly SettlementTransaction[]>;
  /** Those of the relay alone. */
  listLiveRelayNonces(): Promise<readonly number[]>;
  putRelayTransaction(transaction: SettlementTransaction): Promise<void>;
  markRelaySent(txHash: string, sentAtMs: number): Promise<void>;
  abandonRelayTransactions(jobId: string): Promise<void>;
}
