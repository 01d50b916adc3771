import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { pino } from "pino";

import { parseConfiguration } from "../../services/config/config.ts";
import { startService, type Service } from "../../services/index.ts";
import { backupPostgres, restoreToPostgres } from "../../services/store/move/postgres-backup.ts";
import { openPostgresStore } from "../../services/store/postgres/postgres-store.ts";
import { readPostgresTarget } from "../../services/store/postgres/target.ts";
import { restoreLedger } from "../../services/store/sqlite/backup-ledger.ts";
import { openSqliteStore } from "../../services/store/sqlite/sqlite-store.ts";
import { booksOf, endCharge } from "../helpers/charge-and-books.ts";
import { sharedPostgres, whyNoPostgres } from "../helpers/postgres-server.ts";
import { addStation, runService, testEnvironment, type StationCredentials } from "../helpers/running-service.ts";
import { startServiceChain, type ChargingPoint, type ServiceChain } from "../helpers/service-chain.ts";
import { runScript } from "../scripts/run-script.ts";
import { frameOf, message } from "../services/store/samples.ts";
import { expectCode } from "../services/store/world.ts";

const pool = { connections: 3, waitMs: 10_000, statementTimeoutMs: 10_000, idleTransactionMs: 5_000 };
const options = {
  isAnew: false,
  signal: new AbortController().signal,
  onBegin: () => undefined,
  onSteps: () => undefined,
};

/** A rehearsal: a backup is made while the service works, the database is lost, and a service goes on from the backup. */
describe("A backup of a ledger in PostgreSQL", function () {
  this.timeout(60_000);
  let folder: string;
  let address: string;
  const file = (): string => join(folder, "backup.sqlite");

  before(function () {
    const reason = whyNoPostgres();
    if (reason === null) return;
    console.warn(reason);
    this.skip();
  });
  beforeEach(async function () {
    folder = mkdtempSync(join(tmpdir(), "wattproof-backup-"));
    address = await (await sharedPostgres()).createDatabase();
  });
  afterEach(function () {
    rmSync(folder, { recursive: true, force: true });
  });

  it("refuses a file that is there, a database without a ledger, and one that holds anything", async function () {
    const target = readPostgresTarget(address);
    await expectCode(backupPostgres(target, file()), "STORE_MISSING");
    expect(existsSync(file())).to.equal(false);
    await (await openPostgresStore(target, pool, { isInit: true })).close();
    await backupPostgres(target, file());
    await expectCode(backupPostgres(target, file()), "BACKUP_TARGET_TAKEN");
    await expectCode(restoreToPostgres(file(), target, options), "BACKUP_TARGET_TAKEN");
    writeFileSync(join(folder, "other"), "mine");
    await expectCode(restoreToPostgres(join(folder, "other"), target, options), "BACKUP_UNUSABLE");
  });

  it("goes back into a folder, too, with all that was not yet handed on", async function () {
    const target = readPostgresTarget(address);
    const store = await openPostgresStore(target, pool, { isInit: true });
    for (const stationId of ["CS-1", "CS-2\u0001", "CS-1", "CS-1"]) await store.commitFrame(frameOf(stationId), []);
    await store.moveFrameCursors([{ stationId: "CS-1", stationOrdinal: 2 }]);
    await store.putMessage(message("m"));
    const before = [await store.listFrameBacklogs(), await store.listPendingMessages(9)];
    await store.close();
    await backupPostgres(target, file());
    expect(statSync(file()).mode & 0o777).to.equal(0o600);

    restoreLedger(file(), join(folder, "restored"));
    const restored = openSqliteStore(join(folder, "restored"));
    expect([await restored.listFrameBacklogs(), await restored.listPendingMessages(9)]).to.deep.equal(before);
    expect((await restored.commitFrame(frameOf("CS-1"), [])).frame.stationOrdinal).to.equal(4);
    await restored.close();
  });

  describe("of a service that works", function () {
    let chain: ServiceChain;
    let point: ChargingPoint;
    let station: StationCredentials;
    let beginSeconds = 1_700_000_000;

    before(async function () {
      chain = await startServiceChain();
      point = await chain.addChargingPoint();
    });
    after(async function () {
      await chain.close();
    });

    async function charge(service: Service): Promise<void> {
      const { idTag } = await chain.openSession(point, { chargedSeconds: 3_600 });
      await service.synchronise();
      beginSeconds += 10_000;
      await endCharge(service, { point, station }, idTag, beginSeconds);
    }

    it("lets another one go on after the database was lost, to the same books as the chain has", async function () {
      const running = await runService(chain, { WATTPROOF_STORE: address });
      station = await addStation(running.service.store, "CS-1", [point.evse]);
      await charge(running.service);
      const run = await runScript("wattproof", ["backup", file(), "--json"], { WATTPROOF_STORE: address });
      expect(run.code, run.stderr).to.equal(0);
      expect(JSON.parse(run.stdout)).to.deep.include({ file: file(), sessions: 1 });
      await charge(running.service);
      const books = await booksOf(running.service);
      await running.close();

      const wiped = await (await sharedPostgres()).createDatabase();
      const restore = await runScript("wattproof", ["restore", file(), "--json"], { WATTPROOF_STORE: wiped });
      expect(restore.code, restore.stderr).to.equal(0);
      expect(JSON.parse(restore.stdout)).to.deep.include({ isDryRun: false, sessions: 1 });
      const settings = { WATTPROOF_INIT: "", WATTPROOF_STORE: wiped };
      const config = parseConfiguration(testEnvironment(chain, folder, settings));
      const restored = await startService(config, { log: pino({ level: "silent" }) });
      try {
        await restored.synchronise();
        expect(await booksOf(restored)).to.deep.equal(books);
        await charge(restored);
        const sessions = await restored.store.listSessions({ status: "settled", limit: 9, after: null });
        expect(sessions).to.have.length(3);
      } finally {
        await restored.close();
      }
    });
  });
});
