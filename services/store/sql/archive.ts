import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import type { ArchivableFrame, ArchivableSum, ArchiveFile, ArchiveStore } from "../archive.ts";
import type { Access } from "./access.ts";
import { frameColumns, readFrameRow } from "./ocpp-rows.ts";
import { reader } from "./rows.ts";
import type { Sharing } from "./sharing.ts";

const tables = `
  -- Where frames went that nothing needed any more.
  CREATE TABLE archive_files (
    ordinal INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    frames INTEGER NOT NULL,
    first_ordinal INTEGER NOT NULL,
    last_ordinal INTEGER NOT NULL,
    archived_at_ms INTEGER NOT NULL
  ) STRICT;

  -- Frames that are removed by the commit that names them here; empty outside of it.
  CREATE TABLE archiving_frames (
    frame_ordinal INTEGER PRIMARY KEY
  ) STRICT;

  -- What refers to a frame that is to be removed.
  CREATE INDEX ocpp_transactions_started ON ocpp_transactions (started_frame);
  CREATE INDEX ocpp_transactions_ended ON ocpp_transactions (ended_frame);
  CREATE INDEX charging_frames_frame ON charging_frames (frame_ordinal);
`;

/** Frames are removed by no one but the archive, which names each of them. */
export const archiveStep = `${tables}
  DROP TRIGGER ocpp_frames_kept;
  CREATE TRIGGER ocpp_frames_kept BEFORE DELETE ON ocpp_frames
    WHEN NOT EXISTS (SELECT 1 FROM archiving_frames WHERE frame_ordinal = old.ordinal)
    BEGIN SELECT RAISE (ABORT, 'frames are never removed'); END;
`;

/** The part of the step that has the same form for PostgreSQL. */
export const archiveTables = tables;

const readFileRow = reader(
  "archive file",
  z
    .object({
      name: z.string(),
      sha256: z.string(),
      frames: z.number(),
      first_ordinal: z.number(),
      last_ordinal: z.number(),
      archived_at_ms: z.number(),
    })
    .transform((row): ArchiveFile => ({
      name: row.name,
      sha256: row.sha256,
      frames: row.frames,
      firstOrdinal: row.first_ordinal,
      lastOrdinal: row.last_ordinal,
      archivedAtMs: row.archived_at_ms,
    })),
);
const sumRow = z
  .object({ frames: z.number(), characters: z.number(), oldest_at_ms: z.number().nullable() })
  .transform((row): ArchivableSum => ({
    frames: row.frames,
    characters: row.characters,
    oldestAtMs: row.oldest_at_ms,
  }));
const partRow = z.object({ frame_ordinal: z.number(), session_id: z.string() });
const countRow = z.object({ frames: z.number() });

/**
 * Of `frames`, a row of `ocpp_frames`: it can be archived. Twice `?`: the time before which it arrived, and before which its
 * sessions were settled. Grades are words of the service's own, written without spaces.
 */
function archivable(handedOn: string): string {
  return `received_at_ms < ?
    AND station_ordinal < coalesce((${handedOn}), 0)
    AND NOT EXISTS (SELECT 1 FROM ocpp_parked_frames AS parked WHERE parked.ordinal = frames.ordinal)
    AND NOT EXISTS (SELECT 1 FROM stray_frames WHERE stray_frames.frame_ordinal = frames.ordinal)
    AND NOT EXISTS (SELECT 1 FROM unmatched_messages WHERE unmatched_messages.frame_ordinal = frames.ordinal)
    AND NOT EXISTS (SELECT 1 FROM ocpp_transactions WHERE started_frame = frames.ordinal)
    AND NOT EXISTS (SELECT 1 FROM ocpp_transactions WHERE ended_frame = frames.ordinal)
    AND NOT EXISTS (SELECT 1 FROM charging_frames
      JOIN charging_transactions AS parts ON parts.ordinal = charging_frames.transaction_ordinal
      LEFT JOIN sessions ON sessions.session_id = parts.session_id
      WHERE charging_frames.frame_ordinal = frames.ordinal AND NOT (
        parts.is_open = 0 AND parts.assess_due_at_ms IS NULL
        AND coalesce(sessions.status, '') IN ('settled', 'expired') AND sessions.status_since_ms < ?
        AND NOT EXISTS (SELECT 1 FROM cdrs WHERE cdrs.session_id = sessions.session_id
          AND content NOT LIKE '%"grade":"meter-signed%')
        AND NOT EXISTS (SELECT 1 FROM dispute_acts WHERE dispute_acts.session_id = sessions.session_id
          AND dispute_acts.status IN ('due', 'prepared'))))`;
}

export function createArchiveStore(access: Access, { handedOnSql }: Sharing): ArchiveStore {
  const isArchivable = archivable(handedOnSql);

  /** Inside a read: the sessions of the frames between two numbers. */
  async function sessionsOf(first: number, last: number): Promise<ReadonlyMap<number, readonly string[]>> {
    const rows = await access.all(
      `SELECT frame_ordinal, session_id FROM charging_frames
       JOIN charging_transactions ON charging_transactions.ordinal = transaction_ordinal
       WHERE frame_ordinal BETWEEN ? AND ? AND session_id IS NOT NULL ORDER BY frame_ordinal, session_id`,
      first,
      last,
    );
    const sessions = new Map<number, string[]>();
    for (const row of rows) {
      const { frame_ordinal: ordinal, session_id: sessionId } = partRow.parse(row);
      sessions.set(ordinal, [...(sessions.get(ordinal) ?? []), sessionId]);
    }
    return sessions;
  }

  return {
    sumArchivableFrames: (beforeMs) =>
      access.read(async () =>
        sumRow.parse(
          await access.get(
            `SELECT count(*) AS frames, min(received_at_ms) AS oldest_at_ms,
               CAST(coalesce(sum(length(text) + coalesce(length(answer), 0)), 0) AS BIGINT) AS characters
             FROM ocpp_frames AS frames WHERE ${isArchivable}`,
            beforeMs,
            beforeMs,
          ),
        ),
      ),
    listArchivableFrames: (beforeMs, afterOrdinal, limit) =>
      access.snapshot(async () => {
        const rows = await access.all(
          `SELECT ${frameColumns} FROM ocpp_frames AS frames WHERE ordinal > ? AND ${isArchivable} ORDER BY ordinal LIMIT ?`,
          afterOrdinal,
          beforeMs,
          beforeMs,
          limit,
        );
        const frames = rows.map(readFrameRow);
        const sessions = await sessionsOf(frames[0]?.ordinal ?? 0, frames.at(-1)?.ordinal ?? 0);
        return frames.map((frame): ArchivableFrame => ({ ...frame, sessionIds: sessions.get(frame.ordinal) ?? [] }));
      }),
    removeArchivedFrames: (file, ordinals, beforeMs) =>
      access.write(async () => {
        const insertOne = "INSERT INTO archiving_frames (frame_ordinal) VALUES (?) ON CONFLICT DO NOTHING";
        await access.runEach(
          insertOne,
          ordinals.map((ordinal) => [ordinal]),
        );
        const named = "ordinal IN (SELECT frame_ordinal FROM archiving_frames)";
        const row = await access.get(
          `SELECT count(*) AS frames FROM ocpp_frames AS frames WHERE ${named} AND ${isArchivable}`,
          beforeMs,
          beforeMs,
        );
        if (countRow.parse(row).frames !== ordinals.length) {
          throw new WattproofError(
            "STORE_CONTENDED",
            "Something needs one of the frames again, or another run took it.",
          );
        }
        await access.run(
          "DELETE FROM charging_frames WHERE frame_ordinal IN (SELECT frame_ordinal FROM archiving_frames)",
        );
        await access.run(`DELETE FROM ocpp_frames WHERE ${named}`);
        await access.run("DELETE FROM archiving_frames");
        await access.run(
          `INSERT INTO archive_files (name, sha256, frames, first_ordinal, last_ordinal, archived_at_ms)
           VALUES (?, ?, ?, ?, ?, ?)`,
          file.name,
          file.sha256,
          file.frames,
          file.firstOrdinal,
          file.lastOrdinal,
          file.archivedAtMs,
        );
      }),
    listArchiveFiles: () =>
      access.read(async () => (await access.all("SELECT * FROM archive_files ORDER BY ordinal")).map(readFileRow)),
  };
}
