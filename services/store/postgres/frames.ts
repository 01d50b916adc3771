import { z } from "zod";

import type { FrameBacklog } from "../ocpp.ts";
import type { Access } from "../sql/access.ts";
import { frameColumns, readFrameRow } from "../sql/ocpp-rows.ts";
import type { FramePart } from "../sql/parts.ts";
import { reader } from "../sql/rows.ts";
import type { FrameLane } from "./frame-lane.ts";
import type { Pool } from "./pool.ts";
import { asStoreError } from "./postgres-errors.ts";
import { keepText } from "./values.ts";

const readBacklog = reader(
  "place of a station",
  z.object({ station_id: z.string(), handed_on: z.number(), newest: z.number() }).transform((row): FrameBacklog => ({
    stationId: row.station_id,
    stationOrdinal: row.handed_on,
    newestOrdinal: row.newest,
  })),
);

/** No cursor moves back or passes the newest frame. Rows are locked in the order of `keepFrames`. */
const moveCursors = {
  name: "move-cursors",
  text: `WITH given AS (
      SELECT * FROM json_to_recordset($1::json) AS given (station_id text, place bigint)
    ), locked AS (
      SELECT places.station_id FROM ocpp_station_places AS places JOIN given ON given.station_id = places.station_id
      ORDER BY places.station_id FOR UPDATE OF places
    )
    UPDATE ocpp_station_places AS places SET handed_on = greatest (handed_on, least (newest, given.place))
    FROM locked JOIN given ON given.station_id = locked.station_id WHERE places.station_id = locked.station_id`,
};

/** Frames, and how far they were handed on, station by station. */
export function createFrameStore(access: Access, pool: Pool, lane: FrameLane): FramePart {
  return {
    commitFrame: (frame, effects, epoch) => lane.commit(frame, effects, epoch),
    listFrames: (stationId, afterStationOrdinal, limit) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${frameColumns} FROM ocpp_frames WHERE station_id = ? AND station_ordinal > ?
             ORDER BY station_ordinal LIMIT ?`,
            stationId,
            afterStationOrdinal,
            limit,
          )
        ).map(readFrameRow),
      ),
    listFrameBacklogs: () =>
      access.read(async () =>
        (
          await access.all(
            `SELECT station_id, handed_on, newest FROM ocpp_station_places WHERE handed_on < newest
             ORDER BY station_id`,
          )
        ).map(readBacklog),
      ),
    findFrameBacklog: (stationId) =>
      access.read(async () => {
        const row = await access.get(
          `SELECT station_id, handed_on, newest FROM ocpp_station_places WHERE handed_on < newest AND station_id = ?`,
          stationId,
        );
        return row === undefined ? null : readBacklog(row);
      }),
    async moveFrameCursors(cursors) {
      const given = cursors.map(({ stationId, stationOrdinal: place }) => ({ station_id: keepText(stationId), place }));
      try {
        await pool.use((connection) => connection.query(moveCursors, [JSON.stringify(given)]));
      } catch (error) {
        throw asStoreError(error);
      }
    },
  };
}
