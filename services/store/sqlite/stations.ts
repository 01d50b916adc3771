import { z } from "zod";

import type { Station, Store } from "../store.ts";
import type { Access } from "./access.ts";

const stationRow = z.object({ station_id: z.string(), api_key_sha256: z.string() });
const evseRow = z.object({ evse: z.number() });

export function createStationStore(
  access: Access,
): Pick<Store, "putStation" | "removeStation" | "findStation" | "listStations"> {
  function withEvses(row: unknown): Station {
    const { station_id: stationId, api_key_sha256: apiKeySha256 } = stationRow.parse(row);
    const evses = access
      .all("SELECT evse FROM station_evses WHERE station_id = ? ORDER BY evse", stationId)
      .map((evse) => evseRow.parse(evse).evse);
    return { stationId, apiKeySha256, evses };
  }

  return {
    putStation: (station) =>
      access.write(() => {
        access.run("DELETE FROM stations WHERE station_id = ?", station.stationId);
        access.run(
          "INSERT INTO stations (station_id, api_key_sha256) VALUES (?, ?)",
          station.stationId,
          station.apiKeySha256,
        );
        for (const evse of new Set(station.evses)) {
          access.run("INSERT INTO station_evses (station_id, evse) VALUES (?, ?)", station.stationId, evse);
        }
      }),
    removeStation: (stationId) =>
      access.write(() => access.run("DELETE FROM stations WHERE station_id = ?", stationId) > 0),
    findStation: (stationId) =>
      access.read(() => {
        const row = access.get("SELECT station_id, api_key_sha256 FROM stations WHERE station_id = ?", stationId);
        return row === undefined ? null : withEvses(row);
      }),
    listStations: () =>
      access.read(() =>
        access.all("SELECT station_id, api_key_sha256 FROM stations ORDER BY station_id").map(withEvses),
      ),
  };
}
