import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

import ocppRpc from "ocpp-rpc";
import type serverClient from "ocpp-rpc/lib/server-client.js";

import type { OcppConfig } from "../../config/ocpp-settings.ts";
import type { Logger } from "../../observability/logger.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import { ocppProtocols } from "../../store/ocpp.ts";
import type { StationHolds } from "../../replicas/station-holds.ts";
import type { Store } from "../../store/store.ts";
import type { Entrance } from "../../http/entrance/entrance.ts";
import { createStationAuthentication } from "./authenticate-station.ts";
import { createStationLines } from "./connect-station.ts";
import type { Connections } from "./connections.ts";
import type { OcppCounts } from "./counts.ts";
import type { Exchange } from "./exchange.ts";
import { createHandshakeAdmission } from "./handshake-admission.ts";
import { openListeners } from "./listeners.ts";
import { createPacer } from "./pacer.ts";
import { createUnknownStations } from "./unknown-stations.ts";
import { createUpgradeArrivals } from "./upgrade-arrivals.ts";
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
  /** Stations that wait for their turn to be let in. */
  readonly waiting: number;
  /** Without TLS and with it; `null` where it does not listen itself. */
  readonly urls: { readonly plain: string | null; readonly tls: string | null };
  /** Takes a request to upgrade of another server, which listens on `host` without TLS. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void;
  /** Takes no more connections, answers what was begun, and closes those that are open. */
  close(): Promise<void>;
}

/** How long stations have to close their connections when the service ends. */
const closeGraceMs = 5_000;
/** Close code of RFC 6455. */
const goingAway = 1001;

/** @throws CONFIGURATION_INVALID if a certificate cannot be read or an address cannot be listened on */
export async function openOcppDoor(deps: OcppDoorDeps): Promise<OcppDoor> {
  const { store, stations, exchange, counts, desk, log, now, config, entrance, host } = deps;
  const { clients, watch } = entrance;
  const arrivals = createUpgradeArrivals(entrance.config.headersTimeoutMs);
  const unknownStations = createUnknownStations({ store, desk, now, limit: config.unknownStations });
  const authentication = createStationAuthentication({
    ...{ store, stations, counts, log, now, config, entrance, host, arrivals, unknownStations },
  });
  const lines = createStationLines({
    ...{ store, stations, log },
    attach: {
      ...{ exchange, counts, now },
      pacer: createPacer(config.messagesPerSecond),
      stationQueue: config.stationQueue,
      load: { waiting: 0 },
      queueLimit: config.queueLimit,
    },
  });

  const rpc = new ocppRpc.RPCServer({
    protocols: [...ocppProtocols],
    wssOptions: { maxPayload: config.payloadLimitBytes, perMessageDeflate: false },
    callTimeoutMs: config.callTimeoutMs,
    pingIntervalMs: config.pingIntervalMs,
    maxBadMessages: config.badMessages,
    respondWithDetailedErrors: false,
  });
  const admission = createHandshakeAdmission({
    atOnce: config.handshakes,
    places: config.handshakeQueue,
    // A socket that is not let in by its deadline is destroyed.
    longestWaitMs: entrance.config.headersTimeoutMs / 2,
    elapsedMs: () => performance.now(),
    random: Math.random,
  });
  counts.connections.waiting = () => admission.waiting;
  const guard = createUpgradeGuard({
    connections: config.connections,
    connectionsPerAddress: config.connectionsPerAddress,
    clients,
    admission,
    onDeferred: () => {
      counts.connections.deferred += 1;
    },
    onRefused: () => {
      counts.connections.refused += 1;
    },
    onFull: (address) => {
      watch.noteConnection("ocpp", "refused", address);
    },
  });
  const decisions = new WeakMap<IncomingMessage, Promise<void>>();
  rpc.auth((accept, reject, handshake) => {
    decisions.set(handshake.request, authentication.decide({ accept, reject }, handshake));
  });
  rpc.on("client", (client: serverClient.default) => {
    const { request } = client.handshake;
    arrivals.endDeadline(request);
    lines.connect(client, authentication.stationOf(request));
  });

  let isClosing = false;
  /** Resolves when it is decided whether the station is let in. */
  async function upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    // It has waited for its turn.
    if (isClosing) {
      refuseStopping(socket);
      return;
    }
    await rpc.handleUpgrade(request, socket, head);
    await decisions.get(request);
  }

  function takeUpgrade(isTls: boolean, request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (isClosing) {
      refuseStopping(socket);
      return;
    }
    arrivals.note(request, socket, isTls);
    guard(upgrade, request, socket, head);
  }

  const listeners = await openListeners(config, entrance, host, takeUpgrade).catch((error: unknown) => {
    lines.stop();
    throw error;
  });

  return {
    connections: lines.connections,
    get waiting() {
      return admission.waiting;
    },
    urls: { plain: listeners.plainUrl, tls: listeners.tlsUrl },
    upgrade: (request, socket, head) => {
      takeUpgrade(false, request, socket, head);
    },
    async close() {
      isClosing = true;
      lines.stop();
      const closed = listeners.close();
      await exchange.settled();
      lines.goAway();
      await arrivals.closed(closeGraceMs);
      await rpc.close({ code: goingAway });
      await closed;
      await exchange.settled();
    },
  };
}

function refuseStopping(socket: Socket): void {
  refuseUpgrade(socket, "503 Service Unavailable", "The service stops.");
}
