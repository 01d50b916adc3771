import ocppRpc from "ocpp-rpc";

import { WattproofError } from "../errors.ts";
import type { Logger } from "../observability/logger.ts";
import type { Store } from "../store/store.ts";
import { actionsOf } from "./actions.ts";
import type { Connections, StationConnection } from "./wire/connections.ts";
import { hasTakenKey, newKeyOf } from "./wire/key-change.ts";
import { isJsonRecord } from "./payload.ts";
import { checkRequest, checkResponse, hasRequest } from "./schemas.ts";
import { stationKeySha256Of } from "./wire/station-key.ts";

/** Calls stations. */
export interface StationCommands {
  /**
   * Calls the action of a station that is connected, and resolves with its answer as it is.
   * @throws STATION_UNKNOWN, STATION_OFFLINE, OCPP_ACTION_UNKNOWN, OCPP_PAYLOAD_INVALID, STATION_BUSY,
   * STATION_KEYS_PENDING, STATION_TIMEOUT, and STATION_REFUSED for a CALLERROR
   */
  callStation(stationId: string, action: string, payload: unknown): Promise<unknown>;
}

/** Calls that may wait for one station; it takes one after the other. */
const pendingLimit = 16;
/** What the security whitepaper and 2.x ask of a key at least, in characters. */
const keyLeast = 16;

export function createStationCommands(deps: {
  readonly store: Pick<Store, "findStation" | "addStationKey" | "removeStationKey">;
  readonly connections: Connections;
  readonly log: Logger;
  readonly now: () => number;
}): StationCommands {
  const { store, connections, log, now } = deps;

  async function handOutKey(stationId: string, key: string): Promise<number> {
    if (key.length < keyLeast) {
      throw new WattproofError("OCPP_PAYLOAD_INVALID", `A key has at least ${keyLeast} characters.`);
    }
    // Before it is sent: the station may use it from the moment in which it has it.
    const ordinal = await store.addStationKey(stationId, stationKeySha256Of(key), now());
    if (ordinal === null) {
      throw new WattproofError("STATION_KEYS_PENDING", "The station has to connect with its last new key first.");
    }
    return ordinal;
  }

  async function call(connection: StationConnection, action: string, payload: object): Promise<unknown> {
    if (connection.pendingCalls >= pendingLimit) {
      throw new WattproofError("STATION_BUSY", `${pendingLimit} commands wait for the station.`);
    }
    connection.pendingCalls += 1;
    try {
      return await connection.call(action, payload);
    } catch (error) {
      throw commandError(error);
    } finally {
      connection.pendingCalls -= 1;
    }
  }

  return {
    async callStation(stationId, action, payload) {
      const connection = connections.find(stationId);
      if (connection === undefined) {
        if ((await store.findStation(stationId)) === null) {
          throw new WattproofError("STATION_UNKNOWN", "No station of this id is registered.");
        }
        throw new WattproofError("STATION_OFFLINE", "The station is not connected over OCPP.");
      }
      const { protocol } = connection;
      if (!actionsOf(protocol).fromService.has(action) || !hasRequest(protocol, action)) {
        throw new WattproofError("OCPP_ACTION_UNKNOWN", `The station speaks ${protocol}.`);
      }
      if (!isJsonRecord(payload)) throw new WattproofError("OCPP_PAYLOAD_INVALID", "The payload is a JSON object.");
      const faults = checkRequest(protocol, action, payload);
      if (faults !== null) throw new WattproofError("OCPP_PAYLOAD_INVALID", faults.map(({ text }) => text).join("; "));

      const key = newKeyOf(action, payload);
      const keyOrdinal = key === null ? null : await handOutKey(stationId, key);
      let isTaken = false;
      try {
        const answer = await call(connection, action, payload);
        isTaken = hasTakenKey(action, answer);
        const answerFaults = checkResponse(protocol, action, answer);
        log.info({ stationId, action, outcome: "answered", faults: answerFaults?.map(({ text }) => text) }, "command");
        return answer;
      } catch (error) {
        // Only a station that says no has certainly not taken the key.
        isTaken = !(error instanceof WattproofError && error.code === "STATION_REFUSED");
        log.info({ stationId, action, outcome: error instanceof WattproofError ? error.code : "failed" }, "command");
        throw error;
      } finally {
        if (keyOrdinal !== null && !isTaken) await store.removeStationKey(stationId, keyOrdinal);
      }
    },
  };
}

function commandError(error: unknown): WattproofError {
  if (error instanceof ocppRpc.TimeoutError) {
    return new WattproofError("STATION_TIMEOUT", "The station did not answer in time.", { cause: error });
  }
  if (error instanceof ocppRpc.RPCError) {
    const { rpcErrorCode, message } = error;
    const details = "details" in error && isJsonRecord(error.details) ? JSON.stringify(error.details) : "{}";
    return new WattproofError("STATION_REFUSED", `${rpcErrorCode}: ${message} ${details}`.slice(0, 1_000), {
      cause: error,
    });
  }
  return new WattproofError("STATION_OFFLINE", "The connection to the station has ended.", { cause: error });
}
