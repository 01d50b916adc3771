import { z } from "zod";

import type { Station, StationStore } from "../stations.ts";
import type { Access } from "./access.ts";

const stationRow = z.object({ station_id: z.string(), api_key_sha256: z.string() });
const evseRow = z.object({ evse: z.number() });
const setUpRow = z.object({ set_up_due: z.number(), set_up: z.string().nullable() });

/** Stations are set up once. Those that an earlier version has known work as they are, and are left alone. */
export const setUpStep = `
  ALTER TABLE stations ADD COLUMN set_up_due INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE stations ADD COLUMN set_up TEXT;
`;

/** A row of `stations` with what belongs to it. Inside a read or a write. */
export async function readStation(access: Access, row: unknown): Promise<Station> {
  const { station_id: stationId, api_key_sha256: apiKeySha256 } = stationRow.parse(row);
  const evses = (
    await access.all("SELECT evse FROM station_evses WHERE station_id = ? ORDER BY position, evse", stationId)
  ).map((evse) => evseRow.parse(evse).evse);
  return { stationId, apiKeySha256, evses };
}

export function createStationStore(access: Access): StationStore {
  const withEvses = (row: unknown) => readStation(access, row);

  return {
    putStation: (station) =>
      access.write(async () => {
        // Not removed and added again: what else is known of the station would go with it.
        await access.run(
          `INSERT INTO stations (station_id, api_key_sha256, set_up_due) VALUES (?, ?, 1)
           ON CONFLICT (station_id) DO UPDATE SET api_key_sha256 = excluded.api_key_sha256`,
          station.stationId,
          station.apiKeySha256,
        );
        await access.run("DELETE FROM station_evses WHERE station_id = ?", station.stationId);
        for (const [index, evse] of [...new Set(station.evses)].entries()) {
          await access.run(
            "INSERT INTO station_evses (station_id, evse, position) VALUES (?, ?, ?)",
            station.stationId,
            evse,
            index + 1,
          );
        }
      }),
    removeStation: (stationId) =>
      access.write(async () => (await access.run("DELETE FROM stations WHERE station_id = ?", stationId)) > 0),
    findStation: (stationId) =>
      access.snapshot(async () => {
        const row = await access.get("SELECT station_id, api_key_sha256 FROM stations WHERE station_id = ?", stationId);
        return row === undefined ? null : await withEvses(row);
      }),
    listStations: () =>
      access.snapshot(async () => {
        const stations: Station[] = [];
        for (const row of await access.all("SELECT station_id, api_key_sha256 FROM stations ORDER BY station_id")) {
          stations.push(await readStation(access, row));
        }
        return stations;
      }),
    readSetUp: (stationId) =>
      access.read(async () => {
        const row = await access.get("SELECT set_up_due, set_up FROM stations WHERE station_id = ?", stationId);
        if (row === undefined) return null;
        const { set_up_due: due, set_up: content } = setUpRow.parse(row);
        return { isDue: due === 1, content };
      }),
    keepSetUp: ({ stationId, content }) =>
      access.write(async () => {
        await access.run("UPDATE stations SET set_up_due = 0, set_up = ? WHERE station_id = ?", content, stationId);
      }),
  };
}
