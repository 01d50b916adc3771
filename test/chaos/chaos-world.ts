import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openPostgresStore } from "../../services/store/postgres/postgres-store.ts";
import { readPostgresTarget } from "../../services/store/postgres/target.ts";
import { ocppProtocols } from "../../services/store/ocpp.ts";
import type { Store } from "../../services/store/store.ts";
import { registerStation } from "../helpers/ocpp-service.ts";
import { addStation, testEnvironment } from "../helpers/running-service.ts";
import { startServiceChain, type ServiceChain } from "../helpers/service-chain.ts";
import { superviseService, type SupervisedService } from "../helpers/supervised-service.ts";
import { openTcpProxy, type TcpProxy } from "../helpers/tcp-proxy.ts";
import { createChaosCharger, type ChaosStation } from "./chaos-charger.ts";
import { createChaosMeter } from "./chaos-meter.ts";
import { startPostgresPair, type PostgresPair } from "./postgres-pair.ts";
import type { Doors } from "./stubborn-line.ts";

/** A process of the service, and the lines that lead to it and from it. */
export interface ChaosReplica {
  /** What its processes are called, each with a part of its own behind it. */
  readonly name: string;
  readonly service: SupervisedService;
  /** What stations connect to. */
  readonly door: TcpProxy;
  /** Its ways to PostgreSQL, one for each server. */
  readonly ledger: readonly TcpProxy[];
}

/** Several processes of the service on one database, a chain, and stations that charge. */
export interface ChaosWorld {
  readonly chain: ServiceChain;
  readonly postgres: PostgresPair;
  /** The ledger, by a way that no fault is on. */
  readonly store: Store;
  readonly replicas: readonly ChaosReplica[];
  readonly stations: readonly ChaosStation[];
  close(): Promise<void>;
}

export interface ChaosWorldOptions {
  readonly replicas: number;
  readonly hasStandby: boolean;
  /** One with a meter that reports over HTTP, the others with OCPP in turns of the versions. */
  readonly stations: number;
}

/** Longer than any fault and what follows from it. */
export const patienceMs = 90_000;
const leaseMs = 2_000;
const observersPool = {
  ...{ connections: 4, waitMs: patienceMs, statementTimeoutMs: 30_000, idleTransactionMs: 5_000 },
};
const restarts = 10_000;

export async function openChaosWorld(options: ChaosWorldOptions): Promise<ChaosWorld> {
  const [chain, postgres] = await Promise.all([startServiceChain(), startPostgresPair(options.hasStandby)]);
  const folder = await mkdtemp(join(tmpdir(), "wattproof-chaos-"));
  const lines: TcpProxy[] = [];

  async function openLedgerLines(): Promise<{ readonly ledger: readonly TcpProxy[]; readonly address: string }> {
    const places = postgres.hasStandby ? ([0, 1] as const) : ([0] as const);
    const ledger = await Promise.all(places.map((place) => openTcpProxy(() => postgres.portOf(place))));
    lines.push(...ledger);
    const hosts = ledger.map(({ port }) => `127.0.0.1:${port}`).join(",");
    return { ledger, address: `postgres://postgres@${hosts}/${postgres.database}` };
  }

  async function startReplica(index: number): Promise<ChaosReplica> {
    const name = `r${index + 1}`;
    const { ledger, address } = await openLedgerLines();
    const service = superviseService(
      testEnvironment(chain, join(folder, String(index)), {
        WATTPROOF_STORE: address,
        WATTPROOF_STORE_CONNECTIONS: "4",
        WATTPROOF_STORE_IDLE_TRANSACTION_MS: "2000",
        WATTPROOF_POLL_INTERVAL_MS: "200",
        WATTPROOF_REPLICA_LEASE_MS: String(leaseMs),
        WATTPROOF_REPLICA_NAME: name,
        WATTPROOF_BATCH_MAX_ITEMS: "2",
      }),
      ...([null, restarts] as const),
    );
    const door = await openTcpProxy(async () => Number(new URL(await service.url()).port));
    lines.push(door);
    return { name, service, door, ledger };
  }

  async function addStations(store: Store, doors: Doors): Promise<readonly ChaosStation[]> {
    const stations: ChaosStation[] = [];
    for (let index = 0; index < options.stations; index += 1) {
      const point = await chain.addChargingPoint();
      const common = { point, doors, firstDoor: index, patienceMs };
      const stationId = `CS-${index + 1}`;
      const protocol = ocppProtocols[index % (ocppProtocols.length + 1)];
      if (protocol === undefined) {
        const credentials = await addStation(store, stationId, [point.evse]);
        stations.push(createChaosMeter({ ...common, credentials }));
      } else {
        await registerStation(store, stationId, { evses: [point.evse] });
        stations.push(createChaosCharger({ ...common, stationId, protocol }));
      }
    }
    return stations;
  }

  const { address } = await openLedgerLines();
  const store = await openPostgresStore(readPostgresTarget(address), observersPool, { isInit: true });
  const replicas = await Promise.all(Array.from({ length: options.replicas }, (_, index) => startReplica(index)));
  await Promise.all(replicas.map(({ service }) => service.url()));
  const doors: Doors = {
    count: replicas.length,
    urlOf: (index) => `http://127.0.0.1:${replicas[index]?.door.port ?? 0}`,
  };
  const stations = await addStations(store, doors);
  return {
    ...{ chain, postgres, store, replicas, stations },
    async close() {
      for (const station of stations) station.close();
      for (const { service } of replicas) service.thaw();
      await Promise.all(replicas.map(({ service }) => service.stop()));
      await store.close();
      await Promise.all(lines.map((line) => line.close()));
      await postgres.stop();
      await chain.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
