import { BlockList } from "node:net";

import { createEntrance, type Entrance, type EntranceConfig } from "../../services/http/entrance/entrance.ts";
import { readNetworks } from "../../services/http/entrance/ip-address.ts";
import type { Alert } from "../../services/observability/alerts.ts";
import { createMetrics, type Metrics } from "../../services/observability/metrics.ts";

/** Wide enough that no test is kept out by it. */
export const testEntranceConfig: EntranceConfig = {
  connections: 4_096,
  connectionsPerAddress: 1_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveMs: 5_000,
  trustedProxies: new BlockList(),
  proxyWord: "x-forwarded-for",
  wrongKeysPerMinute: 1_000,
  requestsPerMinute: 6_000,
  watchers: 500,
  watchersPerClient: 20,
  readersRpcUrl: null,
  readsPerMinute: 6_000,
  peers: { requestsPerMinute: 6_000, bytesPerDay: 2 ** 40 },
};

/** An entrance and what it told the operator. */
export interface TestEntrance {
  readonly entrance: Entrance;
  readonly metrics: Metrics;
  readonly alerts: { readonly alert: Alert; readonly details: Readonly<Record<string, unknown>> }[];
}

export function createTestEntrance(config: Partial<EntranceConfig> = {}, now: () => number = Date.now): TestEntrance {
  const metrics = createMetrics();
  const alerts: TestEntrance["alerts"] = [];
  const desk = {
    alert(alert: Alert, details: Readonly<Record<string, unknown>>) {
      alerts.push({ alert, details });
    },
  };
  const entrance = createEntrance({ config: { ...testEntranceConfig, ...config }, desk, metrics, elapsedMs: now });
  return { entrance, metrics, alerts };
}

/** @throws if it is no list of networks */
export function networks(text: string): BlockList {
  const read = readNetworks(text);
  if (read === null) throw new RangeError(text);
  return read;
}
