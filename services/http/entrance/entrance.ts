import type { EntranceConfig } from "../../config/entrance-settings.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import { createClientAddresses, type ClientAddresses } from "./client-address.ts";
import { createDoorWatch, type DoorWatch } from "./door-watch.ts";

export type { EntranceConfig };

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
  /** Milliseconds since whenever, by a clock that never steps. */
  readonly elapsedMs: () => number;
}): Entrance {
  const { config } = deps;
  return {
    config,
    clients: createClientAddresses(config),
    watch: createDoorWatch({ ...deps, wrongKeysPerMinute: config.wrongKeysPerMinute }),
  };
}
