import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { pino } from "pino";

import { assignTariff } from "../../scripts/local-world/assign-tariff.ts";
import { parseConfiguration, type ServiceConfig } from "../../services/config/config.ts";
import type { Tariff } from "../../services/domain/tariff.ts";
import { startService, type Service, type ServiceOptions } from "../../services/index.ts";
import { apiKeySha256Of } from "../../services/http/station/authentication.ts";
import type { Store } from "../../services/store/store.ts";
import { watchAnswers } from "./api-answers.ts";
import type { ServiceChain } from "./service-chain.ts";
import { testTariff } from "./test-tariff.ts";

/** The operator's key of every service of the tests that says no other. */
export const operatorKey = "operator-key-of-the-tests-0123456789";

/** Settings that suit tests: everything at once, and rounds only when asked for. An override that is empty leaves one out. */
export function testEnvironment(
  chain: ServiceChain,
  dataPath: string,
  overrides: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const settings = {
    WATTPROOF_RPC_URL: chain.rpcUrl,
    WATTPROOF_DEPLOYMENT: chain.deploymentPath,
    WATTPROOF_DATA: dataPath,
    WATTPROOF_INIT: "1",
    WATTPROOF_PORT: "0",
    WATTPROOF_ORACLE_PRIVATE_KEY: chain.oracle.privateKey,
    WATTPROOF_BATCH_MAX_AGE_MS: "0",
    WATTPROOF_POLL_INTERVAL_MS: "600000",
    WATTPROOF_LATE_MESSAGES_QUIET_MS: "0",
    WATTPROOF_STATION_MESSAGES_PER_SECOND: "1000",
    WATTPROOF_OPERATOR_KEY: operatorKey,
    WATTPROOF_TIME_PRICES: "any-meter",
    // A test of it turns it on; the others look at what they have chargers called for.
    WATTPROOF_STATION_SET_UP: "off",
    WATTPROOF_LOG_LEVEL: "silent",
    ...overrides,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== ""));
}

export interface StationCredentials {
  readonly stationId: string;
  readonly apiKey: string;
}

/** Registers a station that may report for these EVSEs, which offer these tariffs. */
export async function addStation(
  store: Store,
  stationId: string,
  evses: readonly number[],
  tariffs: readonly Tariff[] = [testTariff],
): Promise<StationCredentials> {
  const apiKey = randomBytes(32).toString("base64url");
  await store.putStation({ stationId, apiKeySha256: apiKeySha256Of(apiKey), evses });
  for (const tariff of tariffs) await assignTariff(store, evses, tariff);
  return { stationId, apiKey };
}

/** A service in this process, on a folder of its own. */
export interface RunningService {
  readonly service: Service;
  readonly config: ServiceConfig;
  readonly dataPath: string;
  /** Stops the service and starts another one on the same folder; a new handle of it. */
  restart(): Promise<RunningService>;
  close(): Promise<void>;
}

export async function runService(
  chain: ServiceChain,
  overrides: Readonly<Record<string, string>> = {},
  options: ServiceOptions = {},
): Promise<RunningService> {
  const dataPath = await mkdtemp(join(tmpdir(), "wattproof-data-"));
  const config = parseConfiguration(testEnvironment(chain, dataPath, overrides));
  return await runOn(config, dataPath, options);
}

async function runOn(config: ServiceConfig, dataPath: string, options: ServiceOptions): Promise<RunningService> {
  const service = await startService(config, { log: pino({ level: "silent" }), ...options });
  watchAnswers(service.url);
  return {
    service,
    config,
    dataPath,
    async restart() {
      await service.close();
      return await runOn(config, dataPath, options);
    },
    async close() {
      await service.close();
      await rm(dataPath, { recursive: true, force: true });
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Posts a body as a station does. */
export async function post(
  url: string,
  station: StationCredentials,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = { "content-type": "text/plain; charset=utf-8" },
  signal: AbortSignal | null = null,
): Promise<Answer> {
  const response = await fetch(`${url}/v1/meter-values`, {
    method: "POST",
    headers: { authorization: `Bearer ${station.apiKey}`, "x-station-id": station.stationId, ...headers },
    body,
    signal,
  });
  return { status: response.status, body: await response.json() };
}

/** What is not for everybody, with the operator's key. */
export function getAsOperator(url: string, path: string, key = operatorKey): Promise<Answer> {
  return get(url, path, { authorization: `Bearer ${key}` });
}

export async function get(url: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const response = await fetch(`${url}${path}`, { headers });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  return { status: response.status, body: isJson ? JSON.parse(text) : text };
}

/** The code of an answer that is an error of the catalogue. */
export function codeOf(answer: Answer): unknown {
  const { body } = answer;
  if (typeof body !== "object" || body === null || !("error" in body)) return undefined;
  const { error } = body;
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}
