import type { Cdr } from "../domain/cdr.ts";
import type { DisputeActSeed } from "../domain/dispute.ts";
import type { ChargingTransaction, NewChargingTransaction } from "./charging.ts";
import type { MessageVerdict } from "./messages.ts";
import type { EvidenceRecord } from "./evidence.ts";
import type { StationHolder } from "./replicas.ts";
import type { SessionChange, WriteOutcome } from "./sessions.ts";

/** One step of a session, and what follows from it. */
export interface SessionStep {
  readonly change: SessionChange;
  /** What the session is settled on from now on; `null`: nothing new. */
  readonly cdr: Cdr | null;
  /** What is to be done about a settlement that the step shows to be wrong. */
  readonly acts: readonly DisputeActSeed[];
  /** The step is only for a session that no charger was asked to begin, except in vain, and that has no transaction. */
  readonly isUnbegun?: boolean;
}

/** A record that is to count. Its bytes are those of its message. */
export type NewEvidenceRecord = Omit<EvidenceRecord, "record">;

/** The message that brought the step. */
export interface JudgedMessage {
  readonly messageId: string;
  readonly verdict: MessageVerdict;
  /** `null`: the message adds no evidence. It was refused, and casts doubt on the session. */
  readonly record: NewEvidenceRecord | null;
  readonly meterKeyId: string;
  /** What `countRecords` said of the meter key when the step was computed. */
  readonly expectedRecordCount: number;
}

/** What is written together. Whatever is left out does not change. */
export interface Step {
  readonly session?: SessionStep | null;
  readonly message?: JudgedMessage | null;
  /** New without an ordinal; one that has an ordinal is replaced. */
  readonly transaction?: NewChargingTransaction | ChargingTransaction | null;
  /** The frame that belongs to the transaction. */
  readonly frame?: number | null;
  /** The replica in whose name the step is written. */
  readonly station?: StationHolder | null;
}

export interface StepOutcome {
  readonly outcome: WriteOutcome;
  /** The transaction of the step with its ordinal; `null` without one, and where nothing was written. */
  readonly transaction: ChargingTransaction | null;
}

/** The part of the ledger through which the evidence of sessions moves; durability and errors are those of the whole. */
export interface StepStore {
  /**
   * Writes a step of a session: its events and new state, its CDR, what is to be done about a wrong settlement, the record
   * and the verdict of the message that brought it, the transaction and the frame that it was assessed from.
   *
   * - Atomic: all of it or nothing, whatever happens to the process. Durable on return.
   * - `stale`, and nothing was written, if the session no longer has `expectedSequence` events, or the meter key no longer
   *   has `expectedRecordCount` records: the caller reads again and decides again.
   * - `stale`, too, if the step is for a session that has not begun, and it may have.
   * - `stale`, too, if the transaction was written since the revision that the step was computed from.
   * - A CDR never changes: a step that brings a second one for its session is `stale`, too.
   * - A message that was accepted stays accepted. A frame belongs to its transaction once, however often it is named.
   * @throws STATION_MOVED if the station belongs to another replica
   */
  commitStep(step: Step): Promise<StepOutcome>;
}
