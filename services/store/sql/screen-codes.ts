import { z } from "zod";

import type { ScreenCodeStore, StoredScreenCode } from "../screen-codes.ts";
import type { Access } from "./access.ts";
import { reader } from "./rows.ts";

/** Codes on the screens of chargers, and which of them were used. */
export const screenCodeStep = `
  CREATE TABLE screen_codes (
    station_id TEXT PRIMARY KEY REFERENCES stations (station_id) ON DELETE CASCADE,
    secret TEXT NOT NULL,
    validity_seconds INTEGER NOT NULL,
    length INTEGER NOT NULL,
    set_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE used_screen_codes (
    station_id TEXT NOT NULL REFERENCES stations (station_id) ON DELETE CASCADE,
    station_evse INTEGER NOT NULL,
    code_interval INTEGER NOT NULL,
    PRIMARY KEY (station_id, station_evse, code_interval)
  ) STRICT, WITHOUT ROWID;
`;

/** A code is taken in its interval and in those beside it. */
const keptIntervals = 4;

const readRow = reader(
  "code on a screen",
  z
    .object({ station_id: z.string(), secret: z.string(), validity_seconds: z.number(), length: z.number() })
    .transform((row): StoredScreenCode => ({
      stationId: row.station_id,
      secret: row.secret,
      validitySeconds: row.validity_seconds,
      length: row.length,
    })),
);

export function createScreenCodeStore(access: Access): ScreenCodeStore {
  return {
    putScreenCode: ({ stationId, secret, validitySeconds, length, atMs }) =>
      access.write(async () => {
        const station = await access.get("SELECT station_id FROM stations WHERE station_id = ?", stationId);
        if (station === undefined) return false;
        await access.run(
          `INSERT INTO screen_codes (station_id, secret, validity_seconds, length, set_at_ms) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (station_id) DO UPDATE SET secret = excluded.secret,
             validity_seconds = excluded.validity_seconds, length = excluded.length, set_at_ms = excluded.set_at_ms`,
          stationId,
          secret,
          validitySeconds,
          length,
          atMs,
        );
        return true;
      }),
    findScreenCode: (stationId) =>
      access.read(async () => {
        const row = await access.get(
          "SELECT station_id, secret, validity_seconds, length FROM screen_codes WHERE station_id = ?",
          stationId,
        );
        return row === undefined ? null : readRow(row);
      }),
    takeScreenCode: ({ stationId, stationEvse, interval }) =>
      access.write(async () => {
        await access.run(
          "DELETE FROM used_screen_codes WHERE station_id = ? AND code_interval < ?",
          stationId,
          interval - keptIntervals,
        );
        const added = await access.run(
          `INSERT INTO used_screen_codes (station_id, station_evse, code_interval) VALUES (?, ?, ?)
           ON CONFLICT (station_id, station_evse, code_interval) DO NOTHING`,
          stationId,
          stationEvse,
          interval,
        );
        return added > 0;
      }),
  };
}
