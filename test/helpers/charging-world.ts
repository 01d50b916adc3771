import { rm } from "node:fs/promises";

import { pino } from "pino";

import { parseConfiguration } from "../../services/config/config.ts";
import { startService, type Service } from "../../services/index.ts";
import { connectCharger, type Charger } from "./charger.ts";
import { registerStation } from "./ocpp-service.ts";
import { getAsOperator, runService, testEnvironment } from "./running-service.ts";
import type { ChargingPoint, OpenedSession, ServiceChain } from "./service-chain.ts";

/** A service with chargers on real sockets, and a clock that the test moves. */
export interface ChargingWorld {
  readonly service: Service;
  /** Folder of the service's ledger. */
  readonly dataPath: string;
  /** Milliseconds since 1970, of the service and of the chargers' messages. */
  nowMs: number;
  /** The service's time, so many seconds from now. */
  at(seconds: number): string;
  /** Registers the station for these EVSEs and connects it. */
  connect(stationId: string, protocol: string, evses: readonly number[]): Promise<Charger>;
  /** Connects a station that is registered. */
  reconnect(stationId: string, protocol: string): Promise<Charger>;
  /** Stops the service and starts it again on the same data. Sockets are gone. */
  restart(): Promise<void>;
  /** All rounds until what stations said is settled, as far as it settles. */
  settle(): Promise<void>;
  /** Lets time pass, for service and chain, and settles what that makes possible. */
  pass(seconds: number): Promise<void>;
  /** The session as the HTTP door shows it. */
  show(session: Pick<OpenedSession, "sessionId">): Promise<ShownSession>;
  close(): Promise<void>;
}

export interface ShownSession {
  readonly session: {
    readonly state: string;
    readonly dispute: unknown;
    readonly assessment: {
      readonly grade: string;
      readonly reasons: readonly string[];
      readonly flags: readonly string[];
      readonly energyWh: string;
      readonly hold: string | null;
    } | null;
    readonly closing: { readonly energyMicroWh: string; readonly chargedMicro: string } | null;
  };
  readonly cdr: { readonly energyWh: string; readonly evidence: { readonly grade: string } } | null;
  readonly ocppTransaction: { readonly ocppTransactionId: string; readonly isOpen: boolean } | null;
  readonly records: readonly unknown[];
}

export async function openChargingWorld(
  chain: ServiceChain,
  overrides: Readonly<Record<string, string>> = {},
  startsAtMs = Date.now(),
): Promise<ChargingWorld> {
  let nowMs = startsAtMs;
  const now = () => nowMs;
  const running = await runService(chain, overrides, { now });
  let { service } = running;
  const chargers: Charger[] = [];

  async function closeChargers(): Promise<void> {
    for (const charger of chargers.splice(0)) await charger.close();
  }

  const world: ChargingWorld = {
    get service() {
      return service;
    },
    dataPath: running.dataPath,
    get nowMs() {
      return nowMs;
    },
    set nowMs(value) {
      nowMs = value;
    },
    at: (seconds) => new Date(nowMs + seconds * 1_000).toISOString(),
    async connect(stationId, protocol, evses) {
      await registerStation(service.store, stationId, { evses });
      return world.reconnect(stationId, protocol);
    },
    async reconnect(stationId, protocol) {
      const charger = await connectCharger(service.url, stationId, protocol);
      chargers.push(charger);
      return charger;
    },
    async restart() {
      await service.close();
      await closeChargers();
      const config = parseConfiguration(testEnvironment(chain, running.dataPath, overrides));
      service = await startService(config, { log: pino({ level: "silent" }), now });
    },
    async settle() {
      for (let rounds = 0; rounds < 3; rounds += 1) await service.synchronise();
    },
    async pass(seconds) {
      await chain.pass(seconds);
      nowMs += seconds * 1_000;
      await world.settle();
    },
    show: async ({ sessionId }) => (await getAsOperator(service.url, `/v1/sessions/${sessionId}`)).body as ShownSession,
    async close() {
      await closeChargers();
      await service.close();
      await running.close();
      await rm(running.dataPath, { recursive: true, force: true });
    },
  };
  return world;
}

/** A whole session of OCPP 1.6 as one charger tells it. */
export interface Talk16 {
  readonly connectorId?: number;
  readonly idTag: string;
  readonly atSeconds?: number;
  readonly meterStart?: number;
}

export async function start16(world: ChargingWorld, charger: Charger, talk: Talk16): Promise<number> {
  const { connectorId = 1, idTag, atSeconds = 0, meterStart = 1_000 } = talk;
  const payload = { connectorId, idTag, meterStart, timestamp: world.at(atSeconds) };
  const answer = await charger.call("StartTransaction", payload);
  return Number(answer["transactionId"]);
}

export async function values16(
  world: ChargingWorld,
  charger: Charger,
  reading: {
    readonly connectorId?: number;
    readonly transactionId: number;
    readonly atSeconds: number;
    readonly wh: number;
  },
): Promise<void> {
  const { connectorId = 1, transactionId, atSeconds, wh } = reading;
  await charger.call("MeterValues", {
    connectorId,
    transactionId,
    meterValue: [{ timestamp: world.at(atSeconds), sampledValue: [{ value: String(wh) }] }],
  });
}

export async function stop16(
  world: ChargingWorld,
  charger: Charger,
  stop: {
    readonly transactionId: number;
    readonly atSeconds: number;
    readonly meterStop: number;
    readonly record?: string;
  },
): Promise<void> {
  const { transactionId, atSeconds, meterStop, record } = stop;
  const timestamp = world.at(atSeconds);
  const sampledValue = [{ value: record ?? "", format: "SignedData", context: "Transaction.End" }];
  const transactionData = record === undefined ? {} : { transactionData: [{ timestamp, sampledValue }] };
  await charger.call("StopTransaction", { transactionId, meterStop, timestamp, ...transactionData });
}

/** An EVSE with an opened session that the service knows. */
export async function openPlace(
  chain: ServiceChain,
  world: ChargingWorld,
  options: Parameters<ServiceChain["openSession"]>[1] = {},
): Promise<{ readonly point: ChargingPoint; readonly session: OpenedSession }> {
  const point = await chain.addChargingPoint();
  const session = await chain.openSession(point, options);
  await world.service.synchronise();
  return { point, session };
}
