import type { TransactionAssessment } from "../domain/charging/assess-transaction.ts";
import type { WatchedEnergy } from "../domain/charging/watched-energy.ts";
import type { SignedConsent } from "../domain/unsigned-consent.ts";
import type { OcppProtocol, StoredFrame } from "./ocpp.ts";
import type { StationHolder } from "./replicas.ts";
import type { StoredSession } from "./sessions.ts";

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
  /** 2.x: the number of the request that began it. */
  readonly remoteStartId: number | null;
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
  /** When it was assessed last, by ours. */
  readonly assessedAtMs: number | null;
  /** When it is to be assessed next, by ours; `null` where nothing new is known. */
  readonly assessDueAtMs: number | null;
  /** Until when messages of before its end are waited for, by ours; `null` while it goes on. */
  readonly waitUntilMs: number | null;
  /** How many frames came after its end. */
  readonly lateFrames: number;
}

export interface ChargingTransaction extends NewChargingTransaction {
  readonly ordinal: number;
  /** How often it was written since it was added. */
  readonly revision: number;
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

/** A request that a station of 2.x begin a session. Stations are asked again, each time with another number. */
export interface StartRequest {
  readonly sessionId: string;
  readonly remoteStartId: number;
  readonly stationId: string;
  /** By the station's own number. */
  readonly stationEvse: number;
  readonly askedAtMs: number;
  /** The transaction that the station has answered with. */
  readonly ocppTransactionId: string | null;
}

/** The part of the ledger that finds what belongs to a session and does not say so. */
export interface MatchingStore {
  /** Adds, or adds what was answered. Durable on return. */
  putStartRequest(request: StartRequest): Promise<void>;
  /** What the station was asked with this number, or has answered with this transaction; newest first. */
  findStartRequests(named: {
    readonly stationId: string;
    readonly remoteStartId: number | null;
    readonly ocppTransactionId: string;
  }): Promise<readonly StartRequest[]>;
  /** Newest first. */
  listStartRequests(sessionId: string): Promise<readonly StartRequest[]>;

  /** Transactions that are to be assessed by now, the longest due first. */
  listTransactionsDue(nowMs: number, limit: number): Promise<readonly ChargingTransaction[]>;
  /** Transactions of 2.x that are over, lack messages by their assessment and wait for them, the first due first. */
  listTransactionsAwaited(nowMs: number, limit: number): Promise<readonly ChargingTransaction[]>;

  /** When the session became known here. */
  readOpenedAtMs(sessionId: string): Promise<number | null>;
  /** Transactions without a session by this idToken in its normal spelling, newest first; none that gets one by a card. */
  listStraysOfToken(idToken: string): Promise<readonly ChargingTransaction[]>;
  /** The same, of transactions that name a request to begin the session. */
  listStraysOfSessionRequests(sessionId: string): Promise<readonly ChargingTransaction[]>;
  /** The same, of transactions at an outlet that are open or said something since. */
  listStraysAtPlace(stationId: string, stationEvse: number, sinceMs: number): Promise<readonly ChargingTransaction[]>;
  /** Sessions at this EVSE of the registry that are not settled, in no order. */
  listSessionsAtEvse(evse: number, limit: number): Promise<readonly StoredSession[]>;
  /** In the order in which they became known. */
  listHeldSessionsAfter(
    afterOrdinal: number,
    limit: number,
  ): Promise<readonly { readonly session: StoredSession; readonly ordinal: number }[]>;

  /**
   * Keeps a frame whose transaction may still begin; of a station the newest 256, and none from before that time. Durable
   * on return.
   */
  putStrayFrame(frame: Pick<StoredFrame, "ordinal" | "stationId" | "receivedAtMs">, sinceMs: number): Promise<void>;
  /** In the order of the station's frames. */
  listStrayFrames(stationId: string, sinceMs: number): Promise<readonly StoredFrame[]>;
  /** Durable on return. */
  removeStrayFrame(ordinal: number): Promise<void>;

  /** What flowed at the session's EVSE outside of every transaction. */
  findStrayEnergy(sessionId: string): Promise<WatchedEnergy | null>;
  /** Durable on return. */
  putStrayEnergy(sessionId: string, watched: WatchedEnergy): Promise<void>;

  /** Notes a message of no transaction that may be of this session. Durable on return. */
  putUnmatched(sessionId: string, frameOrdinal: number): Promise<void>;
  hasUnmatched(sessionId: string): Promise<boolean>;
  /** The message has found its transaction. Durable on return. */
  removeUnmatched(frameOrdinal: number): Promise<void>;

  /** Whether the operator was told of this cause. */
  isTold(cause: string): Promise<boolean>;
  /** Durable on return. */
  putTold(cause: string, atMs: number): Promise<void>;
}

/** The part of the ledger between frames and sessions; durability and errors are those of the whole. */
export interface ChargingStore extends MatchingStore {
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
  /** Recent transactions without a session that have an idToken of the form of an idTag, or name a request to begin. */
  listTransactionsWithoutSession(sinceMs: number, limit: number): Promise<readonly ChargingTransaction[]>;
  /** The frames of a transaction in the order of its station's frames. */
  listTransactionFrames(ordinal: number): Promise<readonly StoredFrame[]>;
  /**
   * In one step: transactions that go on, with the session that they had, and the frames that belong to them. Durable on
   * return.
   * @throws STORE_CONTENDED if one of the transactions was written since the revision that is given, STATION_MOVED if a
   * station belongs to another replica: nothing was written
   */
  commitChargingFrames(
    steps: readonly {
      readonly transaction: ChargingTransaction;
      readonly frames: readonly number[];
      readonly station?: StationHolder | null;
    }[],
  ): Promise<void>;
  /** The greatest pagination of this key and context that counts in sessions which became known before this one. */
  readGreatestPaginationBefore(sessionId: string, meterKeyId: string, context: "T" | "F" | "H"): Promise<bigint | null>;

  /**
   * Opened sessions that no station has begun, as far as a look is due, with what was done about them. Only at stations that
   * were connected once: others are told of their sessions by somebody else, and may be charging. Those that were opened for
   * a transaction are not among them.
   */
  listDueStarts(
    nowMs: number,
    limit: number,
  ): Promise<readonly { readonly session: StoredSession; readonly start: SessionStart | null }[]>;
  /** What was done about the session; `null` if nothing was. */
  findStart(sessionId: string): Promise<SessionStart | null>;
  /** Adds or replaces; when it could first be started stays as it was. Durable on return. */
  putStart(start: SessionStart): Promise<void>;
  /**
   * Notes, before its charger is asked, that the session may begin: no step that is for sessions which have not begun is
   * taken from then on (`SessionStep.isUnbegun`). Durable on return.
   * @returns `false`, and nothing was written, where the session is not `opened` any more: its charger is not to be asked
   */
  beginStart(start: Omit<SessionStart, "mayHaveBegun">): Promise<boolean>;

  /** Keeps a driver's consent; the greatest cap of a session stands. Durable on return. @returns what stands */
  putConsent(consent: SignedConsent, atMs: number): Promise<SignedConsent>;
  findConsent(sessionId: string): Promise<SignedConsent | null>;
}
