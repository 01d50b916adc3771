import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { Client } from "pg";

import { parseConfiguration } from "../../services/config/config.ts";
import { createSessionAssessor } from "../../services/charging/assess-session.ts";
import { createChargingInbox } from "../../services/charging/frame-inbox.ts";
import { createQuietTime } from "../../services/charging/quiet-time.ts";
import { createOnceDesk } from "../../services/charging/tell-once.ts";
import { createTransactionReaders } from "../../services/charging/wire-charging.ts";
import { createSessionCompleter } from "../../services/evidence/complete-session.ts";
import { createEntrance } from "../../services/http/entrance/entrance.ts";
import { openOcpp } from "../../services/ocpp/open-ocpp.ts";
import { openReplica } from "../../services/replicas/replica.ts";
import { createSessionIdTokenPolicy } from "../../services/charging/session-token-policy.ts";
import { stationKeySha256Of } from "../../services/ocpp/wire/station-key.ts";
import { createLogger } from "../../services/observability/logger.ts";
import { createPriceJudge } from "../../services/evidence/judge-price.ts";
import { createMetrics } from "../../services/observability/metrics.ts";
import { createOperatorDesk } from "../../services/observability/operator-desk.ts";
import { openPostgresStore } from "../../services/store/postgres/postgres-store.ts";
import { openSqliteStore } from "../../services/store/sqlite/sqlite-store.ts";
import { createMeterDirectory } from "../../services/evidence/meter-directory.ts";
import { createTariffDirectory } from "../../services/evidence/tariff-directory.ts";
import { createSupportedFormats } from "../../services/evidence/formats/supported-formats.ts";
import { createRecordVerifier } from "../../services/evidence/verify-record.ts";
import { assignTariff } from "../local-world/assign-tariff.ts";
import { demoTariff } from "../local-world/tariff.ts";
import { weighLiveBytes } from "./live-memory.ts";
import { benchMessages } from "./messages.ts";
import { answers, serverOrders, serverSettings } from "./protocol.ts";
import { openSessions } from "./sessions.ts";

/**
 * The service's door for chargers in a process of its own, as the service opens it, with everything behind it that reads
 * the messages: each charger has a session, and its readings are judged and held against what the session may cost.
 */
const settings = serverSettings.parse(JSON.parse(process.argv[2] ?? ""));
const {
  ocpp: config,
  entrance,
  charging,
  postgres,
} = parseConfiguration({
  WATTPROOF_RPC_URL: "http://127.0.0.1:1",
  WATTPROOF_DEPLOYMENT: "unused",
  WATTPROOF_DATA: settings.folder,
  WATTPROOF_ORACLE_PRIVATE_KEY: `0x${"11".repeat(32)}`,
  WATTPROOF_OCPP_PORT: "0",
  // The chargers of the benchmark send as fast as they are answered, and all from one address.
  WATTPROOF_OCPP_MESSAGES_PER_SECOND: "100000",
  WATTPROOF_OCPP_CONNECTIONS_PER_ADDRESS: "100000",
  WATTPROOF_HTTP_CONNECTIONS_PER_ADDRESS: "100000",
  ...(settings.store === null ? {} : { WATTPROOF_STORE: settings.store }),
});
const store =
  postgres === null
    ? openSqliteStore(settings.folder)
    : await openPostgresStore(postgres.target, postgres.pool, { isInit: true });
/** No transaction of the benchmark ends, and nothing is signed: nobody asks for a meter. */
const unasked = () => Promise.reject(new Error("The benchmark has neither meters nor records"));
if (settings.replica === 0) {
  await registerStations();
  await openSessions(store, settings.stations);
}
const metrics = createMetrics();
const log = createLogger("warn");
const desk = createOperatorDesk({ log, metrics });
const { policy, stopAtBps, late, quietMs } = charging;
const meters = createMeterDirectory({ chain: { readMeter: unasked, readEvse: unasked, readAgreement: unasked } });
const tariffs = createTariffDirectory({
  ...{ store, meters, now: Date.now, graceSeconds: 0, takesAnyTime: true },
  chain: { readBlock: unasked, readHead: unasked, isOffered: unasked },
});
const transactions = createTransactionReaders({ store, meters });
const { readCircumstances } = transactions;
const completer = createSessionCompleter({ store, meters, policy, readCircumstances, desk });
const prices = createPriceJudge({ store, tariffs, desk, now: Date.now });
const assessor = createSessionAssessor({
  ...{
    store,
    ...transactions,
    completer,
    desk,
    now: Date.now,
    steadyNow: Date.now,
    lateMessageLimit: late.limit,
    meters,
  },
  verifier: createRecordVerifier(createSupportedFormats()),
  quiet: createQuietTime({ quietMs, now: Date.now, elapsedMs: () => performance.now(), steadyNow: Date.now }),
});
const inbox = createChargingInbox({
  ...{ store, ...transactions, assessor, prices, desk, now: Date.now, steadyNow: Date.now, late, stopAtBps },
  once: createOnceDesk({ store, desk, now: Date.now }),
  receiver: { receiveRecord: unasked },
});
const replica = await openReplica({
  store,
  replicaId: `r${settings.replica}`,
  version: "0.0.0",
  leaseMs: 600_000,
  desk,
  now: Date.now,
});
const ocpp = await openOcpp({
  ...{ store, stations: replica.stations },
  policy: createSessionIdTokenPolicy({ store, prices }),
  teller: null,
  inbox,
  desk,
  metrics,
  log,
  now: Date.now,
  config,
  entrance: createEntrance({ config: entrance, desk, metrics, elapsedMs: () => performance.now() }),
  host: "127.0.0.1",
});
process.send?.(answers.parse({ kind: "listening", url: ocpp.door.urls.plain }));

async function registerStations(): Promise<void> {
  await Promise.all(
    Array.from({ length: settings.stations }, async (_item, index) => {
      const stationId = `BENCH-${index}`;
      await store.putStation({ stationId, apiKeySha256: "00", evses: [index + 1] });
      await assignTariff(store, [index + 1], demoTariff);
      await store.replaceStationKeys(stationId, stationKeySha256Of(settings.key), 1);
    }),
  );
}

/** Frames that were answered and not read yet. */
async function countUnread(): Promise<number> {
  const backlogs = await store.listFrameBacklogs();
  return backlogs.reduce((sum, { stationOrdinal, newestOrdinal }) => sum + newestOrdinal - stationOrdinal, 0);
}

/** Messages on disk of the kind that is counted, without the starts; past the store, which lists them by charger. */
async function countStored(): Promise<number> {
  const { action } = benchMessages[settings.protocol];
  const stored = settings.store === null ? countInFolder(action) : await countInDatabase(settings.store, action);
  return settings.protocol === "ocpp1.6" ? stored : stored - settings.stations;
}

const countSql = "SELECT count(*) AS count FROM ocpp_frames WHERE direction = 'in' AND action = ";

function countInFolder(action: string): number {
  const database = new DatabaseSync(join(settings.folder, "wattproof.sqlite"), { readOnly: true });
  const stored = Number(database.prepare(`${countSql}?`).get(action)?.["count"]);
  database.close();
  return stored;
}

async function countInDatabase(address: string, action: string): Promise<number> {
  const client = new Client({ connectionString: address });
  await client.connect();
  const { rows } = await client.query<{ count: string }>(`${countSql}$1`, [action]);
  await client.end();
  return Number(rows[0]?.count);
}

async function follow(message: unknown): Promise<void> {
  const { kind } = serverOrders.parse(message);
  if (kind === "weigh") {
    process.send?.(answers.parse({ kind: "weighed", liveBytes: weighLiveBytes() }));
    return;
  }
  if (kind === "read-all") {
    const unread = await countUnread();
    await ocpp.handedOn();
    process.send?.(answers.parse({ kind: "read", unread }));
    return;
  }
  await ocpp.close();
  process.send?.(answers.parse({ kind: "counted", stored: await countStored() }));
  await store.close();
  process.disconnect();
}

process.on("message", (message) => {
  follow(message).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  });
});
