import type { IncomingMessage } from "node:http";

import type { IHandshakeInterface } from "ocpp-rpc/lib/server-client.js";

import type { OcppConfig } from "../../config/ocpp-settings.ts";
import type { Client } from "../../http/entrance/client-address.ts";
import type { Entrance } from "../../http/entrance/entrance.ts";
import type { Logger } from "../../observability/logger.ts";
import type { StationHolds } from "../../replicas/station-holds.ts";
import { ocppProtocols, type OcppProtocol } from "../../store/ocpp.ts";
import type { Store } from "../../store/store.ts";
import { admitStation, certificateNameOf } from "./admit-station.ts";
import type { AdmittedStation } from "./attach-station.ts";
import type { OcppCounts } from "./counts.ts";
import type { UnknownStations } from "./unknown-stations.ts";
import type { UpgradeArrivals } from "./upgrade-arrivals.ts";

/** Answers of ocpp-rpc to a request to upgrade. */
export interface HandshakeAnswer {
  readonly accept: (session?: Record<string, unknown>, protocol?: string | false) => void;
  readonly reject: (code: number, message: string) => void;
}

/** Decides on every request to upgrade, and remembers which stations were let in. */
export interface StationAuthentication {
  /** Answers in every case; a fault of ours with 503. */
  decide(answer: HandshakeAnswer, handshake: IHandshakeInterface): Promise<void>;
  /** The station of a request that was let in; `undefined` if it offered no subprotocol that we speak. */
  stationOf(request: IncomingMessage): AdmittedStation | undefined;
}

const longestStationId = 48;
const longestOffer = 100;
/** Where nobody but this machine can connect. */
const loopback = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|::1)$/;

/** @param deps.host Address of the listeners. */
export function createStationAuthentication(deps: {
  readonly store: Store;
  readonly stations: StationHolds;
  readonly counts: OcppCounts;
  readonly log: Logger;
  readonly now: () => number;
  readonly config: OcppConfig;
  readonly entrance: Entrance;
  readonly host: string;
  readonly arrivals: Pick<UpgradeArrivals, "isTls">;
  readonly unknownStations: UnknownStations;
}): StationAuthentication {
  const { store, stations, counts, log, now, config, entrance, arrivals, unknownStations } = deps;
  const { clients, watch } = entrance;
  const isForThisMachine = loopback.test(deps.host);
  const admitted = new WeakMap<IncomingMessage, AdmittedStation>();

  function isGuessing(client: Client, name: string): boolean {
    try {
      watch.admitKey(client.key, name);
      return false;
    } catch {
      // The watch has counted it and told the operator.
      return true;
    }
  }

  async function authenticate({ accept, reject }: HandshakeAnswer, handshake: IHandshakeInterface): Promise<void> {
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
    const offered = [...protocols].join(",").slice(0, longestOffer);
    const admission = await admitStation(store, {
      stationId,
      password: handshake.password ?? null,
      isTls: arrivals.isTls(request),
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

  return {
    async decide(answer, handshake) {
      try {
        await authenticate(answer, handshake);
      } catch (error) {
        log.error({ err: error }, "ocpp-authentication");
        answer.reject(503, "Service Unavailable");
      }
    },
    stationOf: (request) => admitted.get(request),
  };
}

function isOcppProtocol(protocol: string): protocol is OcppProtocol {
  return ocppProtocols.some((known) => known === protocol);
}
