import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import ocppRpc from "ocpp-rpc";
import { pino } from "pino";
import { WebSocket } from "ws";

import { assignTariff } from "../../scripts/local-world/assign-tariff.ts";
import type { OcppConfig } from "../../services/config/ocpp-settings.ts";
import type { FrameInbox } from "../../services/ocpp/wire/inbox.ts";
import type { IdTokenDecision, IdTokenPolicy, IdTokenQuestion } from "../../services/ocpp/id-token-policy.ts";
import { openOcpp, type Ocpp } from "../../services/ocpp/open-ocpp.ts";
import { openReplica } from "../../services/replicas/replica.ts";
import { stationKeySha256Of } from "../../services/ocpp/wire/station-key.ts";
import type { Tariff } from "../../services/domain/tariff.ts";
import { createEntrance, type EntranceConfig } from "../../services/http/entrance/entrance.ts";
import type { Alert } from "../../services/observability/alerts.ts";
import { createMetrics, type Metrics } from "../../services/observability/metrics.ts";
import type { OcppProtocol, SecurityProfile } from "../../services/store/ocpp.ts";
import { openSqliteStore } from "../../services/store/sqlite/sqlite-store.ts";
import type { Store } from "../../services/store/store.ts";
import { testEntranceConfig } from "./entrance.ts";
import { testTariff } from "./test-tariff.ts";

/** The key of every station of these tests: bytes as hexadecimal text, as chargers of both versions are given it. */
export const stationKey = "00ff10a1b2c3d4e5f60718293a4b5c6d7e8f9001";

export const testOcppConfig: OcppConfig = {
  port: 0,
  tls: null,
  isProfile0Allowed: false,
  heartbeatSeconds: 300,
  pingIntervalMs: 60_000,
  callTimeoutMs: 5_000,
  payloadLimitBytes: 262_144,
  badMessages: 20,
  messagesPerSecond: 10_000,
  connections: 100,
  connectionsPerAddress: 50,
  handshakes: 32,
  handshakeQueue: 2_048,
  stationQueue: 64,
  queueLimit: 4_096,
  isSettingUp: false,
  unknownStations: 3,
};

export interface OcppWorld {
  readonly folder: string;
  /** Without a slash at the end. */
  readonly url: string;
  readonly ocpp: Ocpp;
  readonly store: Store;
  readonly alerts: readonly Alert[];
  readonly metrics: Metrics;
  /** What was asked about idTokens, in order. */
  readonly questions: readonly IdTokenQuestion[];
  close(): Promise<void>;
}

export interface OcppWorldOptions {
  readonly config?: Partial<OcppConfig>;
  readonly inbox?: FrameInbox | null;
  readonly decide?: (question: IdTokenQuestion) => Promise<IdTokenDecision>;
  readonly now?: () => number;
  readonly folder?: string;
  readonly wrapStore?: (store: Store) => Store;
  readonly host?: string;
  readonly entrance?: Partial<EntranceConfig>;
}

/** The door with a real store and real sockets. Tags that begin with `OK` are accepted, unless said otherwise. */
export async function openOcppWorld(options: OcppWorldOptions = {}): Promise<OcppWorld> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "wattproof-ocpp-")));
  const store = openSqliteStore(folder);
  const alerts: Alert[] = [];
  const questions: IdTokenQuestion[] = [];
  const policy: IdTokenPolicy = {
    decide(question) {
      questions.push(question);
      return (
        options.decide?.(question) ??
        Promise.resolve({ status: question.idToken.startsWith("OK") ? "Accepted" : "Invalid", expiresAtMs: null })
      );
    },
  };
  const desk = {
    alert(alert: Alert) {
      alerts.push(alert);
    },
    note: () => undefined,
  };
  const metrics = createMetrics();
  const now = options.now ?? Date.now;
  const config = { ...testEntranceConfig, ...options.entrance };
  const wrapped = options.wrapStore?.(store) ?? store;
  const replica = await openReplica({ store, replicaId: "single", version: "0.0.0", leaseMs: 600_000, desk, now });
  const ocpp = await openOcpp({
    ...{ store: wrapped, stations: replica.stations },
    policy,
    teller: null,
    inbox: options.inbox ?? null,
    desk,
    metrics,
    log: pino({ level: "silent" }),
    now,
    config: { ...testOcppConfig, ...options.config },
    entrance: createEntrance({ config, desk, metrics, elapsedMs: now }),
    host: options.host ?? "127.0.0.1",
  });
  return {
    folder,
    url: ocpp.door.urls.plain ?? "",
    ocpp,
    store,
    alerts,
    metrics,
    questions,
    async close() {
      await ocpp.close();
      await store.close();
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Registers a station with the key of the tests, at EVSEs that offer these tariffs. */
export async function registerStation(
  store: Store,
  stationId: string,
  options: {
    readonly profile?: SecurityProfile;
    readonly key?: string | null;
    readonly evses?: readonly number[];
    readonly tariffs?: readonly Tariff[];
  } = {},
): Promise<void> {
  const { profile = 1, key = stationKey, evses = [1], tariffs = [testTariff] } = options;
  await store.putStation({ stationId, apiKeySha256: "00", evses });
  for (const tariff of tariffs) await assignTariff(store, evses, tariff);
  await store.setOcppAccess(stationId, { leastSecurityProfile: profile, bootStatus: "Accepted" });
  if (key !== null) await store.replaceStationKeys(stationId, stationKeySha256Of(key), 1);
}

/** How a connection was ended before or after it was opened. */
export interface Ending {
  readonly status: number | null;
  readonly code: number | null;
}

/** A bare websocket that sends frames exactly as given. */
export interface BareStation {
  readonly socket: WebSocket;
  /** Sends a frame and resolves with the next one that comes. */
  ask(frame: unknown): Promise<unknown>;
  /** Sends as it is. */
  send(text: string): void;
  /** The next frame, parsed. */
  next(): Promise<unknown>;
  readonly closed: Promise<number>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly protocols?: readonly string[];
  readonly password?: string | Uint8Array | null;
  readonly user?: string;
  readonly path?: string;
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string };
}

function openSocket(url: string, stationId: string, options: ConnectOptions): WebSocket {
  const { protocols = ["ocpp1.6"], password = stationKey, user = stationId } = options;
  const path = options.path ?? `/ocpp/${encodeURIComponent(stationId)}`;
  const headers =
    password === null
      ? {}
      : {
          authorization: `Basic ${Buffer.concat([Buffer.from(`${user}:`), Buffer.from(password)]).toString("base64")}`,
        };
  return new WebSocket(`${url}${path}`, [...protocols], { headers, ...options.tls });
}

/** Connects, and resolves with how that ended if it did not stay open. */
export function connectRefused(url: string, stationId: string, options: ConnectOptions = {}): Promise<Ending> {
  const socket = openSocket(url, stationId, options);
  return new Promise((resolve) => {
    let status: number | null = null;
    socket.on("unexpected-response", (request, response) => {
      status = response.statusCode ?? null;
      request.destroy();
      resolve({ status, code: null });
    });
    socket.on("error", () => {
      resolve({ status, code: null });
    });
    socket.on("close", (code) => {
      resolve({ status, code });
    });
  });
}

export async function connectStation(
  url: string,
  stationId: string,
  options: ConnectOptions = {},
): Promise<BareStation> {
  const socket = openSocket(url, stationId, options);
  const arrived: unknown[] = [];
  const waiting: ((frame: unknown) => void)[] = [];
  socket.on("message", (data: Buffer) => {
    const frame: unknown = JSON.parse(data.toString());
    const waiter = waiting.shift();
    if (waiter === undefined) arrived.push(frame);
    else waiter(frame);
  });
  const closed = new Promise<number>((resolve) => {
    socket.on("close", resolve);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  const next = (): Promise<unknown> =>
    arrived.length > 0 ? Promise.resolve(arrived.shift()) : new Promise((resolve) => waiting.push(resolve));
  return {
    socket,
    ask(frame) {
      socket.send(JSON.stringify(frame));
      return next();
    },
    send(text) {
      socket.send(text);
    },
    next,
    closed,
    async close() {
      socket.close();
      await closed;
    },
  };
}

/** A client of ocpp-rpc that checks what it sends and gets by the schemas. */
export async function connectClient(
  url: string,
  stationId: string,
  protocol: OcppProtocol,
  options: { readonly password?: string | Buffer } = {},
) {
  const client = new ocppRpc.RPCClient({
    endpoint: `${url}/ocpp`,
    identity: stationId,
    protocols: [protocol],
    // Its own schemas of 2.1 cannot be found by their names.
    strictMode: protocol === "ocpp2.1" ? false : [protocol],
    password: (options.password ?? stationKey) as string,
    reconnect: false,
  } as ConstructorParameters<typeof ocppRpc.RPCClient>[0]);
  await client.connect();
  return client;
}
