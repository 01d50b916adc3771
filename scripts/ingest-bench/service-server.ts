import { parseConfiguration } from "../../services/config.ts";
import { openOcpp } from "../../services/ingest/ocpp/open-ocpp.ts";
import { createSessionIdTokenPolicy } from "../../services/ingest/ocpp/id-token-policy.ts";
import { stationKeySha256Of } from "../../services/ingest/ocpp/station-key.ts";
import { createLogger } from "../../services/logger.ts";
import { createMetrics } from "../../services/metrics.ts";
import { createOperatorDesk } from "../../services/operator-desk.ts";
import { openSqliteStore } from "../../services/store/sqlite/sqlite-store.ts";
import { benchMessages } from "./messages.ts";
import { answers, serverSettings } from "./protocol.ts";

/** The service's door for chargers in a process of its own, as the service opens it. */
const settings = serverSettings.parse(JSON.parse(process.argv[2] ?? ""));
const store = openSqliteStore(settings.folder);
await Promise.all(
  Array.from({ length: settings.stations }, async (_item, index) => {
    const stationId = `BENCH-${index}`;
    await store.putStation({ stationId, apiKeySha256: "00", evses: [index + 1] });
    await store.replaceStationKeys(stationId, stationKeySha256Of(settings.key), 1);
  }),
);
const { ocpp: config } = parseConfiguration({
  WATTPROOF_RPC_URL: "http://127.0.0.1:1",
  WATTPROOF_DEPLOYMENT: "unused",
  WATTPROOF_DATA: settings.folder,
  WATTPROOF_ORACLE_PRIVATE_KEY: `0x${"11".repeat(32)}`,
  WATTPROOF_OCPP_PORT: "0",
  // The chargers of the benchmark send as fast as they are answered, and all from one address.
  WATTPROOF_OCPP_MESSAGES_PER_SECOND: "100000",
  WATTPROOF_OCPP_CONNECTIONS_PER_ADDRESS: "100000",
});
const metrics = createMetrics();
const log = createLogger("warn");
const ocpp = await openOcpp({
  store,
  policy: createSessionIdTokenPolicy(store),
  inbox: { take: () => Promise.resolve() },
  desk: createOperatorDesk({ log, metrics }),
  metrics,
  log,
  now: Date.now,
  config,
  host: "127.0.0.1",
});
process.send?.(answers.parse({ kind: "listening", url: ocpp.door.urls.plain }));

/** Messages on disk of the kind that is counted, without the starts. */
async function countStored(): Promise<number> {
  const { action } = benchMessages[settings.protocol];
  let stored = 0;
  let after = 0;
  for (;;) {
    const frames = await store.listFrames(after, 10_000);
    const last = frames.at(-1);
    if (last === undefined) {
      return settings.protocol === "ocpp1.6" ? stored : stored - settings.stations;
    }
    stored += frames.filter((frame) => frame.direction === "in" && frame.action === action).length;
    after = last.ordinal;
  }
}

process.once("message", () => {
  void (async () => {
    await ocpp.close();
    process.send?.(answers.parse({ kind: "counted", stored: await countStored() }));
    await store.close();
    process.disconnect();
  })();
});
