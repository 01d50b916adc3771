import { createCreditReader } from "../chain/credit-reader.ts";
import type { Relays } from "../chain/open-relays.ts";
import { createReadOnlyChain } from "../chain/read-only-chain.ts";
import { createHttpRpc } from "../chain/rpc.ts";
import { reconsiderSession } from "../charging/assess-session.ts";
import { createSessionCanceller } from "../charging/cancel-session.ts";
import { findObstacleAtEvse, findUnserved } from "../charging/evse-availability.ts";
import { createSessionStopper } from "../charging/stop-session.ts";
import type { HttpDoor } from "../http/door.ts";
import { driverDoors } from "../http/driver/doors.ts";
import { createSessionViewers } from "../http/driver/session-viewers.ts";
import { operatorDoors } from "../http/operator/doors.ts";
import { createOperators, type Operators } from "../http/operator/operators.ts";
import { peerDoors } from "../http/peer/doors.ts";
import { publicDoors } from "../http/public/doors.ts";
import { createReadiness } from "../http/public/health.ts";
import { createFeed } from "../http/public/open-data/feed.ts";
import { createPageFiles } from "../http/public/serve-page.ts";
import { createApiDoor } from "../http/public/show-api.ts";
import { openHttpServer, type HttpServer } from "../http/server.ts";
import { stationDoors } from "../http/station/doors.ts";
import { refuseUpgrade } from "../ocpp/wire/upgrade-guard.ts";
import { readVersion } from "../version.ts";
import type { CardPayments } from "./card-payments.ts";
import type { Charging } from "./charging.ts";
import type { Dossiers } from "./dossiers.ts";
import type { Evidence } from "./evidence.ts";
import type { Invoices } from "./invoices.ts";
import type { Foundation, ServiceOptions } from "./foundation.ts";
import type { Settlement } from "./settlement.ts";

/** Everything that the doors ask. */
export interface Rooms {
  readonly foundation: Foundation;
  readonly evidence: Evidence;
  readonly charging: Charging;
  readonly cardPayments: CardPayments;
  readonly settlement: Settlement;
  readonly dossiers: Dossiers;
  readonly invoices: Invoices;
  readonly relays: Relays;
  readonly stopper: ServiceOptions["stopper"];
}

/** A relayed opening waits for two blocks and what the chain's endpoint takes. */
const leastAnswerMs = 90_000;
/** Events of a thousand sessions have 1 MB. */
const readersAnswerLimitBytes = 4_194_304;

/**
 * Opens the HTTP port.
 * @param streamSignal Ends the streams of events, which would hold the port open.
 * @throws CONFIGURATION_INVALID if the address cannot be listened on
 */
export async function openDoors(rooms: Rooms, streamSignal: AbortSignal): Promise<HttpServer> {
  const { foundation, evidence, charging, settlement } = rooms;
  const { config, pageSettings } = foundation;
  const { stationMessagesPerSecond, queueLimit } = config;
  const { ocpp } = charging;
  const doors: readonly HttpDoor[] = [
    ...stationDoors({ ...foundation, ...evidence, stationMessagesPerSecond, queueLimit }),
    ...peerDoors({
      ...foundation,
      peers: config.quorumPeers,
      signer: settlement.signer,
      loweringSigner: settlement.loweringSigner,
      dossierSigner: rooms.dossiers.signer,
      statementSigner: rooms.dossiers.statementSigner,
    }),
    ...publicDoors(publicDeps(rooms, streamSignal)),
    ...driverDoors(driverDeps(rooms)),
    ...operatorDoors(operatorDeps(rooms)),
  ];
  const deps = {
    ...{ ...foundation, doors: [...doors, createApiDoor(readVersion(), doors)] },
    serveFiles: createPageFiles(pageSettings, await hasOperators(foundation)),
    // Of what a handler waits for, a charger's answer takes longest.
    answerTimeoutMs: Math.max(leastAnswerMs, config.ocpp.callTimeoutMs * 2),
    upgrade: (...asked: Parameters<typeof ocpp.door.upgrade>) => {
      // Where chargers have a port of their own, this one is not for them.
      if (config.ocpp.port === null) ocpp.door.upgrade(...asked);
      else refuseUpgrade(asked[1], "404 Not Found", "Chargers have a port of their own.");
    },
  };
  return openHttpServer(deps, config.host, config.port);
}

function publicDeps(
  { foundation, evidence, charging, settlement, relays, dossiers }: Rooms,
  signal: AbortSignal,
): Parameters<typeof publicDoors>[0] {
  const { config, store, chain, pageSettings } = foundation;
  // What strangers ask must not use up what settlement needs of its endpoint.
  const url = config.entrance.readersRpcUrl ?? config.rpcUrl;
  const rpc = createHttpRpc(url, config.rpcTimeoutMs, foundation.signal, readersAnswerLimitBytes);
  return {
    ...{ ...foundation, signal },
    viewers: createSessionViewers({ store, operators: operatorsOf(foundation) }),
    receipts: settlement.receipts,
    meters: evidence.meters,
    sales: dossiers,
    readiness: [...createReadiness({ store, chain, relay: relays.desk }), ...settlement.checks],
    settings: pageSettings,
    pageOrigin: config.pageOrigin,
    connections: charging.ocpp.door.connections,
    readFeed:
      config.openData === null
        ? null
        : createFeed({ ...foundation, ...evidence, ...config, party: config.openData, presence: charging.calls }),
    readersChain: config.hasPageRpc ? createReadOnlyChain(rpc) : null,
  };
}

function driverDeps(rooms: Rooms): Parameters<typeof driverDoors>[0] {
  const { foundation, evidence, charging, relays, stopper } = rooms;
  const { store, config } = foundation;
  const { book, assessor, calls } = charging;
  const acting = { ...foundation, book, connections: calls };
  return {
    ...{ ...foundation, ...evidence },
    openingsPerMinute: config.openingsPerMinute,
    screenCodes: charging.screenCodes,
    viewers: createSessionViewers({ store, operators: operatorsOf(foundation) }),
    hasMail: rooms.invoices.hasMail,
    cardDesk: rooms.cardPayments.desk,
    cardNoticeSecret: rooms.cardPayments.noticeSecret,
    relay: relays.openings,
    orders: relays.orders,
    passkeys: relays.passkeys,
    pageOrigin: config.pageOrigin,
    relayDesk: relays.desk,
    receipts: rooms.settlement.receipts,
    stopper: stopper ?? createSessionStopper(acting),
    canceller: createSessionCanceller({ ...foundation, releases: relays.releases }),
    findObstacle: (evse) => findObstacleAtEvse(acting, evse),
    findUnserved: (terms) => findUnserved({ store, meters: evidence.meters }, terms),
    reconsider: (sessionId) => reconsiderSession({ store, book, assessor }, sessionId),
  };
}

/** Whether there is a key, so that a page that asks for one is of use. */
async function hasOperators({ store, config }: Foundation): Promise<boolean> {
  if (config.operatorKey !== null) return true;
  return (await store.listOperatorKeys()).some(({ revokedAtMs }) => revokedAtMs === null);
}

function operatorsOf({ store, config }: Foundation): Operators {
  return createOperators({ store, operatorKey: config.operatorKey });
}

function operatorDeps({
  foundation,
  evidence,
  charging,
  settlement,
  relays,
  dossiers,
  cardPayments,
}: Rooms): Parameters<typeof operatorDoors>[0] {
  const { chain, confirmations, pageSettings, desk } = foundation;
  const { chainId, chainName } = pageSettings;
  return {
    ...{ ...foundation, ...evidence },
    operators: operatorsOf(foundation),
    dossiers,
    ...{ statementSigner: dossiers.statementSigner, sales: dossiers, evidence: dossiers.evidence },
    cardDesk: cardPayments.desk,
    commands: charging.calls,
    connections: charging.calls,
    possessions: charging.possessions,
    setUp: charging.setUp,
    screenCodes: charging.screenCodes,
    retryParked: (stationId) => charging.ocpp.retryParked(stationId),
    follower: settlement.follower,
    vehicles: relays.vehicles,
    credits: createCreditReader(foundation),
    alerts: desk.remembered,
    service: { chainId, chainName, oracle: chain.oracle, confirmations },
    settlementAddress: pageSettings.contracts.chargingSettlement,
  };
}
