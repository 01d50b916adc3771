/*
 * Evidence: from signed bytes to what a session is settled on.
 *
 * What comes in: records that a door has taken apart (`services/http/`, `services/charging/`, the quorum's claims), each with
 * its source as a value; and what the rest of a charger's transaction is worth (`services/charging/assess-session.ts`).
 *
 * What is guaranteed: a record is on disk before anything reads it (keep-record.ts). It is verified once, under the key that
 * its session's meter is registered with (verify-record.ts, the only caller of a format). It counts once, by key and
 * pagination, and moves its session in the same commit that makes it count (add-record.ts). What a session is settled on is
 * decided in one place and never changes (complete-session.ts). Whatever is refused is kept with its reason; a fault of ours
 * leaves the record pending, and it is judged after the next start at the latest.
 *
 * Who calls: every door calls `receiveRecord`; the start of the service calls `resumePending`. Records of one sender take
 * turns, and so do records of one session, in the order in which they came.
 */
import type { SessionStatus } from "../domain/session.ts";
import type { ErrorCode } from "../errors.ts";
import { WattproofError } from "../errors.ts";
import type { RecordSource, StoredMessage } from "../store/messages.ts";
import { createRecordAdder, type RecordAdderDeps } from "./add-record.ts";
import { createRecordKeeper, type IncomingRecord } from "./keep-record.ts";
import { createTurns } from "./turns.ts";
import { createClaimVerifier, type ClaimVerifierDeps } from "./verify-record.ts";

/** The answer to a record that counts. */
export interface RecordAnswer {
  readonly recordIdentity: string;
  readonly sessionId: string;
  readonly sessionState: SessionStatus;
  /** What the session had delivered by this record, if that was known with it. */
  readonly energyWh: string | null;
  /** The record had counted before. */
  readonly isDuplicate: boolean;
}

/** Where every door brings its records. */
export interface RecordReceiver {
  /**
   * Keeps the record, verifies it and moves its session. The answer holds only what is on disk.
   * @throws the catalogue's code for a record that does not count; it is kept with its reason
   */
  receiveRecord(incoming: IncomingRecord): Promise<RecordAnswer>;
  /** Finishes what was kept before a crash and not judged. @returns how many messages that were. */
  resumePending(signal: AbortSignal): Promise<number>;
}

export type RecordReceiverDeps = ClaimVerifierDeps &
  RecordAdderDeps & {
    readonly now: () => number;
    /** For waits that are kept in the ledger. */
    readonly steadyNow: () => number;
    /** How long this service leaves a session to the oracle that brought its record, in milliseconds. */
    readonly takeoverMs: number;
  };

/** Faults of ours and not of the record: the message stays pending and is judged later. */
const faults: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "INTERNAL",
  "STORE_UNAVAILABLE",
  "STORE_CORRUPT",
  "STORE_CONTENDED",
  "CHAIN_UNAVAILABLE",
  "CHAIN_MISMATCH",
  "TARIFF_MISSING",
]);
/** Whether an error is a fault of ours, after which the same record is to be tried again, and no refusal of it. */
export function isFault(error: unknown): boolean {
  return !(error instanceof WattproofError) || faults.has(error.code);
}

const resumeLimit = 100_000;
const resumePage = 100;

export function createRecordReceiver(deps: RecordReceiverDeps): RecordReceiver {
  const { steadyNow, takeoverMs } = deps;
  const keeper = createRecordKeeper(deps);
  const verify = createClaimVerifier(deps);
  const add = createRecordAdder(deps);
  // Records of one sender are mostly of one meter: taking turns, they need not be computed again for each other.
  const senders = createTurns();
  // A session may have records from several senders.
  const sessions = createTurns();

  async function judge(message: StoredMessage): Promise<RecordAnswer> {
    try {
      const claim = await verify(message);
      const notBeforeMs = message.source.kind === "peer" ? steadyNow() + takeoverMs : undefined;
      return await sessions.take(claim.session.sessionId, () => add(claim, notBeforeMs));
    } catch (error) {
      if (error instanceof WattproofError && !isFault(error)) await keeper.refuse(message, error);
      throw error;
    }
  }

  function judgeInTurn(message: StoredMessage): Promise<RecordAnswer> {
    return senders.take(senderOf(message.source), () => judge(message));
  }

  async function resumeSome(): Promise<number> {
    const pending = await keeper.listPending(resumePage);
    for (const message of pending) {
      await judgeInTurn(message).catch((error: unknown) => {
        // A refusal is an outcome and was kept; a fault must stop the resumption, or it would go round for ever.
        if (isFault(error)) throw error;
      });
    }
    return pending.length;
  }

  return {
    receiveRecord: async (incoming) => judgeInTurn(await keeper.keep(incoming)),
    async resumePending(signal) {
      let resumed = 0;
      while (resumed < resumeLimit && !signal.aborted) {
        const count = await resumeSome();
        if (count === 0) break;
        resumed += count;
      }
      return resumed;
    },
  };
}

function senderOf(source: RecordSource): string {
  return source.kind === "peer" ? `peer ${source.oracle}` : `station ${source.stationId}`;
}
