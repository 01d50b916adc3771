import { setImmediate } from "node:timers/promises";

import type { RegisteredMeter } from "../chain/chain.ts";
import { WattproofError } from "../errors.ts";
import type { EvidenceRecord, Store } from "../store/store.ts";
import { decodeReading, encodeReading, isBoundary } from "./kept-reading.ts";
import { recordLimits } from "./formats/ocmf/limits.ts";
import type { RecordReading, VerifiedRecord } from "./formats/ocmf/types.ts";
import type { RecordVerifier } from "./verify-record.ts";
import { judgeRecords, type SessionJudgement } from "./session-judge.ts";

/** The session that is judged, and who measured it. */
export interface JudgedSession {
  readonly sessionId: string;
  /** How many events the session has; every record is one of them. */
  readonly sequence: number;
  readonly meter: RegisteredMeter;
}

/** What the records of sessions say. A record was verified when it came; here its kept reading is enough. */
export interface SessionReadings {
  /** What a record that counts says. @throws STORE_CORRUPT if it does not verify any more */
  read(record: EvidenceRecord, meter: RegisteredMeter): Promise<RecordReading>;
  /**
   * What a session's records prove together with one more. The work does not grow with the number of records until the
   * session has both a begin and an end.
   * @throws OCMF_SESSION_TOO_LONG if the session has as many records as a session may have
   */
  judgeWith(session: JudgedSession, added: VerifiedRecord): Promise<SessionJudgement>;
}

/** About 3 ms of work. */
const readAtOnce = 128;

/** What is read and kept of the records of sessions. */
export type SessionRecordStore = Pick<Store, "listRecords" | "listBoundaryRecords" | "readRecordRange" | "keepReading">;

export function createSessionReadings(deps: {
  readonly store: SessionRecordStore;
  readonly verifier: Pick<RecordVerifier, "verify">;
}): SessionReadings {
  const { store, verifier } = deps;

  async function read(record: EvidenceRecord, meter: RegisteredMeter): Promise<RecordReading> {
    if (record.reading !== null) return decodeReading(record.reading, meter);
    const verified = verifier.verify(record.record, meter);
    if ("outcome" in verified) {
      const detail = `Record ${record.recordIdentity} no longer verifies: ${verified.code}.`;
      throw new WattproofError("STORE_CORRUPT", detail);
    }
    await store.keepReading(record.recordIdentity, keptOf(verified));
    return verified;
  }

  async function readAll(records: readonly EvidenceRecord[], meter: RegisteredMeter): Promise<RecordReading[]> {
    const readings: RecordReading[] = [];
    for (const record of records) {
      readings.push(await read(record, meter));
      // Other stations' messages are read in between.
      if (readings.length % readAtOnce === 0) await setImmediate();
    }
    return readings;
  }

  async function requireRoom({ sessionId, sequence }: JudgedSession): Promise<void> {
    if (sequence < recordLimits.sessionRecords) return;
    const range = await store.readRecordRange(sessionId);
    if (range === null || range.count < recordLimits.sessionRecords) return;
    throw new WattproofError("OCMF_SESSION_TOO_LONG", `The session has ${range.count} records already.`);
  }

  async function hasGap(sessionId: string, { pagination }: VerifiedRecord): Promise<boolean> {
    const range = await store.readRecordRange(sessionId);
    if (range === null) return false;
    const { number } = pagination;
    const least = number < range.leastNumber ? number : range.leastNumber;
    const greatest = number > range.greatestNumber ? number : range.greatestNumber;
    return greatest - least >= BigInt(range.count + 1);
  }

  return {
    read,
    async judgeWith(session, added) {
      const { sessionId, meter } = session;
      const isCovering = added.begin !== null && added.end !== null;
      // A record that covers the session decides it, however many came before.
      if (!isCovering) await requireRoom(session);
      const boundary = [...(await readAll(await store.listBoundaryRecords(sessionId), meter)), added];
      const isCovered = boundary.some(({ begin, end }) => begin !== null && end !== null);
      const hasBegin = boundary.some(({ begin }) => begin !== null);
      const hasEnd = boundary.some(({ end }) => end !== null);
      // Nothing that lies between begin and end says anything without both, or beside a record that has both.
      if (isCovered || !hasBegin || !hasEnd) return judgeRecords(boundary);
      if (await hasGap(sessionId, added)) {
        return { kind: "disputed", reason: "OCMF_SESSION_PAGINATION_GAP", isFinal: false };
      }
      return judgeRecords([...(await readAll(await store.listRecords(sessionId), meter)), added]);
    },
  };
}

/** What is kept in the store of what a record says. */
export function keptOf(verified: VerifiedRecord): { readonly reading: string; readonly isBoundary: boolean } {
  return { reading: encodeReading(verified), isBoundary: isBoundary(verified) };
}
