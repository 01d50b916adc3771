import { createHash } from "node:crypto";

import type { SessionStatus } from "../domain/session.ts";
import type { ErrorCode } from "../errors.ts";
import { WattproofError } from "../errors.ts";
import type { MessageVerdict, Station, StoredMessage } from "../store/store.ts";
import { createTurns } from "./turns.ts";
import { createEvidenceIntake, type EvidenceIntakeDeps } from "./take-evidence.ts";

/** A record as a door hands it on: the door has authenticated the station and knows how the body carries the record. */
export interface IncomingRecord {
  readonly station: Station;
  /** Exactly what was received. */
  readonly body: Uint8Array;
  readonly mediaType: string;
  readonly record: Uint8Array;
  /** The session that the sender names. */
  readonly sessionReference: string | null;
  /** Another service is about to settle the session: this one leaves it alone until then. */
  readonly notBeforeMs?: number;
}

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
   * Keeps the message, verifies the record and moves its session. The answer holds only what is on disk.
   * @throws the catalogue's code for a record that does not count; it is kept with its reason
   */
  receiveRecord(incoming: IncomingRecord): Promise<RecordAnswer>;
  /** Finishes what was kept before a crash and not judged. @returns how many messages that were. */
  resumePending(signal: AbortSignal): Promise<number>;
}

export interface RecordReceiverDeps extends EvidenceIntakeDeps {
  readonly now: () => number;
}

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
  const { store, now } = deps;
  const intake = createEvidenceIntake(deps);
  // Records of one station are mostly of one meter: taking turns, they need not be computed again for each other.
  const turns = createTurns();

  async function judge(station: Station, message: StoredMessage, notBeforeMs?: number): Promise<RecordAnswer> {
    try {
      return await intake.takeEvidence(station, message, notBeforeMs);
    } catch (error) {
      if (error instanceof WattproofError && !faults.has(error.code)) {
        await store.setVerdict(message.messageId, verdictOf(error));
      }
      throw error;
    }
  }

  async function resumeSome(): Promise<number> {
    const pending = await store.listPendingMessages(resumePage);
    for (const message of pending) {
      const station = await store.findStation(message.stationId);
      if (station === null) {
        const gone = new WattproofError("STATION_UNAUTHENTICATED", "The station was removed.");
        await store.setVerdict(message.messageId, verdictOf(gone));
        continue;
      }
      await turns
        .take(station.stationId, () => judge(station, message))
        .catch((error: unknown) => {
          // A refusal is an outcome and was kept; a fault must stop the resumption, or it would go round for ever.
          if (!(error instanceof WattproofError) || faults.has(error.code)) throw error;
        });
    }
    return pending.length;
  }

  return {
    async receiveRecord(incoming) {
      const { station, body, mediaType, record, sessionReference } = incoming;
      const messageId = messageIdOf(station.stationId, mediaType, body);
      const receivedAtMs = now();
      const message = await store.putMessage({
        messageId,
        stationId: station.stationId,
        body,
        mediaType,
        record,
        sessionReference,
        receivedAtMs,
      });
      return turns.take(station.stationId, () => judge(station, message, incoming.notBeforeMs));
    },
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

function verdictOf(error: WattproofError): MessageVerdict {
  const outcome = error.code.includes("UNSUPPORTED") ? "unsupported" : "refused";
  return { outcome, code: error.code, detail: error.detail, recordIdentity: null };
}

/** The same bytes from the same station through the same kind of body are the same message. */
function messageIdOf(stationId: string, mediaType: string, body: Uint8Array): string {
  const hash = createHash("sha256");
  for (const part of [Buffer.from(stationId), Buffer.from(mediaType), body]) {
    // Lengths in front, so that no two lists of parts make the same bytes.
    hash.update(`${part.length}:`).update(part);
  }
  return hash.digest("hex");
}
