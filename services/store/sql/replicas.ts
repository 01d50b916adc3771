import { z } from "zod";

import { ocppProtocols, securityProfiles } from "../ocpp.ts";
import type { HeldConnection, Lease, Replica, ReplicaStore, StationFence, StationHold } from "../replicas.ts";
import type { Access } from "./access.ts";
import { reader } from "./rows.ts";
import type { Sharing } from "./sharing.ts";
import { createCommandStore } from "./station-commands.ts";

/** Replicas, what each does, and which stations each has. */
export const replicaStep = `
  CREATE TABLE replicas (
    replica_id TEXT PRIMARY KEY,
    started_at_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    replica_id TEXT,
    epoch INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- A station's row stays for ever, so that its epochs never begin again.
  CREATE TABLE station_holds (
    station_id TEXT PRIMARY KEY,
    replica_id TEXT,
    epoch INTEGER NOT NULL,
    connection TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX station_holds_replica ON station_holds (replica_id);

  CREATE TABLE station_commands (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    command_id TEXT NOT NULL UNIQUE,
    station_id TEXT NOT NULL,
    action TEXT NOT NULL,
    payload TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    taken_by TEXT,
    outcome TEXT
  ) STRICT;
  CREATE INDEX station_commands_waiting ON station_commands (station_id) WHERE taken_by IS NULL;

  -- Counts what was written to a transaction: who has read an older one writes nothing.
  ALTER TABLE charging_transactions ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
`;

/** What replicas say of themselves. Those of a version before say none of it. */
export const replicaVersionStep = `
  ALTER TABLE replicas ADD COLUMN version TEXT;
  ALTER TABLE replicas ADD COLUMN last_beat_at_ms INTEGER;
`;

const readReplicaRow = reader(
  "replica",
  z
    .object({
      replica_id: z.string(),
      version: z.string().nullable(),
      started_at_ms: z.number(),
      last_beat_at_ms: z.number().nullable(),
      until_ms: z.number(),
      is_alive: z.number(),
      stations: z.number(),
    })
    .transform((row): Replica => ({
      replicaId: row.replica_id,
      version: row.version,
      startedAtMs: row.started_at_ms,
      lastBeatAtMs: row.last_beat_at_ms,
      untilMs: row.until_ms,
      isAlive: row.is_alive === 1,
      stations: row.stations,
    })),
);
const readLeaseRow = reader(
  "lease",
  z
    .object({ name: z.string(), replica_id: z.string().nullable(), epoch: z.number(), until_ms: z.number() })
    .transform((row): Lease => ({
      name: row.name,
      replicaId: row.replica_id,
      epoch: row.epoch,
      untilMs: row.until_ms,
    })),
);
const connectionText = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(
    z.object({
      protocol: z.enum(ocppProtocols),
      securityProfile: z.literal(securityProfiles),
      address: z.string(),
      connectedAtMs: z.number(),
    }),
  );
const readHoldRow = reader(
  "hold of a station",
  z
    .object({
      station_id: z.string(),
      replica_id: z.string().nullable(),
      epoch: z.number(),
      connection: connectionText.nullable(),
    })
    .transform((row): StationHold => ({
      stationId: row.station_id,
      replicaId: row.replica_id,
      epoch: row.epoch,
      connection: row.connection,
    })),
);
const stationRow = z.object({ station_id: z.string() });

/** A replica that is alive has this station. `?` is now. */
const isHeld = "EXISTS (SELECT 1 FROM replicas WHERE replicas.replica_id = station_holds.replica_id AND until_ms > ?)";

export function createReplicaStore(access: Access, sharing: Sharing): Omit<ReplicaStore, "fenced"> {
  return {
    ...replicasOf(access, sharing),
    ...leasesOf(access, sharing),
    ...holdsOf(access, sharing),
    ...createCommandStore(access, sharing),
  };
}

function replicasOf(access: Access, { now, listStandbys }: Sharing) {
  return {
    listStandbys: () => access.read(listStandbys),
    beatReplica: ({ replicaId, version, startedAtMs, forMs }) =>
      access.write(async () => {
        const nowMs = await now();
        await access.run(
          `INSERT INTO replicas (replica_id, version, started_at_ms, last_beat_at_ms, until_ms) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (replica_id) DO UPDATE SET version = excluded.version, started_at_ms = excluded.started_at_ms,
             last_beat_at_ms = excluded.last_beat_at_ms, until_ms = excluded.until_ms`,
          replicaId,
          version,
          startedAtMs,
          nowMs,
          nowMs + forMs,
        );
      }),
    leaveReplica: (replicaId) =>
      access.write(async () => {
        await access.run("DELETE FROM replicas WHERE replica_id = ?", replicaId);
        await access.run("UPDATE leases SET replica_id = NULL, until_ms = 0 WHERE replica_id = ?", replicaId);
        await access.run(
          "UPDATE station_holds SET replica_id = NULL, connection = NULL WHERE replica_id = ?",
          replicaId,
        );
      }),
    listReplicas: () =>
      access.read(async () =>
        (
          await access.all(
            `SELECT replica_id, version, started_at_ms, last_beat_at_ms, until_ms, CASE WHEN until_ms > ? THEN 1 ELSE 0 END AS is_alive,
               (SELECT count(*) FROM station_holds WHERE station_holds.replica_id = replicas.replica_id
                  AND connection IS NOT NULL) AS stations
             FROM replicas ORDER BY replica_id`,
            await now(),
          )
        ).map(readReplicaRow),
      ),
  } satisfies Partial<ReplicaStore>;
}

function leasesOf(access: Access, { now }: Sharing) {
  const columns = "name, replica_id, epoch, until_ms";
  return {
    claimLease: (name, replicaId, forMs) =>
      access.write(async () => {
        const row = await access.get(
          `INSERT INTO leases (name, replica_id, epoch, until_ms) VALUES (?, ?, 1, ?)
           ON CONFLICT (name) DO UPDATE SET replica_id = excluded.replica_id, epoch = leases.epoch + 1, until_ms = excluded.until_ms
             WHERE leases.replica_id IS NULL OR leases.replica_id = excluded.replica_id OR leases.until_ms <= ?
           RETURNING ${columns}`,
          name,
          replicaId,
          (await now()) + forMs,
          await now(),
        );
        return row === undefined ? null : readLeaseRow(row);
      }),
    renewLease: ({ name, epoch }, forMs) =>
      access.write(
        async () =>
          (await access.run(
            "UPDATE leases SET until_ms = ? WHERE name = ? AND epoch = ? AND replica_id IS NOT NULL",
            (await now()) + forMs,
            name,
            epoch,
          )) > 0,
      ),
    releaseLease: ({ name, epoch }) =>
      access.write(async () => {
        await access.run("UPDATE leases SET replica_id = NULL, until_ms = 0 WHERE name = ? AND epoch = ?", name, epoch);
      }),
    listLeases: () =>
      access.read(async () => (await access.all(`SELECT ${columns} FROM leases ORDER BY name`)).map(readLeaseRow)),
  } satisfies Partial<ReplicaStore>;
}

function holdsOf(access: Access, { now, listBacklogged }: Sharing) {
  async function take(stationId: string, replicaId: string, connection: HeldConnection | null): Promise<StationFence> {
    const row = await access.get(
      `INSERT INTO station_holds (station_id, replica_id, epoch, connection) VALUES (?, ?, 1, ?)
       ON CONFLICT (station_id) DO UPDATE SET replica_id = excluded.replica_id, epoch = station_holds.epoch + 1,
         connection = excluded.connection
       RETURNING station_id, replica_id, epoch, connection`,
      stationId,
      replicaId,
      connection === null ? null : JSON.stringify(connection),
    );
    return { stationId, epoch: readHoldRow(row).epoch };
  }

  async function isFree(stationId: string, replicaId: string): Promise<boolean> {
    const held = `SELECT 1 FROM station_holds WHERE station_id = ? AND (replica_id = ? OR ${isHeld})`;
    return (await access.get(held, stationId, replicaId, await now())) === undefined;
  }

  return {
    holdStation: (stationId, replicaId, connection) =>
      access.write(async () => {
        const former = await access.get("SELECT replica_id FROM station_holds WHERE station_id = ?", stationId);
        const formerReplicaId = z
          .string()
          .nullable()
          .parse(former?.["replica_id"] ?? null);
        return { ...(await take(stationId, replicaId, connection)), formerReplicaId };
      }),
    endConnection: ({ stationId, epoch }) =>
      access.write(async () => {
        await access.run(
          "UPDATE station_holds SET connection = NULL WHERE station_id = ? AND epoch = ?",
          stationId,
          epoch,
        );
      }),
    listMovedStations: (replicaId, fences) =>
      access.read(async () => {
        const own = (
          await access.all(
            "SELECT station_id, replica_id, epoch, NULL AS connection FROM station_holds WHERE replica_id = ?",
            replicaId,
          )
        ).map(readHoldRow);
        const epochs = new Map(own.map(({ stationId, epoch }) => [stationId, epoch]));
        return fences
          .filter(({ stationId, epoch }) => epochs.get(stationId) !== epoch)
          .map(({ stationId }) => stationId);
      }),
    adoptStations: (replicaId, limit) =>
      access.write(async () => {
        const parked = await access.all("SELECT DISTINCT station_id FROM ocpp_parked_frames ORDER BY station_id");
        const waiting = new Set(await listBacklogged());
        for (const row of parked) waiting.add(stationRow.parse(row).station_id);
        const adopted: StationFence[] = [];
        for (const stationId of [...waiting].sort()) {
          if (adopted.length === limit) break;
          if (await isFree(stationId, replicaId)) adopted.push(await take(stationId, replicaId, null));
        }
        return adopted;
      }),
    findStationHold: (stationId) =>
      access.read(async () => {
        const row = await access.get(
          `SELECT station_id, replica_id, epoch, CASE WHEN ${isHeld} THEN connection ELSE NULL END AS connection FROM station_holds
           WHERE station_id = ?`,
          await now(),
          stationId,
        );
        return row === undefined ? null : readHoldRow(row);
      }),
    listConnectedStations: () =>
      access.read(async () =>
        (
          await access.all(
            `SELECT station_id, replica_id, epoch, connection FROM station_holds WHERE connection IS NOT NULL AND ${isHeld}
             ORDER BY station_id`,
            await now(),
          )
        ).map(readHoldRow),
      ),
  } satisfies Partial<ReplicaStore>;
}
