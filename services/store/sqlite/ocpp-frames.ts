import type { FrameEffect, FrameOutcome, NewFrame } from "../ocpp.ts";
import type { Access } from "../sql/access.ts";
import { requireStation } from "../sql/fences.ts";
import { applyEffects, findStart, idOfStart, storedFrame } from "../sql/frame-effects.ts";
import { frameColumns, readFrameRow } from "../sql/ocpp-rows.ts";
import type { FramePart } from "../sql/parts.ts";
import type { FramePlaces } from "./frame-places.ts";

interface Entry {
  readonly frame: NewFrame;
  readonly effects: readonly FrameEffect[];
  readonly epoch: number | undefined;
  readonly succeed: (outcome: FrameOutcome) => void;
  readonly fail: (error: unknown) => void;
}

const insertFrame = `INSERT INTO ocpp_frames (station_id, protocol, direction, received_at_ms, text, action, message_id,
  answer, ocpp_transaction_id, faults, station_ordinal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export function createOcppFrameStore(access: Access, places: FramePlaces): FramePart {
  let waiting: Entry[] = [];

  /** Writes frames in one step. They have taken their places when that is durable, and none if it fails. */
  async function commitEntries(takeEntries: () => readonly Entry[]): Promise<void> {
    let entries: readonly Entry[] = [];
    let allotted: string[] = [];
    try {
      const outcomes = await access.write(async () => {
        await places.ready();
        entries = takeEntries();
        try {
          const written: FrameOutcome[] = [];
          for (const { frame, effects, epoch } of entries) {
            if (epoch !== undefined) await requireStation(access, { stationId: frame.stationId, epoch });
            const stationOrdinal = places.allot(frame.stationId);
            allotted.push(frame.stationId);
            written.push(await write(access, frame, effects, stationOrdinal));
          }
          return written;
        } catch (error) {
          // What is written next in the same commit gets these places.
          places.giveBack(allotted);
          allotted = [];
          throw error;
        }
      });
      places.add(outcomes.map(({ frame }) => frame));
      for (const [index, outcome] of outcomes.entries()) entries[index]?.succeed(outcome);
    } catch (error) {
      places.giveBack(allotted);
      const [first, ...others] = entries.length > 0 ? entries : takeEntries();
      // One frame that cannot be written must not keep the others from being written.
      if (others.length === 0) first?.fail(error);
      else for (const entry of [first, ...others]) if (entry !== undefined) void commitEntries(() => [entry]);
    }
  }

  /** What has arrived until the commit runs goes with it. */
  function takeWaiting(): readonly Entry[] {
    const entries = waiting;
    waiting = [];
    return entries;
  }

  return {
    commitFrame: (frame, effects, epoch) =>
      new Promise((succeed, fail) => {
        waiting.push({ frame, effects, epoch, succeed, fail });
        if (waiting.length === 1) void commitEntries(takeWaiting);
      }),
    listFrames: (stationId, afterStationOrdinal, limit) =>
      access.read(async () => {
        await places.ready();
        const rows = places.rowsBehind(stationId, afterStationOrdinal, limit);
        const found =
          rows === null
            ? await access.all(
                `SELECT ${frameColumns} FROM ocpp_frames NOT INDEXED WHERE station_id = ? AND station_ordinal > ?
                 ORDER BY ordinal LIMIT ?`,
                stationId,
                afterStationOrdinal,
                limit,
              )
            : await access.all(
                `SELECT ${frameColumns} FROM ocpp_frames WHERE ordinal IN (SELECT value FROM json_each(?))
                 ORDER BY ordinal`,
                JSON.stringify(rows),
              );
        return found.map(readFrameRow);
      }),
    listFrameBacklogs: () =>
      access.read(async () => {
        await places.ready();
        return places.backlogs();
      }),
    findFrameBacklog: (stationId) =>
      access.read(async () => {
        await places.ready();
        return places.backlogs().find((backlog) => backlog.stationId === stationId) ?? null;
      }),
    async moveFrameCursors(cursors) {
      const written = await access.write(async () => {
        await places.ready();
        return places.writeCursors(cursors);
      });
      places.moveCursors(written);
    },
  };
}

/** Inside a write. */
async function write(
  access: Access,
  frame: NewFrame,
  effects: readonly FrameEffect[],
  stationOrdinal: number,
): Promise<FrameOutcome> {
  const start = await findStart(access, frame, effects);
  const ocppTransactionId = idOfStart(frame, start);
  const ordinal = await access.insert(
    insertFrame,
    frame.stationId,
    frame.protocol,
    frame.direction,
    frame.receivedAtMs,
    frame.text,
    frame.action,
    frame.messageId,
    frame.answer,
    ocppTransactionId,
    frame.faults === null ? null : JSON.stringify(frame.faults),
    stationOrdinal,
  );
  const transaction = effects.length === 0 ? null : await applyEffects(access, frame, ordinal, effects, start);
  return { frame: storedFrame(frame, { ordinal, stationOrdinal }, ocppTransactionId), transaction };
}
