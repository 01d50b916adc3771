import type { StationPresence } from "../../services/ocpp/station-presence.ts";
import { createConnections, type Connections } from "../../services/ocpp/wire/connections.ts";

/** The stations of one replica, where there is no other; by default none. */
export function localPresence(connections: Connections = createConnections()): StationPresence {
  return {
    find: (stationId) => Promise.resolve(connections.find(stationId) ?? null),
    count: () => Promise.resolve(connections.size),
  };
}
