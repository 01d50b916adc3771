import type { RegisterNeighbours, RegisterSpan } from "../domain/evidence.ts";

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
  readonly paginationContext: "T" | "F" | "H";
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

/** The signed records that count. Durability and errors are those of the whole ledger. */
export interface EvidenceStore {
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
    context: "T" | "F" | "H",
    paginationNumber: bigint,
  ): Promise<RegisterNeighbours>;
}
