import type { OcppConfig } from "../../config/ocpp-settings.ts";
import type { Logger } from "../../observability/logger.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { Store } from "../../store/store.ts";
import type { Entrance } from "../../http/entrance/entrance.ts";
import { createStationCommands, type StationCommands } from "../commands.ts";
import { createOcppCounts } from "./counts.ts";
import { createExchange } from "./exchange.ts";
import { createFramePump, type FrameInbox } from "./frame-pump.ts";
import type { IdTokenPolicy } from "../id-token-policy.ts";
import { openOcppDoor, type OcppDoor } from "./ocpp-door.ts";
import { createPayloadSchemas } from "../schemas.ts";

export interface OcppDeps {
  readonly store: Store;
  readonly policy: IdTokenPolicy;
  /** The next layer; without one, frames stay on disk until there is one. */
  readonly inbox: FrameInbox | null;
  readonly desk: OperatorDesk;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now: () => number;
  readonly config: OcppConfig;
  readonly entrance: Entrance;
  /** Address of the listeners. */
  readonly host: string;
}

/** Everything that speaks OCPP. */
export interface Ocpp {
  readonly door: OcppDoor;
  readonly commands: StationCommands;
  /** Resolves when every frame that is on disk by now was handed on or set aside; of one station, where that is named. */
  handedOn(stationId?: string): Promise<void>;
  /** Closes the door, then stops handing on; what was not handed on is at the next start. */
  close(): Promise<void>;
}

/** Opens the door for chargers. @throws CONFIGURATION_INVALID */
export async function openOcpp(deps: OcppDeps): Promise<Ocpp> {
  const { store, policy, inbox, desk, metrics, log, now, config, entrance, host } = deps;
  const stop = new AbortController();
  const pump = inbox === null ? null : createFramePump({ store, inbox, desk, now });
  const counts = createOcppCounts(metrics.registry);
  const schemas = createPayloadSchemas();
  const exchange = createExchange({
    store,
    schemas,
    policy,
    desk,
    counts,
    now,
    heartbeatSeconds: config.heartbeatSeconds,
    onStored: (frame, payload) => pump?.offer(frame, payload),
  });
  const door = await openOcppDoor({ store, exchange, counts, desk, log, now, config, entrance, host });
  const pumping = pump?.run(stop.signal);

  return {
    door,
    commands: createStationCommands({ store, connections: door.connections, schemas, log, now }),
    handedOn: (stationId) => pump?.settled(stationId) ?? Promise.resolve(),
    async close() {
      await door.close();
      stop.abort();
      await pumping;
    },
  };
}
