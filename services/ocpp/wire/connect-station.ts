import type serverClient from "ocpp-rpc/lib/server-client.js";

import type { Logger } from "../../observability/logger.ts";
import type { StationHolds } from "../../replicas/station-holds.ts";
import type { Store } from "../../store/store.ts";
import { attachStation, type AdmittedStation, type AttachDeps } from "./attach-station.ts";
import { createConnections, type Connections, type StationConnection } from "./connections.ts";

/** The connections of stations that were let in, from the first message to the end. */
export interface StationLines {
  readonly connections: Connections;
  /** Connects a station; `undefined`: it offered no subprotocol that we speak, and the connection is closed. */
  connect(client: serverClient.default, station: AdmittedStation | undefined): void;
  /** Closes every connection. */
  goAway(): void;
  /** Stops writing down when stations were seen. */
  stop(): void;
}

/** How often it is written down when a connected station was last heard of. */
const seenIntervalMs = 60_000;
/** Close codes of RFC 6455. */
const goingAway = 1001;
const protocolError = 1002;
const policyViolation = 1008;

export function createStationLines(deps: {
  readonly store: Pick<Store, "noteStationSeen">;
  readonly stations: Pick<StationHolds, "endConnection" | "onMoved">;
  readonly log: Logger;
  readonly attach: AttachDeps;
}): StationLines {
  const { store, stations, log, attach } = deps;
  const { counts } = attach;
  const connections = createConnections();

  function noteSeen(seen: Iterable<StationConnection>): void {
    for (const connection of seen) {
      const { stationId, protocol, securityProfile, lastSeenAtMs } = connection;
      store.noteStationSeen(stationId, { protocol, securityProfile, atMs: lastSeenAtMs }).then(
        (isRegistered) => {
          if (!isRegistered) connection.close(policyViolation, "The station is not registered any more");
        },
        (error: unknown) => {
          log.warn({ stationId, err: error }, "ocpp-last-seen");
        },
      );
    }
  }

  function replace(older: StationConnection | undefined): void {
    if (older === undefined) return;
    counts.connections.replaced += 1;
    older.close(policyViolation, "The station has connected anew");
  }

  function end(connection: StationConnection, code: number): void {
    const { stationId } = connection;
    connections.remove(connection);
    stations.endConnection(connection).catch((error: unknown) => {
      log.warn({ stationId, err: error }, "ocpp-connection");
    });
    counts.connections.open -= 1;
    log.info({ outcome: "closed", stationId, code }, "ocpp-connection");
    noteSeen([connection]);
  }

  stations.onMoved((stationId) => {
    replace(connections.find(stationId));
  });
  const seenTimer = setInterval(() => {
    noteSeen(connections.all());
  }, seenIntervalMs).unref();

  return {
    connections,
    connect(client, station) {
      // Without a listener, an error of the socket would end the process.
      client.on("socketError", () => undefined);
      if (station === undefined) {
        counts.connections.refused += 1;
        log.info({ outcome: "no-common-subprotocol", stationId: client.identity }, "ocpp-connection");
        client.close({ code: protocolError, reason: "No common subprotocol" }).catch(() => undefined);
        return;
      }
      const connection = attachStation(client, station, attach);
      const { stationId, protocol, securityProfile, address } = connection;
      const older = connections.put(connection);
      counts.connections.open += 1;
      client.once("disconnect", ({ code }: { readonly code: number }) => {
        end(connection, code);
      });
      log.info({ outcome: "open", stationId, protocol, securityProfile, address }, "ocpp-connection");
      replace(older);
    },
    goAway() {
      for (const connection of connections.all()) connection.close(goingAway, "The service stops");
    },
    stop() {
      clearInterval(seenTimer);
    },
  };
}
