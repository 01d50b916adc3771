import type { DisputeActSeed, DisputeActStatus } from "../domain/dispute.ts";
import type { ClaimEvidence } from "../domain/claim-evidence.ts";
import type { Metered } from "../domain/metering.ts";
import type { Batch } from "./settlement.ts";

/** Something about a wrong settlement or a wrong challenge, from when it is due to its end. */
export interface StoredAct extends DisputeActSeed {
  readonly status: DisputeActStatus;
  readonly attempts: number;
  /** The batch that carries its transactions. */
  readonly batchId: string | null;
  /** Why it was postponed or given up. */
  readonly reason: string | null;
}

/** What this oracle signed, and what is to be done about wrong settlements. Durability and errors are those of the whole ledger. */
export interface DisputeStore {
  /**
   * Keeps what this oracle is about to sign, unless it signed something else of one of the sessions before: then nothing
   * is kept. By how much a hold was raised is no part of it: the chain says that. Durable on return.
   * @returns the sessions of which something else was signed.
   */
  recordClaims(claims: readonly (Metered & { readonly sessionId: string })[], atMs: number): Promise<readonly string[]>;
  /**
   * Keeps what this oracle is about to sign for as the evidence of a batch, in the order of its claims; it may have to be
   * shown later. Keeping it again is harmless. Durable on return.
   */
  recordEvidence(evidenceRoot: string, evidence: readonly ClaimEvidence[], atMs: number): Promise<void>;
  /** What this oracle signed for under the root, in its order; `null` if it did not. */
  findEvidence(evidenceRoot: string): Promise<readonly ClaimEvidence[] | null>;
  /** What is, or was, to be done about a session. */
  listActs(sessionId: string): Promise<readonly StoredAct[]>;
  /** The longest due first. */
  listDueActs(nowMs: number, limit: number): Promise<readonly StoredAct[]>;
  findActOfBatch(batchId: string): Promise<StoredAct | null>;
  /** Forms the batch that carries an act. Durable on return, before anything is sent. */
  beginAct(act: StoredAct, batch: Omit<Batch, "status">): Promise<void>;
  /** Ends the act's batch; another one carries it later. An act that is over stays as it ended. Durable on return. */
  postponeAct(act: StoredAct, dueAtMs: number, reason: string): Promise<void>;
  /** Ends the act and its batch. Durable on return. */
  giveUpAct(act: StoredAct, reason: string): Promise<void>;
}
