import { expect } from "chai";
import { pino } from "pino";

import { parseConfiguration } from "../../services/config/config.ts";
import { startService, type Service } from "../../services/index.ts";
import { booksOf, endCharge } from "../helpers/charge-and-books.ts";
import { sharedPostgres, whyNoPostgres } from "../helpers/postgres-server.ts";
import {
  addStation,
  runService,
  testEnvironment,
  type RunningService,
  type StationCredentials,
} from "../helpers/running-service.ts";
import { startServiceChain, type ChargingPoint, type ServiceChain } from "../helpers/service-chain.ts";
import { runScript } from "../scripts/run-script.ts";

describe("A service whose ledger is moved into PostgreSQL", function () {
  this.timeout(60_000);
  let chain: ServiceChain;
  let running: RunningService;
  let point: ChargingPoint;
  let station: StationCredentials;
  let beginSeconds = 1_700_000_000;

  before(async function () {
    const reason = whyNoPostgres();
    if (reason !== null) {
      console.warn(reason);
      return this.skip();
    }
    chain = await startServiceChain();
    running = await runService(chain);
    point = await chain.addChargingPoint();
    station = await addStation(running.service.store, "CS-1", [point.evse]);
  });
  after(async function () {
    if (whyNoPostgres() !== null) return;
    await running.close();
    await chain.close();
  });

  async function begin(service: Service): Promise<string> {
    const { idTag } = await chain.openSession(point, { chargedSeconds: 3_600 });
    await service.synchronise();
    return idTag;
  }

  async function end(service: Service, idTag: string): Promise<void> {
    beginSeconds += 10_000;
    await endCharge(service, { point, station }, idTag, beginSeconds);
  }

  it("has the same books, and settles the session that was charging meanwhile", async function () {
    await end(running.service, await begin(running.service));
    const charging = await begin(running.service);
    const before = await booksOf(running.service);
    await running.service.close();

    const address = await (await sharedPostgres()).createDatabase();
    const run = await runScript("wattproof", ["store", "move", "--data", running.dataPath, "--to", address, "--json"]);
    expect(run.code, run.stderr).to.equal(0);

    // On the folder no service starts again; on the database one does, without --init.
    const settings = { WATTPROOF_INIT: "" };
    const onFolder = parseConfiguration(testEnvironment(chain, running.dataPath, settings));
    const refused = await startService(onFolder, { log: pino({ level: "silent" }) }).then(
      () => null,
      (error: unknown) => error,
    );
    expect(refused).to.have.property("code", "STORE_MISSING");
    const onDatabase = testEnvironment(chain, running.dataPath, { ...settings, WATTPROOF_STORE: address });
    const moved = await startService(parseConfiguration(onDatabase), { log: pino({ level: "silent" }) });
    try {
      expect(await booksOf(moved)).to.deep.equal(before);
      await end(moved, charging);
      const sessions = await moved.store.listSessions({ status: null, limit: 9, after: null });
      expect(sessions.map(({ state }) => state.status)).to.deep.equal(["settled", "settled"]);
    } finally {
      await moved.close();
    }
  });
});
