import type { BatchStatus } from "../domain/batch.ts";
import type { Cdr } from "../domain/cdr.ts";
import type { DisputeActSeed, DisputeActStatus } from "../domain/dispute.ts";
import type { RegisterNeighbours, RegisterSpan } from "../domain/evidence.ts";
import type { Metered } from "../domain/metering.ts";
import type { SessionEvent, SessionState, SessionStatus, SettlementLane } from "../domain/session.ts";
import type { Tariff } from "../domain/tariff.ts";
import type { SessionTerms } from "../domain/terms.ts";
import type { Fees, TransactionStatus } from "../domain/chain-transaction.ts";
import type { ChargingStore } from "./charging.ts";
import type { LivenessStore } from "./liveness.ts";
import type { MessageVerdict, RawMessage, StoredMessage } from "./messages.ts";
import type { OcppStore } from "./ocpp.ts";
import type { OperatorStore } from "./operator.ts";
import type { RelayStore } from "./relay.ts";
import type { StepStore } from "./steps.ts";
import type { TariffStore } from "./tariffs.ts";
import type { TokenStore } from "./tokens.ts";
import type { PossessionStore } from "./possessions.ts";
import type { ViewKeyStore } from "./view-keys.ts";

/** A charging station that may report. */
export interface Station {
  readonly stationId: string;
  /** SHA-256 of the API key, lower-case hexadecimal. The key itself is never stored. */
  readonly apiKeySha256: string;
  /**
   * Numbers, in the registry, of the EVSEs that the station may report for. The first is EVSE 1 of the station itself
   * (connector 1 in OCPP 1.6), the second its EVSE 2, and so on.
   */
  readonly evses: readonly number[];
}

/** A record that counts as evidence in a session. */
export interface EvidenceRecord {
  /** From key and pagination. */
  readonly recordIdentity: string;
  readonly sessionId: string;
  readonly messageId: string;
  /** The bytes of its message, which are stored once. */
  readonly record: Uint8Array;
  readonly payloadSha256: string;
  readonly meterKeyId: string;
  readonly paginationContext: "T" | "F";
  readonly paginationNumber: bigint;
  readonly isBoundToSession: boolean;
  /** The contract could take the record without an oracle; `null` if it was not known when the record came. */
  readonly isSettleableByMeter: boolean | null;
  /** Exact energy as text, if the record has begin and end. */
  readonly energyWh: string | null;
  /** Values of the registers that never run backwards. */
  readonly spans: readonly RegisterSpan[];
  /** What the record was found to say, in the words of its verifier; `null`: it came before that was kept. */
  readonly reading: string | null;
  /** It has a reading with which a session begins or ends; also `true` where `reading` is `null`. */
  readonly isBoundary: boolean;
}

/** How many records a session has, between which numbers of their pagination, and whether all carry its idTag. */
export interface RecordRange {
  readonly count: number;
  readonly leastNumber: bigint;
  readonly greatestNumber: bigint;
  readonly areAllBound: boolean;
}

export interface StoredSession {
  readonly sessionId: string;
  readonly idTag: string;
  readonly terms: SessionTerms;
  readonly state: SessionState;
  /** How many events the session has had; the number of the next one. */
  readonly sequence: number;
}

/** A step of a session: refused as stale unless the session still has `expectedSequence` events. */
export interface SessionChange {
  readonly sessionId: string;
  readonly expectedSequence: number;
  readonly events: readonly SessionEvent[];
  readonly next: SessionState;
  readonly atMs: number;
}

/** A session that the chain opened and the store did not know. */
export interface NewSession {
  readonly sessionId: string;
  readonly idTag: string;
  readonly terms: SessionTerms;
  readonly event: Extract<SessionEvent, { kind: "opened" }>;
  readonly state: SessionState;
  readonly atMs: number;
}

/** A block that was read, to recognise later that the chain has changed. */
export interface BlockMark {
  readonly number: number;
  readonly hash: string;
}

/** Who vouches for what a batch brings to the chain; `dispute`: one challenge, answer or conclusion. */
export type BatchKind = SettlementLane | "dispute";

export interface Batch {
  readonly batchId: string;
  readonly kind: BatchKind;
  readonly status: BatchStatus;
  readonly sessionIds: readonly string[];
  readonly createdAtMs: number;
}

/** One signed transaction for a batch. A replacement is another attempt with the same nonce. */
export interface SettlementTransaction extends Fees {
  readonly txHash: string;
  readonly batchId: string;
  readonly attempt: number;
  readonly nonce: number;
  readonly gasLimit: bigint;
  readonly calldata: string;
  readonly rawTransaction: string;
  readonly status: TransactionStatus;
  readonly sentAtMs: number | null;
  readonly blockNumber: number | null;
}

/** What a register of the session's meter read, as one record tells it. */
export interface RegisterReading {
  /** The session's event that came with the record; readings of one record share it. */
  readonly sequence: number;
  readonly receivedAtMs: number;
  readonly register: string;
  /** The first and the last value, in 10⁻⁶ Wh. */
  readonly beginMicroWh: bigint;
  readonly endMicroWh: bigint;
}

/** Something about a wrong settlement or a wrong challenge, from when it is due to its end. */
export interface StoredAct extends DisputeActSeed {
  readonly status: DisputeActStatus;
  readonly attempts: number;
  /** The batch that carries its transactions. */
  readonly batchId: string | null;
  /** Why it was postponed or given up. */
  readonly reason: string | null;
}

/** What one range of blocks, or the undoing of one, changes. */
export interface ChainProgress {
  /** The cursor that the changes were computed from; `null` before the first block. */
  readonly expectedCursor: BlockMark | null;
  readonly cursor: BlockMark | null;
  /** Marks above this block are forgotten. */
  readonly forgetAboveBlock: number | null;
  readonly tariffs: readonly { readonly tariffId: string; readonly tariff: Tariff }[];
  readonly openings: readonly NewSession[];
  readonly changes: readonly SessionChange[];
  /** Transactions that the range contains, or contains no longer (`blockNumber` null: back to sent). */
  readonly transactions: readonly { readonly txHash: string; readonly blockNumber: number | null }[];
  /** What is to be done now. */
  readonly acts: readonly DisputeActSeed[];
  /** What is done, whoever did it. */
  readonly finishedActs: readonly Pick<DisputeActSeed, "sessionId" | "act">[];
  /** Sessions of which nothing is done any more. */
  readonly reopenedActs: readonly string[];
}

/** Whose ledger it is: what was signed in the name of one oracle for one contract says nothing about another. */
export interface LedgerIdentity {
  readonly chainId: number;
  /** Address of the settlement contract. */
  readonly settlement: string;
  readonly oracle: string;
}

/** Applied, or nothing was changed because something else changed first. */
export type WriteOutcome = "stored" | "stale";

export interface SessionQuery {
  readonly status: SessionStatus | null;
  readonly limit: number;
  /** The last session of the page before. */
  readonly after: string | null;
}

/**
 * The ledger of the service.
 *
 * Durability: a promise of a method that writes resolves only after what it wrote would survive the loss of power. If
 * it rejects, either all or nothing of that one call was written; calling again with the same arguments is safe.
 * Methods that read answer from what is durable.
 *
 * Errors: STORE_UNAVAILABLE if the medium does not answer, STORE_CORRUPT if it holds what cannot be read.
 */
export interface Store
  extends
    StepStore,
    OcppStore,
    ChargingStore,
    TokenStore,
    OperatorStore,
    ViewKeyStore,
    RelayStore,
    TariffStore,
    LivenessStore,
    PossessionStore {
  /* STATIONS */

  /** Adds the station or replaces it. Durable on return. */
  putStation(station: Station): Promise<void>;
  /** Removes the station. Durable on return. @returns whether there was one. */
  removeStation(stationId: string): Promise<boolean>;
  findStation(stationId: string): Promise<Station | null>;
  /** All stations by id. */
  listStations(): Promise<readonly Station[]>;

  /* MESSAGES */

  /** Keeps a message as it arrived; one that is there already is returned as it is. Durable on return. */
  putMessage(message: RawMessage): Promise<StoredMessage>;
  /** Notes what became of a message that changes nothing else. Never overwrites `accepted`. Durable on return. */
  setVerdict(messageId: string, verdict: MessageVerdict): Promise<void>;
  /** Messages without a verdict, oldest first. */
  listPendingMessages(limit: number): Promise<readonly StoredMessage[]>;

  /* EVIDENCE */

  findRecord(recordIdentity: string): Promise<EvidenceRecord | null>;
  /** The records of a session by pagination. */
  listRecords(sessionId: string): Promise<readonly EvidenceRecord[]>;
  /** Those with which the session may begin or end, by pagination: few, however many the session has. */
  listBoundaryRecords(sessionId: string): Promise<readonly EvidenceRecord[]>;
  /** `null` if the session has no record. */
  readRecordRange(sessionId: string): Promise<RecordRange | null>;
  /** Adds what a record says to one that came before that was kept. Durable on return. */
  keepReading(recordIdentity: string, kept: Pick<EvidenceRecord, "isBoundary"> & { reading: string }): Promise<void>;
  /** What the registers that never run backwards read during the session, by pagination. */
  listReadings(sessionId: string): Promise<readonly RegisterReading[]>;
  /** How many records of this meter key count; guards `commitStep` against records that arrive meanwhile. */
  countRecords(meterKeyId: string): Promise<number>;
  readNeighbours(
    meterKeyId: string,
    register: string,
    context: "T" | "F",
    paginationNumber: bigint,
  ): Promise<RegisterNeighbours>;

  /* SESSIONS */

  findSession(sessionId: string): Promise<StoredSession | null>;
  /** Sessions with this idTag, in its normal spelling; usually one. */
  findSessionsByIdTag(idTag: string): Promise<readonly StoredSession[]>;
  /** Sessions in the order in which they became known. @throws QUERY_INVALID if `after` is unknown. */
  listSessions(query: SessionQuery): Promise<readonly StoredSession[]>;
  countSessions(): Promise<ReadonlyMap<SessionStatus, number>>;
  findCdr(sessionId: string): Promise<Cdr | null>;
  findTariff(tariffId: string): Promise<Tariff | null>;

  /* CHAIN */

  readCursor(): Promise<BlockMark | null>;
  /** Marks of blocks that were read, highest first. */
  listBlockMarks(limit: number): Promise<readonly BlockMark[]>;
  /** Sessions that were opened or closed, or whose amounts changed, in a block above this one. */
  listSessionsAbove(blockNumber: number): Promise<readonly StoredSession[]>;
  /** Transactions that were seen in a block above this one. */
  listTransactionsAbove(blockNumber: number): Promise<readonly SettlementTransaction[]>;
  /** In one step: the cursor and all that follows from the blocks up to it. Durable on return. */
  commitChain(progress: ChainProgress): Promise<WriteOutcome>;

  /* SETTLEMENT */

  /** Sessions that are completed, in no batch and may be in one of this lane now, oldest first. */
  listCompleted(
    limit: number,
    lane: SettlementLane,
    nowMs: number,
  ): Promise<readonly { readonly session: StoredSession; readonly cdr: Cdr; readonly completedAtMs: number }[]>;
  /** Forms a batch and marks its sessions. Durable on return, before anything is sent. */
  createBatch(batch: Omit<Batch, "status">, changes: readonly SessionChange[]): Promise<WriteOutcome>;
  findBatch(batchId: string): Promise<Batch | null>;
  /** Batches that are formed or sent, oldest first. */
  listOpenBatches(): Promise<readonly Batch[]>;
  /**
   * Takes sessions out of a batch; a batch that is left with none ends as `failed`. A transaction that reverted is noted
   * in the same step. Durable on return.
   */
  releaseSessions(
    batchId: string,
    changes: readonly SessionChange[],
    revertedTxHash: string | null,
  ): Promise<WriteOutcome>;
  /** Transactions of a batch, oldest attempt first. */
  listTransactions(batchId: string): Promise<readonly SettlementTransaction[]>;
  findTransaction(txHash: string): Promise<SettlementTransaction | null>;
  /** The nonces of transactions that may still be mined. */
  listLiveNonces(): Promise<readonly number[]>;
  /** Keeps a signed transaction before it is sent. Durable on return. */
  putTransaction(transaction: SettlementTransaction): Promise<void>;
  /** Notes when a transaction was first handed to the endpoint. Durable on return. */
  markSent(txHash: string, sentAtMs: number): Promise<void>;
  /** Gives up the transactions of a batch because their nonce went elsewhere; the batch is `formed` again. Durable. */
  abandonTransactions(batchId: string): Promise<void>;

  /* QUORUM AND DISPUTES */

  /**
   * Keeps what this oracle is about to sign, unless it signed something else of one of the sessions before: then nothing
   * is kept. By how much a hold was raised is no part of it: the chain says that. Durable on return.
   * @returns the sessions of which something else was signed.
   */
  recordClaims(claims: readonly (Metered & { readonly sessionId: string })[], atMs: number): Promise<readonly string[]>;
  /** What is, or was, to be done about a session. */
  listActs(sessionId: string): Promise<readonly StoredAct[]>;
  listDueActs(nowMs: number, limit: number): Promise<readonly StoredAct[]>;
  findActOfBatch(batchId: string): Promise<StoredAct | null>;
  /** Forms the batch that carries an act. Durable on return, before anything is sent. */
  beginAct(act: StoredAct, batch: Omit<Batch, "status">): Promise<void>;
  /** Ends the act's batch; another one carries it later. Durable on return. */
  postponeAct(act: StoredAct, dueAtMs: number, reason: string): Promise<void>;
  /** Ends the act and its batch. Durable on return. */
  giveUpAct(act: StoredAct, reason: string): Promise<void>;

  /* SERVICE */

  /**
   * Says whose ledger it is; one that names nobody is named. Durable on return.
   * @param formerOracle The oracle that it may have been of, where its key was rotated.
   * @throws STORE_FOREIGN if it is of another deployment or oracle
   */
  claimLedger(owner: LedgerIdentity, formerOracle: string | null): Promise<"claimed" | "known" | "handed-over">;

  /** Writes and reads back. @throws STORE_UNAVAILABLE */
  probe(): Promise<void>;
  /** Waits for what was begun and closes. */
  close(): Promise<void>;
}
