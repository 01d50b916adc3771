import { z } from "zod";

import { meterCurves } from "../../domain/meter-curve.ts";
import type { MeterPossession, PossessionStore } from "../possessions.ts";
import type { Access } from "./access.ts";
import { reader } from "./rows.ts";

/** Meters that are to prove themselves at a charger. */
export const possessionStep = `
  CREATE TABLE meter_possessions (
    tag TEXT PRIMARY KEY,
    evse INTEGER NOT NULL,
    station_id TEXT NOT NULL,
    station_evse INTEGER NOT NULL,
    curve TEXT NOT NULL,
    public_key TEXT NOT NULL,
    expected_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    starts INTEGER NOT NULL,
    record BLOB,
    received_at_ms INTEGER,
    CHECK ((record IS NULL) = (received_at_ms IS NULL))
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX meter_possessions_expiry ON meter_possessions (expires_at_ms);
`;

const readPossessionRow = reader(
  "proof of possession",
  z
    .object({
      tag: z.string(),
      evse: z.number(),
      station_id: z.string(),
      station_evse: z.number(),
      curve: z.enum(meterCurves),
      public_key: z.string(),
      expected_at_ms: z.number(),
      expires_at_ms: z.number(),
      starts: z.number(),
      record: z.instanceof(Uint8Array).nullable(),
      received_at_ms: z.number().nullable(),
    })
    .transform((row): MeterPossession => ({
      tag: row.tag,
      evse: row.evse,
      stationId: row.station_id,
      stationEvse: row.station_evse,
      curve: row.curve,
      publicKey: row.public_key,
      expectedAtMs: row.expected_at_ms,
      expiresAtMs: row.expires_at_ms,
      starts: row.starts,
      record: row.record,
      receivedAtMs: row.received_at_ms,
    })),
);

export function createPossessionStore(access: Access): PossessionStore {
  return {
    putPossession: (possession, limit) =>
      access.write(async () => {
        await access.run(
          `INSERT INTO meter_possessions (tag, evse, station_id, station_evse, curve, public_key, expected_at_ms,
             expires_at_ms, starts, record, received_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (tag) DO UPDATE SET evse = excluded.evse, station_id = excluded.station_id,
             station_evse = excluded.station_evse, curve = excluded.curve, public_key = excluded.public_key,
             expected_at_ms = excluded.expected_at_ms, expires_at_ms = excluded.expires_at_ms, starts = excluded.starts,
             record = excluded.record, received_at_ms = excluded.received_at_ms`,
          possession.tag,
          possession.evse,
          possession.stationId,
          possession.stationEvse,
          possession.curve,
          possession.publicKey,
          possession.expectedAtMs,
          possession.expiresAtMs,
          possession.starts,
          possession.record,
          possession.receivedAtMs,
        );
        await access.run(
          `DELETE FROM meter_possessions WHERE tag NOT IN
             (SELECT tag FROM meter_possessions ORDER BY expires_at_ms DESC, tag LIMIT ?)`,
          limit,
        );
      }),
    listPossessions: () =>
      access.read(async () =>
        (await access.all("SELECT * FROM meter_possessions ORDER BY expires_at_ms DESC, tag")).map(readPossessionRow),
      ),
  };
}
