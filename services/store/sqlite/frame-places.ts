import { z } from "zod";

import type { FrameBacklog, FrameCursor } from "../ocpp.ts";
import type { Access } from "../sql/access.ts";

/** Frames have their places among those of their station, and each station has a cursor of its own. */
export const framePlacesStep = `
  DROP TRIGGER ocpp_frames_unchanged;
  -- Counts the frames of one station, without a gap.
  ALTER TABLE ocpp_frames ADD COLUMN station_ordinal INTEGER NOT NULL DEFAULT 0;
  UPDATE ocpp_frames SET station_ordinal = counted.station_ordinal FROM
    (SELECT ordinal, row_number() OVER (PARTITION BY station_id ORDER BY ordinal) AS station_ordinal FROM ocpp_frames)
    AS counted WHERE counted.ordinal = ocpp_frames.ordinal;
  CREATE TRIGGER ocpp_frames_unchanged BEFORE UPDATE ON ocpp_frames
    BEGIN SELECT RAISE (ABORT, 'frames are never changed'); END;

  -- How far each station was handed on.
  CREATE TABLE ocpp_station_cursors (
    station_id TEXT PRIMARY KEY,
    station_ordinal INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO ocpp_station_cursors SELECT station_id, max(station_ordinal) FROM ocpp_frames
    WHERE ordinal <= (SELECT ordinal FROM ocpp_frame_cursor) GROUP BY station_id;
  -- From here on, ocpp_frame_cursor says up to which row all stations were handed on: where to look for the others.

  CREATE INDEX ocpp_parked_frames_station ON ocpp_parked_frames (station_id, ordinal);
`;

/**
 * Where the frames of each station are, as far as they were not handed on, and the place that its next frame gets. In
 * memory, because an index of all frames by station would cost every message more than its row; made from the cursors
 * and from the rows behind the last common one when it is asked first. A frame counts here once its commit is durable.
 */
export interface FramePlaces {
  /** Inside a read or a write, before any of the others: knows the places from then on. */
  ready(): Promise<void>;
  /** Inside a write: the place of the station's next frame. */
  allot(stationId: string): number;
  /** The write that allotted these places was undone; a station stands there once for each of its places. */
  giveBack(stationIds: readonly string[]): void;
  /** These frames are durable. */
  add(frames: readonly { readonly stationId: string; readonly ordinal: number }[]): void;
  backlogs(): readonly FrameBacklog[];
  /** Rows of the station behind this place, at most so many; `null`: they are not known here. */
  rowsBehind(stationId: string, stationOrdinal: number, limit: number): readonly number[] | null;
  /** Inside a write. @returns what was written: no cursor passes the newest durable frame or moves back */
  writeCursors(cursors: readonly FrameCursor[]): Promise<readonly FrameCursor[]>;
  /** These are durable. */
  moveCursors(cursors: readonly FrameCursor[]): void;
}

interface StationPlaces {
  /** Place up to which it was handed on, and the rows of what follows. */
  cursor: number;
  rows: number[];
  /** The last place that was given away, durable or not. */
  allotted: number;
}

const cursorRow = z.object({ station_id: z.string(), station_ordinal: z.number() });
const placeRow = cursorRow.extend({ ordinal: z.number() });
const rowRow = z.object({ ordinal: z.number().nullable() });

export function createFramePlaces(access: Access): FramePlaces {
  const stations = new Map<string, StationPlaces>();
  let reading: Promise<void> | null = null;
  /** The newest durable row of all. Rows behind it may be of a write that is still undone. */
  let newestRow = 0;

  async function read(): Promise<void> {
    for (const row of await access.all("SELECT station_id, station_ordinal FROM ocpp_station_cursors")) {
      const { station_id: stationId, station_ordinal: cursor } = cursorRow.parse(row);
      stations.set(stationId, { cursor, rows: [], allotted: cursor });
    }
    const behind = await access.all(
      `SELECT ordinal, station_id, station_ordinal FROM ocpp_frames
       WHERE ordinal > coalesce((SELECT ordinal FROM ocpp_frame_cursor), 0) ORDER BY ordinal`,
    );
    for (const row of behind) {
      const { ordinal, station_id: stationId, station_ordinal: place } = placeRow.parse(row);
      const places = placesOf(stationId);
      if (place <= places.cursor) continue;
      places.rows.push(ordinal);
      places.allotted = place;
    }
    newestRow = rowRow.parse(await access.get("SELECT max(ordinal) AS ordinal FROM ocpp_frames")).ordinal ?? 0;
  }

  function placesOf(stationId: string): StationPlaces {
    const found = stations.get(stationId);
    if (found !== undefined) return found;
    const fresh = { cursor: 0, rows: [], allotted: 0 };
    stations.set(stationId, fresh);
    return fresh;
  }

  /** Up to which row everything will have been handed on when these cursors have moved. */
  function commonRow(cursors: readonly FrameCursor[]): number {
    const moved = new Map(cursors.map(({ stationId, stationOrdinal }) => [stationId, stationOrdinal]));
    let least = newestRow;
    for (const [stationId, { cursor, rows }] of stations) {
      const first = rows[Math.max(0, (moved.get(stationId) ?? 0) - cursor)];
      if (first !== undefined) least = Math.min(least, first - 1);
    }
    return least;
  }

  function within({ stationId, stationOrdinal }: FrameCursor): FrameCursor {
    const { cursor, rows } = placesOf(stationId);
    return { stationId, stationOrdinal: Math.min(Math.max(stationOrdinal, cursor), cursor + rows.length) };
  }

  return {
    async ready() {
      // What could not be read is read anew.
      reading ??= read().catch((error: unknown) => {
        reading = null;
        stations.clear();
        throw error;
      });
      await reading;
    },
    allot(stationId) {
      const places = placesOf(stationId);
      places.allotted += 1;
      return places.allotted;
    },
    giveBack(stationIds) {
      for (const stationId of stationIds) placesOf(stationId).allotted -= 1;
    },
    add(frames) {
      for (const { stationId, ordinal } of frames) {
        placesOf(stationId).rows.push(ordinal);
        newestRow = ordinal;
      }
    },
    backlogs: () =>
      [...stations]
        .filter(([, { rows }]) => rows.length > 0)
        .map(([stationId, { cursor, rows }]) => ({
          stationId,
          stationOrdinal: cursor,
          newestOrdinal: cursor + rows.length,
        }))
        .sort((left, right) => (left.stationId < right.stationId ? -1 : 1)),
    rowsBehind(stationId, stationOrdinal, limit) {
      const { cursor, rows } = placesOf(stationId);
      const from = stationOrdinal - cursor;
      return from < 0 ? null : rows.slice(from, from + limit);
    },
    async writeCursors(cursors) {
      const written = cursors.map(within);
      await access.runEach(
        `INSERT INTO ocpp_station_cursors (station_id, station_ordinal) VALUES (?, ?)
         ON CONFLICT (station_id) DO UPDATE SET station_ordinal = excluded.station_ordinal`,
        written.map(({ stationId, stationOrdinal }) => [stationId, stationOrdinal]),
      );
      await access.run(
        `INSERT INTO ocpp_frame_cursor (only_row, ordinal) VALUES (1, ?)
         ON CONFLICT (only_row) DO UPDATE SET ordinal = excluded.ordinal`,
        commonRow(written),
      );
      return written;
    },
    moveCursors(cursors) {
      for (const { stationId, stationOrdinal } of cursors) {
        const places = placesOf(stationId);
        places.rows.splice(0, stationOrdinal - places.cursor);
        places.cursor = stationOrdinal;
      }
    },
  };
}
