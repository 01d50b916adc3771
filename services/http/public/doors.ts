import type { ReadOnlyChain } from "../../chain/read-only-chain.ts";
import type { OcpiVersion } from "../../domain/ocpi/tariff-document.ts";
import type { MeterDirectory } from "../../evidence/meter-directory.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { ReceiptWriter } from "../../settlement/receipt.ts";
import type { Connections } from "../../ocpp/wire/connections.ts";
import type { Store } from "../../store/store.ts";
import type { HttpDoor } from "../door.ts";
import type { SessionViewers } from "../driver/session-viewers.ts";
import { createClientLimit } from "../entrance/client-limit.ts";
import type { Entrance } from "../entrance/entrance.ts";
import { createChainProxy } from "./chain-proxy.ts";
import { createDossierSaleDoor, type DossierSaleDeps } from "./dossier-sales.ts";
import { showHealth, showMetrics, showReadiness, type ReadinessCheck } from "./health.ts";
import { openDataDoors } from "./open-data/doors.ts";
import type { Feed } from "./open-data/feed.ts";
import { showPageSettings, type PageSettings } from "./page-configuration.ts";
import { createSessionEventsHandler } from "./session-events.ts";
import { showSites, type Site } from "./sites.ts";
import { listInvoices, showTransparencyFile } from "./invoices.ts";
import { listSessions, showReceipt, showSession } from "./sessions.ts";

/** What anybody may ask. Of sessions everybody sees what the chain shows; who sends a key of the session sees all. */
export function publicDoors(deps: {
  readonly store: Store;
  readonly viewers: SessionViewers;
  readonly receipts: ReceiptWriter;
  readonly meters: Pick<MeterDirectory, "readMeter">;
  readonly sales: DossierSaleDeps;
  readonly readiness: readonly ReadinessCheck[];
  readonly metrics: Metrics;
  readonly settings: PageSettings;
  readonly sites: readonly Site[];
  /** Where drivers find the page; `null`: nobody said. */
  readonly pageOrigin: string | null;
  readonly connections: Connections;
  /** Reads what is open to anybody as OCPI; `null`: the operator does not show it. */
  readonly readFeed: ((version: OcpiVersion) => Promise<Feed>) | null;
  /** `null`: the page may not read the chain through the service. */
  readonly readersChain: ReadOnlyChain | null;
  readonly entrance: Entrance;
  readonly now: () => number;
  /** Ends the streams. */
  readonly signal: AbortSignal;
}): readonly HttpDoor[] {
  const { store, viewers, metrics, readersChain, entrance, now } = deps;
  const session = "/v1/sessions/:sessionId";
  const dossierLimit = createClientLimit(entrance, now, "dossiers", entrance.config.requestsPerMinute);
  const doors: readonly HttpDoor[] = [
    { path: "/v1/sessions", method: "GET", handler: listSessions(store, viewers) },
    { path: session, method: "GET", handler: showSession(store, viewers) },
    { path: `${session}/events`, method: "GET", handler: createSessionEventsHandler(deps) },
    { path: "/v1/receipts/:sessionId", method: "GET", handler: showReceipt(deps.receipts) },
    { path: "/v1/receipts/:sessionId/invoices", method: "GET", handler: listInvoices(store) },
    {
      path: "/v1/receipts/:sessionId/transparency.xml",
      method: "GET",
      handler: showTransparencyFile(deps),
    },
    createDossierSaleDoor(deps.sales, { limit: dossierLimit, pageOrigin: deps.pageOrigin }),
    { path: "/v1/health", method: "GET", handler: showHealth() },
    { path: "/v1/ready", method: "GET", handler: showReadiness(deps.readiness) },
    { path: "/metrics", method: "GET", handler: showMetrics(metrics, store, now) },
    { path: "/v1/sites", method: "GET", handler: showSites(deps) },
    { path: "/configuration.json", method: "GET", handler: showPageSettings(deps.settings) },
  ];
  const feedLimit = createClientLimit(entrance, now, "open-data", entrance.config.requestsPerMinute);
  const { readFeed, pageOrigin } = deps;
  const openData = readFeed === null ? [] : openDataDoors({ readFeed, pageOrigin, limit: feedLimit, now });
  if (readersChain === null) return [...doors, ...openData];
  return [...doors, ...openData, { path: "/rpc", method: "POST", handler: createChainProxy(readersChain, deps) }];
}
