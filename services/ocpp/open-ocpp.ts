/*
 * The room of OCPP.
 *
 * What comes in: frames of charging stations over websockets, in OCPP 1.6, 2.0.1 and 2.1, and calls to stations from the
 * rest of the service (`commands.ts`).
 *
 * What is guaranteed: a station gets its answer only after its frame is on disk, with all that the frame changes, in one
 * commit. A message that tells energy is always taken, whatever is wrong with it; what its schema has against it is kept
 * beside it. A start gets the same transaction id however often it is repeated. Frames of one station are handed on in the
 * order of their commits, each at least once. Nothing a station sends makes the service fail.
 *
 * Who calls: `services/index.ts` opens the room and names who decides about idTokens (`id-token-policy.ts`) and who takes the
 * frames (`services/charging/frame-inbox.ts`). Charging and the operator's API call stations.
 *
 * Where things are: `wire/` has sockets, framing, order and answers. `v16/` and `v2/` have one file for each action: its
 * answer, what it means for charging, whether it tells energy. `actions.ts` lists them, `schemas.ts` is the one validator,
 * `payload.ts` the one reader of members, `words.ts` the one table of connector words, `measurements/` reads meter values.
 */
import { setTimeout as sleep } from "node:timers/promises";

import type { OcppConfig } from "../config/ocpp-settings.ts";
import type { Logger } from "../observability/logger.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Store } from "../store/store.ts";
import type { StationHolds } from "../replicas/station-holds.ts";
import type { Entrance } from "../http/entrance/entrance.ts";
import { createStationCommands, type StationCommands } from "./commands.ts";
import { createOcppCounts } from "./wire/counts.ts";
import { createExchange } from "./wire/exchange.ts";
import { createFramePump } from "./wire/frame-pump.ts";
import type { FrameInbox } from "./wire/inbox.ts";
import type { IdTokenPolicy } from "./id-token-policy.ts";
import type { SessionTeller } from "./session-teller.ts";
import { openOcppDoor, type OcppDoor } from "./wire/ocpp-door.ts";

export interface OcppDeps {
  readonly store: Store;
  readonly stations: StationHolds;
  readonly policy: IdTokenPolicy;
  /** `null`: stations are told nothing of sessions. */
  readonly teller: SessionTeller | null;
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
  /** Hands on at once what was set aside of a station; resolves when that was tried, or the service ends. */
  retryParked(stationId: string): Promise<void>;
  /** Closes the door, then stops handing on; what was not handed on is at the next start. */
  close(): Promise<void>;
}

/** Opens the door for chargers. @throws CONFIGURATION_INVALID */
export async function openOcpp(deps: OcppDeps): Promise<Ocpp> {
  const { store, stations, policy, teller, inbox, desk, metrics, log, now, config, entrance, host } = deps;
  const stop = new AbortController();
  const pump = inbox === null ? null : createFramePump({ store, inbox, stations, desk });
  stations.onTaken((stationId) => pump?.takeOver(stationId) ?? Promise.resolve());
  stations.onMoved((stationId) => pump?.drop(stationId));
  const counts = createOcppCounts(metrics.registry);
  const exchange = createExchange({
    store,
    policy,
    teller,
    desk,
    counts,
    now,
    heartbeatSeconds: config.heartbeatSeconds,
    onStored: (frame, payload) => pump?.offer(frame, payload),
  });
  const door = await openOcppDoor({ store, stations, exchange, counts, desk, log, now, config, entrance, host });
  const pumping = pump?.run(stop.signal);

  return {
    door,
    commands: createStationCommands({ store, connections: door.connections, log, now }),
    async handedOn(stationId) {
      if (pump === null) return;
      if (stationId === undefined || stations.fenceOf(stationId) !== null) await pump.settled(stationId);
      else await handedOnElsewhere(store, stationId, stop.signal);
    },
    retryParked: (stationId) => pump?.retryParked(stationId) ?? Promise.resolve(),
    async close() {
      await door.close();
      stop.abort();
      await pumping;
    },
  };
}

const lookMs = 100;

/** Resolves when the replica that has the station has handed on what is on disk by now. */
async function handedOnElsewhere(
  store: Pick<Store, "findFrameBacklog">,
  stationId: string,
  signal: AbortSignal,
): Promise<void> {
  const target = (await store.findFrameBacklog(stationId))?.newestOrdinal ?? 0;
  while (!signal.aborted) {
    const backlog = await store.findFrameBacklog(stationId);
    if (backlog === null || backlog.stationOrdinal >= target) return;
    await sleep(lookMs, undefined, { signal }).catch(() => undefined);
  }
}
