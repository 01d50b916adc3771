import type { Express } from "express";

import type { DriverOrders } from "../../chain/driver-orders.ts";
import type { OpeningRelay } from "../../chain/opening-relay.ts";
import type { ReadOnlyChain } from "../../chain/read-only-chain.ts";
import type { SessionTerms } from "../../domain/terms.ts";
import { createClientLimit } from "../entrance/client-limit.ts";
import type { Entrance } from "../entrance/entrance.ts";
import type { HttpDoor } from "../server.ts";
import type { SessionViewers } from "../driver/session-viewers.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { RelayDesk } from "../../relay/relay-desk.ts";
import type { Store } from "../../store/store.ts";
import type { TariffDirectory } from "../../evidence/tariff-directory.ts";
import { createChainProxy } from "./chain-proxy.ts";
import { createDriverOrdersHandler } from "../driver/driver-orders.ts";
import { showEvseTariffs } from "../driver/evse-tariffs.ts";
import { createOpeningsHandler } from "../driver/openings.ts";
import { showPageSettings, type PageSettings } from "./page-configuration.ts";
import { readPageFiles } from "./page-files.ts";
import { createRelayedCallHandler } from "../driver/relayed-calls.ts";
import { servePage } from "./serve-page.ts";
import { createSessionEventsHandler } from "../driver/session-events.ts";
import { createStopHandler, type ChargeStopper } from "../driver/stop-charging.ts";

/** Everything the driver's page needs of the service. */
export function createWebDoors(deps: {
  readonly store: Store;
  readonly settings: PageSettings;
  readonly chain: ReadOnlyChain | null;
  readonly relay: OpeningRelay | null;
  readonly orders: DriverOrders | null;
  readonly relayDesk: RelayDesk | null;
  readonly stopper: ChargeStopper | null;
  readonly hasOperatorPage: boolean;
  readonly openingsPerMinute: number;
  readonly entrance: Entrance;
  readonly viewers: SessionViewers;
  readonly metrics: Metrics;
  readonly findObstacle: (evse: number) => Promise<string | null>;
  readonly findUnserved: (terms: SessionTerms) => Promise<string | null>;
  readonly tariffs: Pick<TariffDirectory, "findRefusal" | "listOffers">;
  readonly now: () => number;
  /** Ends the streams. */
  readonly signal: AbortSignal;
}): { readonly doors: readonly HttpDoor[]; serveFiles(application: Express): void } {
  const { store, settings, chain, stopper, entrance, now } = deps;
  const asking = createClientLimit(entrance, now, "requests", entrance.config.requestsPerMinute);
  const doors: HttpDoor[] = [
    { path: "/configuration.json", method: "GET", handler: showPageSettings(settings) },
    { path: "/v1/evses/:evse/tariffs", method: "GET", handler: showEvseTariffs(deps) },
    { path: "/v1/openings", method: "POST", handler: createOpeningsHandler(deps) },
    { path: "/v1/relayed-calls/:callId", method: "GET", handler: createRelayedCallHandler(deps.relayDesk) },
    { path: "/v1/driver-orders", method: "POST", handler: createDriverOrdersHandler(deps) },
    { path: "/v1/sessions/:sessionId/events", method: "GET", handler: createSessionEventsHandler(deps) },
    {
      path: "/v1/sessions/:sessionId/stop",
      method: "POST",
      handler: createStopHandler({ store, chainId: settings.chainId, stopper, limit: asking }),
    },
  ];
  if (chain !== null)
    doors.push({
      path: "/rpc",
      method: "POST",
      handler: createChainProxy(chain, { entrance, now }),
    });
  const files = readPageFiles();
  const { developmentWallet } = settings;
  const connectOrigins = developmentWallet === null ? [] : [new URL(developmentWallet.rpcUrl).origin];

  return {
    doors,
    serveFiles(application) {
      servePage(application, files, { connectOrigins, hasOperatorPage: deps.hasOperatorPage });
    },
  };
}
