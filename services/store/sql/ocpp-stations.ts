import { z } from "zod";

import type { OcppStationState, OcppStore } from "../ocpp.ts";
import { bootStatuses, ocppProtocols, securityProfiles } from "../ocpp.ts";
import type { Access } from "./access.ts";
import { bootColumn, readConnectorRow, readUnknownStationRow } from "./ocpp-rows.ts";
import { reader } from "./rows.ts";
import { readStation } from "./stations.ts";

/** A rotation needs two; more are left over only from rotations that the station never answered. */
const keysPerStation = 4;
const connectorsPerStation = 1_000;

const securityProfile = z.literal(securityProfiles);
const keyRow = z
  .object({ ordinal: z.number(), key_sha256: z.string() })
  .transform((row) => ({ ordinal: row.ordinal, keySha256: row.key_sha256 }));
const stateRow = z.object({
  least_security_profile: securityProfile,
  boot_status: z.enum(bootStatuses),
  protocol: z.enum(ocppProtocols).nullable(),
  security_profile: securityProfile.nullable(),
  last_seen_at_ms: z.number().nullable(),
  boot: bootColumn.nullable(),
});
const readKeyRow = reader("station key", keyRow);
const readStateRow = reader("station", stateRow);
const evseRow = z.object({ station_id: z.string(), station_evse: z.number() });

/** A station that was registered before it was to speak OCPP: it has no key, so nothing lets it in. */
const withoutRow = {
  least_security_profile: 1,
  boot_status: "Accepted",
  protocol: null,
  security_profile: null,
  last_seen_at_ms: null,
  boot: null,
} as const;
const stationQuery = "SELECT station_id, api_key_sha256 FROM stations WHERE station_id = ?";
const stateQuery = `SELECT least_security_profile, boot_status, protocol, security_profile, last_seen_at_ms, boot
  FROM ocpp_stations WHERE station_id = ?`;

export function createOcppStationStore(
  access: Access,
): Pick<
  OcppStore,
  | "findOcppAccess"
  | "setOcppAccess"
  | "replaceStationKeys"
  | "addStationKey"
  | "retireOlderKeys"
  | "removeStationKey"
  | "noteStationSeen"
  | "listOcppStations"
  | "findOcppStation"
  | "findStationOfEvse"
  | "noteUnknownStation"
  | "listUnknownStations"
> {
  async function readState(row: unknown): Promise<OcppStationState> {
    const { stationId, evses } = await readStation(access, row);
    const state = readStateRow((await access.get(stateQuery, stationId)) ?? withoutRow);
    const connectors = (
      await access.all(
        `SELECT evse, connector, status, error_code, timestamp_text, received_at_ms FROM ocpp_connectors
         WHERE station_id = ? ORDER BY evse, connector LIMIT ?`,
        stationId,
        connectorsPerStation,
      )
    ).map(readConnectorRow);
    return {
      stationId,
      evses,
      leastSecurityProfile: state.least_security_profile,
      bootStatus: state.boot_status,
      protocol: state.protocol,
      securityProfile: state.security_profile,
      lastSeenAtMs: state.last_seen_at_ms,
      boot: state.boot,
      connectors,
    };
  }

  return {
    ...stationKeysOf(access),
    ...unknownStationsOf(access),
    findOcppAccess: (stationId) =>
      access.snapshot(async () => {
        const row = await access.get(stationQuery, stationId);
        if (row === undefined) return null;
        const state = readStateRow((await access.get(stateQuery, stationId)) ?? withoutRow);
        return {
          station: await readStation(access, row),
          leastSecurityProfile: state.least_security_profile,
          bootStatus: state.boot_status,
          keys: await keysOf(access, stationId),
        };
      }),
    setOcppAccess: (stationId, { leastSecurityProfile, bootStatus }) =>
      access.write(
        async () =>
          (await access.run(
            `INSERT INTO ocpp_stations (station_id, least_security_profile, boot_status)
             SELECT station_id, ?, ? FROM stations WHERE station_id = ?
             ON CONFLICT (station_id) DO UPDATE SET least_security_profile = excluded.least_security_profile,
               boot_status = excluded.boot_status`,
            leastSecurityProfile,
            bootStatus,
            stationId,
          )) > 0,
      ),
    noteStationSeen: (stationId, seen) =>
      access.write(
        async () =>
          (await access.run(
            `INSERT INTO ocpp_stations (station_id, protocol, security_profile, last_seen_at_ms)
           SELECT station_id, ?, ?, ? FROM stations WHERE station_id = ?
           ON CONFLICT (station_id) DO UPDATE SET protocol = excluded.protocol,
             security_profile = excluded.security_profile, last_seen_at_ms = excluded.last_seen_at_ms`,
            seen.protocol,
            seen.securityProfile,
            seen.atMs,
            stationId,
          )) > 0,
      ),
    listOcppStations: () =>
      access.snapshot(async () => {
        const states: OcppStationState[] = [];
        for (const row of await access.all("SELECT station_id, api_key_sha256 FROM stations ORDER BY station_id")) {
          states.push(await readState(row));
        }
        return states;
      }),
    findOcppStation: (stationId) =>
      access.snapshot(async () => {
        const row = await access.get(stationQuery, stationId);
        return row === undefined ? null : await readState(row);
      }),
    findStationOfEvse: (evse) =>
      access.read(async () => {
        // The station's own number is the place in its list, which is in this order.
        const row = await access.get(
          `SELECT mine.station_id AS station_id, count(*) AS station_evse FROM station_evses AS mine
           JOIN station_evses AS others ON others.station_id = mine.station_id
             AND (coalesce(others.position, 0), others.evse) <= (coalesce(mine.position, 0), mine.evse)
           WHERE mine.evse = ? GROUP BY mine.station_id ORDER BY mine.station_id LIMIT 1`,
          evse,
        );
        if (row === undefined) return null;
        const { station_id: stationId, station_evse: stationEvse } = evseRow.parse(row);
        return { stationId, stationEvse };
      }),
  };
}

/** The keys with which a station is let in. */
function stationKeysOf(access: Access) {
  async function insertKey(stationId: string, keySha256: string, atMs: number): Promise<number> {
    return await access.insert(
      "INSERT INTO ocpp_keys (station_id, key_sha256, created_at_ms) VALUES (?, ?, ?)",
      stationId,
      keySha256,
      atMs,
    );
  }

  return {
    replaceStationKeys: (stationId, keySha256, atMs) =>
      access.write(async () => {
        await access.run("DELETE FROM ocpp_keys WHERE station_id = ?", stationId);
        await insertKey(stationId, keySha256, atMs);
      }),
    addStationKey: (stationId, keySha256, atMs) =>
      access.write(async () =>
        (await keysOf(access, stationId)).length >= keysPerStation ? null : await insertKey(stationId, keySha256, atMs),
      ),
    retireOlderKeys: (stationId, ordinal) =>
      access.write(async () => {
        await access.run("DELETE FROM ocpp_keys WHERE station_id = ? AND ordinal < ?", stationId, ordinal);
      }),
    removeStationKey: (stationId, ordinal) =>
      access.write(async () => {
        await access.run("DELETE FROM ocpp_keys WHERE station_id = ? AND ordinal = ?", stationId, ordinal);
      }),
  } satisfies Partial<OcppStore>;
}

/** Stations that knocked and are not registered. */
function unknownStationsOf(access: Access) {
  return {
    noteUnknownStation: (attempt, limit) =>
      access.write(async () => {
        await access.run(
          `INSERT INTO ocpp_unknown_stations (station_id, address, protocols, first_seen_at_ms, last_seen_at_ms, attempts)
           VALUES (?, ?, ?, ?, ?, 1)
           ON CONFLICT (station_id) DO UPDATE SET address = excluded.address, protocols = excluded.protocols,
             last_seen_at_ms = excluded.last_seen_at_ms, attempts = ocpp_unknown_stations.attempts + 1`,
          attempt.stationId,
          attempt.address,
          attempt.protocols,
          attempt.atMs,
          attempt.atMs,
        );
        await access.run(
          `DELETE FROM ocpp_unknown_stations WHERE station_id NOT IN
             (SELECT station_id FROM ocpp_unknown_stations ORDER BY last_seen_at_ms DESC, station_id LIMIT ?)`,
          limit,
        );
      }),
    listUnknownStations: () =>
      access.read(async () =>
        (
          await access.all(
            `SELECT station_id, address, protocols, first_seen_at_ms, last_seen_at_ms, attempts FROM ocpp_unknown_stations
             WHERE station_id NOT IN (SELECT station_id FROM stations) ORDER BY last_seen_at_ms DESC, station_id`,
          )
        ).map(readUnknownStationRow),
      ),
  } satisfies Partial<OcppStore>;
}

async function keysOf(access: Access, stationId: string) {
  return (
    await access.all("SELECT ordinal, key_sha256 FROM ocpp_keys WHERE station_id = ? ORDER BY ordinal", stationId)
  ).map(readKeyRow);
}
