import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

import ocppRpc from "ocpp-rpc";
import type serverClient from "ocpp-rpc/lib/server-client.js";
import type { IHandshakeInterface } from "ocpp-rpc/lib/server-client.js";

import type { OcppConfig } from "../../config/ocpp-settings.ts";
import type { Logger } from "../../observability/logger.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import { ocppProtocols, type OcppProtocol } from "../../store/ocpp.ts";
import type { StationHolds } from "../../replicas/station-holds.ts";
import type { Store } from "../../store/store.ts";
import type { Client } from "../../http/entrance/client-address.ts";
import type { Entrance } from "../../http/entrance/entrance.ts";
import { admitStation, certificateNameOf } from "./admit-station.ts";
import { attachStation, type AdmittedStation, type AttachDeps } from "./attach-station.ts";
import { createConnections, type Connections, type StationConnection } from "./connections.ts";
import type { OcppCounts } from "./counts.ts";
import type { Exchange } from "./exchange.ts";
import { openListeners } from "./listeners.ts";
import { createPacer } from "./pacer.ts";
import { createUnknownStations } from "./unknown-stations.ts";
import { createUpgradeGuard, refuseUpgrade } from "./upgrade-guard.ts";

export interface OcppDoorDeps {
  readonly store: Store;
  readonly stations: StationHolds;
  readonly exchange: Exchange;
  readonly counts: OcppCounts;
  readonly desk: OperatorDesk;
  readonly log: Logger;
  readonly now: () => number;
  readonly config: OcppConfig;
  readonly entrance: Entrance;
  /** Address of the listeners. */
  readonly host: string;
}

/** Where chargers connect. */
export interface OcppDoor {
  readonly connections: Connections;
  /** Without TLS and with it; `null` where it does not listen itself. */
  readonly urls: { readonly plain: string | null; readonly tls: string | null };
  /** Takes a request to upgrade of another server, which listens on `host` without TLS. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void;
  /** Takes no more connections, answers what was begun, and closes those that are open. */
  close(): Promise<void>;
}

const closeGraceMs = 5_000;
const closePollMs = 10;
const seenIntervalMs = 60_000;
const longestStationId = 48;
/** Where nobody but this machine can connect. */
const loopback = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|::1)$/;
/** Close codes of RFC 6455. */
const protocolError = 1002;
const policyViolation = 1008;
const goingAway = 1001;

/** @throws CONFIGURATION_INVALID if a certificate cannot be read or an address cannot be listened on */
export async function openOcppDoor(deps: OcppDoorDeps): Promise<OcppDoor> {
  const { store, stations, exchange, counts, desk, log, now, config, entrance, host } = deps;
  const { clients, watch } = entrance;
  const connections = createConnections();
  const unknownStations = createUnknownStations({ store, desk, now, limit: config.unknownStations });
  const attachDeps: AttachDeps = {
    exchange,
    pacer: createPacer(config.messagesPerSecond),
    counts,
    now,
    stationQueue: config.stationQueue,
    load: { waiting: 0 },
    queueLimit: config.queueLimit,
  };
  const arrivals = new WeakMap<IncomingMessage, { readonly isTls: boolean; readonly deadline: NodeJS.Timeout }>();
  const admitted = new WeakMap<IncomingMessage, AdmittedStation>();
  const isForThisMachine = loopback.test(host);

  const rpc = new ocppRpc.RPCServer({
    protocols: [...ocppProtocols],
    wssOptions: { maxPayload: config.payloadLimitBytes, perMessageDeflate: false },
    callTimeoutMs: config.callTimeoutMs,
    pingIntervalMs: config.pingIntervalMs,
    maxBadMessages: config.badMessages,
    respondWithDetailedErrors: false,
  });
  const guard = createUpgradeGuard({
    connections: config.connections,
    connectionsPerAddress: config.connectionsPerAddress,
    clients,
    onRefused: () => {
      counts.connections.refused += 1;
    },
    onFull: (address) => {
      watch.noteConnection("ocpp", "refused", address);
    },
  });

  rpc.auth((accept, reject, handshake) => {
    authenticate(accept, reject, handshake).catch((error: unknown) => {
      log.error({ err: error }, "ocpp-authentication");
      reject(503, "Service Unavailable");
    });
  });

  async function authenticate(
    accept: (session?: Record<string, unknown>, protocol?: string | false) => void,
    reject: (code: number, message: string) => void,
    handshake: IHandshakeInterface,
  ): Promise<void> {
    const { identity: stationId, request, protocols } = handshake;
    const client = clients.clientOf(request);
    const { address } = client;
    const hasKey = handshake.password !== undefined;
    const name = stationId.slice(0, longestStationId);
    if (hasKey && isGuessing(client, name)) {
      counts.connections.refused += 1;
      reject(429, "Too Many Requests");
      return;
    }
    const offered = [...protocols].join(",").slice(0, 100);
    const admission = await admitStation(store, {
      stationId,
      password: handshake.password ?? null,
      isTls: arrivals.get(request)?.isTls === true,
      certificateName: certificateNameOf(request.socket),
      // Through a proxy on this machine, everybody would come from this machine.
      isProfile0Allowed: config.isProfile0Allowed || (isForThisMachine && client.isOnThisMachine),
    });
    if (admission.kind !== "admitted") {
      counts.connections.refused += 1;
      log.info({ outcome: admission.kind, stationId: name, address }, "ocpp-connection");
      if (hasKey) watch.noteWrongKey("ocpp", client.key, name);
      if (admission.kind === "unknown") await unknownStations.note(stationId, client, offered);
      reject(admission.kind === "unknown" ? 404 : 401, admission.kind === "unknown" ? "Not Found" : "Unauthorized");
      return;
    }
    const { access, profile, key } = admission;
    // The order of the offer is the station's preference.
    const protocol = [...protocols].find(isOcppProtocol);
    if (protocol === undefined) {
      // OCPP-J wants the handshake completed without a subprotocol, and the connection closed at once.
      accept({}, false);
      return;
    }
    if (key !== null && access.keys.length > 1) await store.retireOlderKeys(stationId, key.ordinal);
    await store.noteStationSeen(stationId, { protocol, securityProfile: profile, atMs: now() });
    const connection = { protocol, securityProfile: profile, address, connectedAtMs: now() };
    const { epoch } = await stations.hold(stationId, connection);
    admitted.set(request, { access, protocol, profile, address, epoch });
    accept({}, protocol);
  }

  function isGuessing(client: Client, name: string): boolean {
    try {
      watch.admitKey(client.key, name);
      return false;
    } catch {
      // The watch has counted it and told the operator.
      return true;
    }
  }

  rpc.on("client", (client: serverClient.default) => {
    clearTimeout(arrivals.get(client.handshake.request)?.deadline);
    const station = admitted.get(client.handshake.request);
    // Without a listener, an error of the socket would end the process.
    client.on("socketError", () => undefined);
    if (station === undefined) {
      counts.connections.refused += 1;
      log.info({ outcome: "no-common-subprotocol", stationId: client.identity }, "ocpp-connection");
      client.close({ code: protocolError, reason: "No common subprotocol" }).catch(() => undefined);
      return;
    }
    const connection = attachStation(client, station, attachDeps);
    const { stationId, protocol, securityProfile, address } = connection;
    const older = connections.put(connection);
    counts.connections.open += 1;
    client.once("disconnect", ({ code }: { readonly code: number }) => {
      connections.remove(connection);
      stations.endConnection(connection).catch((error: unknown) => {
        log.warn({ stationId, err: error }, "ocpp-connection");
      });
      counts.connections.open -= 1;
      log.info({ outcome: "closed", stationId, code }, "ocpp-connection");
      noteSeen([connection]);
    });
    log.info({ outcome: "open", stationId, protocol, securityProfile, address }, "ocpp-connection");
    if (older !== undefined) {
      counts.connections.replaced += 1;
      older.close(policyViolation, "The station has connected anew");
    }
  });

  stations.onMoved((stationId) => {
    const moved = connections.find(stationId);
    if (moved === undefined) return;
    counts.connections.replaced += 1;
    moved.close(policyViolation, "The station has connected anew");
  });

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
  const seenTimer = setInterval(() => {
    noteSeen(connections.all());
  }, seenIntervalMs).unref();

  const sockets = new Set<Socket>();
  let isClosing = false;
  function takeUpgrade(isTls: boolean, request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (isClosing) {
      refuseUpgrade(socket, "503 Service Unavailable", "The service stops.");
      return;
    }
    // Whoever is let in by then is watched by pings.
    const deadline = setTimeout(() => socket.destroy(), entrance.config.headersTimeoutMs);
    sockets.add(socket);
    socket.once("close", () => {
      clearTimeout(deadline);
      sockets.delete(socket);
    });
    arrivals.set(request, { isTls, deadline });
    guard(rpc.handleUpgrade, request, socket, head);
  }

  const listeners = await openListeners(config, entrance, host, takeUpgrade).catch((error: unknown) => {
    clearInterval(seenTimer);
    throw error;
  });

  return {
    connections,
    urls: { plain: listeners.plainUrl, tls: listeners.tlsUrl },
    upgrade: (request, socket, head) => {
      takeUpgrade(false, request, socket, head);
    },
    async close() {
      isClosing = true;
      clearInterval(seenTimer);
      const closed = listeners.close();
      await exchange.settled();
      for (const connection of connections.all()) connection.close(goingAway, "The service stops");
      for (let waitedMs = 0; sockets.size > 0 && waitedMs < closeGraceMs; waitedMs += closePollMs) {
        await delay(closePollMs);
      }
      // Who does not answer the closing is gone already.
      for (const socket of sockets) socket.destroy();
      await rpc.close({ code: goingAway });
      await closed;
      await exchange.settled();
    },
  };
}

function isOcppProtocol(protocol: string): protocol is OcppProtocol {
  return ocppProtocols.some((known) => known === protocol);
}
