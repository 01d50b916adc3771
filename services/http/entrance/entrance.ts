import type { BlockList } from "node:net";

import type { Metrics } from "../../observability/metrics.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import { createClientAddresses, type ClientAddresses, type ProxyWord } from "./client-address.ts";
import { createDoorWatch, type DoorWatch } from "./door-watch.ts";

/** What one oracle may ask of another. */
export interface PeerLimits {
  readonly requestsPerMinute: number;
  readonly bytesPerDay: number;
}

/** How many may wait at the doors, for how long, and through whom they come. */
export interface EntranceConfig {
  /** Sockets of one port that carry no websocket. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly trustedProxies: BlockList;
  readonly proxyWord: ProxyWord;
  readonly wrongKeysPerMinute: number;
  readonly requestsPerMinute: number;
  readonly watchers: number;
  readonly watchersPerClient: number;
  /** Endpoint for what the driver's page reads; `null`: the settlement's. */
  readonly readersRpcUrl: string | null;
  readonly readsPerMinute: number;
  readonly peers: PeerLimits;
}

/** What all doors have in common: who a client is, and what is kept out. */
export interface Entrance {
  readonly config: EntranceConfig;
  readonly clients: ClientAddresses;
  readonly watch: DoorWatch;
}

export function createEntrance(deps: {
  readonly config: EntranceConfig;
  readonly desk: Pick<OperatorDesk, "alert">;
  readonly metrics: Metrics;
  readonly now: () => number;
}): Entrance {
  const { config } = deps;
  return {
    config,
    clients: createClientAddresses(config),
    watch: createDoorWatch({ ...deps, wrongKeysPerMinute: config.wrongKeysPerMinute }),
  };
}
