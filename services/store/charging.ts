import type { Cdr } from "../domain/cdr.ts";
import type { TransactionAssessment } from "../domain/charging/assess-transaction.ts";
import type { WatchedEnergy } from "../domain/charging/watched-energy.ts";
import type { SignedConsent } from "../domain/unsigned-consent.ts";
import type { OcppProtocol, StoredFrame } from "./ocpp.ts";
import type { SessionChange, StoredSession, WriteOutcome } from "./store.ts";

/** A station is to be stopped because the hold is used up. */
export interface StopOrder {
  /** Not asked before; milliseconds since 1970. */
  readonly nextAtMs: number;
  readonly attempts: number;
  /** The station has said that it will stop. */
  readonly isAccepted: boolean;
}

/** What the messages of a station say about one transaction. Rebuilt from frames, and never more than they say. */
export interface NewChargingTransaction {
  readonly stationId: string;
  readonly protocol: OcppProtocol;
  readonly ocppTransactionId: string;
  /** By the station's own numbers; in 1.6 `evse` is the connector and `connector` is `null`. */
  readonly evse: number | null;
  readonly connector: number | null;
  readonly idToken: string | null;
  /** A session has one transaction, and a transaction one session. */
  readonly sessionId: string | null;
  /** By the station's clock. */
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  /** When its last message arrived, by ours. */
  readonly lastMessageAtMs: number;
  /** When something said that it is over although its stop is missing, by ours. */
  readonly endSignAtMs: number | null;
  /** When the station was asked about that, by ours. */
  readonly askedAtMs: number | null;
  /** No stop has come, and it was not given up. */
  readonly isOpen: boolean;
  readonly watched: WatchedEnergy | null;
  readonly stopOrder: StopOrder | null;
  /** What was settled on, or would be. */
  readonly assessment: TransactionAssessment | null;
  /** The newest frame that was assessed. */
  readonly assessedFrame: number | null;
}

export interface ChargingTransaction extends NewChargingTransaction {
  readonly ordinal: number;
}

/** A session that was opened and that a station is to begin. */
export interface SessionStart {
  readonly sessionId: string;
  /** When the service could first have had it started. */
  readonly sinceMs: number;
  readonly nextAtMs: number;
  readonly askedAtMs: number | null;
  readonly attempts: number;
  /** An answer was yes or got lost. */
  readonly mayHaveBegun: boolean;
  /** When the station was asked whether it has begun. */
  readonly inquiredAtMs: number | null;
}

/** The part of the ledger between frames and sessions; durability and errors are those of the whole. */
export interface ChargingStore {
  /** The latest transactions of a station and all that are open, newest first. */
  listChargingTransactions(stationId: string): Promise<readonly ChargingTransaction[]>;
  /** All transactions of a station by this id, newest first: stations of 2.x may use an id again. */
  findChargingTransactions(stationId: string, ocppTransactionId: string): Promise<readonly ChargingTransaction[]>;
  findTransactionOfSession(sessionId: string): Promise<ChargingTransaction | null>;
  /** Open transactions that need a look: their stop is missing, or they are to be stopped. */
  listTransactionsToPursue(nowMs: number, limit: number): Promise<readonly ChargingTransaction[]>;
  /**
   * Transactions that are over while their session still waits for what they say, or that nobody assessed for it: the
   * service ended in between.
   */
  listTransactionsToAssess(limit: number): Promise<readonly ChargingTransaction[]>;
  /** Recent transactions with an idToken of the form of an idTag, and no session. */
  listTransactionsWithoutSession(sinceMs: number, limit: number): Promise<readonly ChargingTransaction[]>;
  /** The frames of a transaction in the order of arrival. */
  listTransactionFrames(ordinal: number): Promise<readonly StoredFrame[]>;
  /**
   * In one step: the transaction (new without an ordinal), the frame that belongs to it, the session's step and its CDR.
   * `stale` if the session has moved on since it was read. Durable on return.
   */
  commitCharging(step: {
    readonly transaction: NewChargingTransaction | ChargingTransaction | null;
    readonly frame: number | null;
    readonly change: SessionChange | null;
    readonly cdr: Cdr | null;
  }): Promise<{ readonly outcome: WriteOutcome; readonly transaction: ChargingTransaction | null }>;
  /**
   * In one step: transactions that go on, with the session that they had, and the frames that belong to them. Durable on
   * return.
   */
  commitChargingFrames(
    steps: readonly { readonly transaction: ChargingTransaction; readonly frames: readonly number[] }[],
  ): Promise<void>;
  /** The greatest pagination of this key and context that counts in sessions which became known before this one. */
  readGreatestPaginationBefore(sessionId: string, meterKeyId: string, context: "T" | "F"): Promise<bigint | null>;

  /**
   * Opened sessions that no station has begun, as far as a look is due, with what was done about them. Only at stations that
   * were connected once: others are told of their sessions by somebody else, and may be charging. Those that were opened for
   * a transaction are not among them.
   */
  listDueStarts(
    nowMs: number,
    limit: number,
  ): Promise<readonly { readonly session: StoredSession; readonly start: SessionStart | null }[]>;
  findStart(sessionId: string): Promise<SessionStart | null>;
  /** Durable on return. */
  putStart(start: SessionStart): Promise<void>;

  /** Keeps a driver's consent; the greatest cap of a session stands. Durable on return. @returns what stands */
  putConsent(consent: SignedConsent, atMs: number): Promise<SignedConsent>;
  findConsent(sessionId: string): Promise<SignedConsent | null>;
}
