import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { pino } from "pino";

import { backupLedger, checkBackup, restoreLedger } from "../../services/store/sqlite/backup-ledger.ts";
import { parseConfiguration } from "../../services/config/config.ts";
import { WattproofError } from "../../services/errors.ts";
import { startService, type Service } from "../../services/index.ts";
import { lockFolder } from "../../services/store/sqlite/database.ts";
import { booksOf, endCharge } from "../helpers/charge-and-books.ts";
import {
  addStation,
  runService,
  testEnvironment,
  type RunningService,
  type StationCredentials,
} from "../helpers/running-service.ts";
import { startServiceChain, type ChargingPoint, type ServiceChain } from "../helpers/service-chain.ts";
import { dumpTables } from "../helpers/table-dump.ts";
import { runScript } from "../scripts/run-script.ts";

/** A rehearsal: a backup is made while the service works, and a service goes on from it after the disk was lost. */
describe("A backup of the ledger", function () {
  this.timeout(60_000);
  let chain: ServiceChain;
  let running: RunningService;
  let point: ChargingPoint;
  let station: StationCredentials;
  let folder: string;
  let beginSeconds = 1_700_000_000;
  const file = (): string => join(folder, "backup.sqlite");
  const empty = (): string => join(folder, "restored");

  before(async function () {
    chain = await startServiceChain();
    running = await runService(chain);
    point = await chain.addChargingPoint();
    station = await addStation(running.service.store, "CS-1", [point.evse]);
  });
  after(async function () {
    await running.close();
    await chain.close();
  });
  beforeEach(function () {
    folder = mkdtempSync(join(tmpdir(), "wattproof-backup-"));
  });
  afterEach(function () {
    rmSync(folder, { recursive: true, force: true });
  });

  async function charge(service: Service): Promise<void> {
    const { idTag } = await chain.openSession(point, { chargedSeconds: 3_600 });
    await service.synchronise();
    beginSeconds += 10_000;
    await endCharge(service, { point, station }, idTag, beginSeconds);
  }

  const codeOf = (act: () => unknown): string | null => {
    try {
      act();
      return null;
    } catch (error) {
      if (error instanceof WattproofError) return error.code;
      throw error;
    }
  };

  it("refuses a folder without a ledger, a file that is there, and whatever is no backup", function () {
    expect(codeOf(() => backupLedger(join(folder, "nothing"), file()))).to.equal("STORE_MISSING");
    writeFileSync(file(), "mine");
    expect(codeOf(() => backupLedger(running.dataPath, file()))).to.equal("BACKUP_TARGET_TAKEN");
    expect(readFileSync(file(), "utf8")).to.equal("mine");
    expect(codeOf(() => checkBackup(file()))).to.equal("BACKUP_UNUSABLE");
    expect(codeOf(() => checkBackup(join(folder, "nothing")))).to.equal("BACKUP_UNUSABLE");
    expect(codeOf(() => restoreLedger(file(), empty()))).to.equal("BACKUP_UNUSABLE");
    expect(existsSync(join(empty(), "wattproof.sqlite"))).to.equal(false);
  });

  it("refuses a backup that was damaged, and a folder that holds a ledger or is worked on", function () {
    backupLedger(running.dataPath, file());
    expect(codeOf(() => restoreLedger(file(), running.dataPath))).to.equal("STORE_UNAVAILABLE");
    restoreLedger(file(), empty());
    expect(codeOf(() => restoreLedger(file(), empty()))).to.equal("BACKUP_TARGET_TAKEN");
    const other = join(folder, "other");
    const lock = lockFolder(other);
    expect(codeOf(() => restoreLedger(file(), other))).to.equal("STORE_UNAVAILABLE");
    lock.release();
    const bytes = readFileSync(file());
    bytes.fill(0xff, 8_192, 12_288);
    writeFileSync(file(), bytes);
    expect(codeOf(() => restoreLedger(file(), other))).to.equal("BACKUP_UNUSABLE");
  });

  it("belongs to whose the folder is, where root puts it back", function () {
    // Nobody else may give files away.
    if (process.getuid?.() !== 0) this.skip();
    backupLedger(running.dataPath, file());
    mkdirSync(empty());
    chownSync(empty(), 12_345, 12_346);
    restoreLedger(file(), empty());
    for (const name of readdirSync(empty())) {
      const { uid, gid, mode } = statSync(join(empty(), name));
      expect([uid, gid, mode & 0o777], name).to.deep.equal([12_345, 12_346, 0o600]);
    }
  });

  it("holds every row of the moment, for its owner alone, while the service works", async function () {
    await charge(running.service);
    const run = await runScript("wattproof", ["backup", file(), "--data", running.dataPath, "--json"]);
    expect(run.code, run.stderr).to.equal(0);
    expect(JSON.parse(run.stdout)).to.deep.include({ file: file(), sessions: 1 });
    expect(statSync(file()).mode & 0o777).to.equal(0o600);
    restoreLedger(file(), empty());
    expect(dumpTables(empty())).to.deep.equal(dumpTables(running.dataPath));
  });

  it("lets a service go on whose disk was lost, to the same books as the chain has", async function () {
    backupLedger(running.dataPath, file());
    await charge(running.service);
    const books = await booksOf(running.service);
    await running.service.close();

    const dry = await runScript("wattproof", ["restore", file(), "--dry-run", "--json"]);
    expect(JSON.parse(dry.stdout)).to.deep.include({ isDryRun: true, sessions: 1 });
    const run = await runScript("wattproof", ["restore", file(), "--data", empty(), "--json"]);
    expect(run.code, run.stderr).to.equal(0);
    const config = parseConfiguration(testEnvironment(chain, empty(), { WATTPROOF_INIT: "" }));
    const restored = await startService(config, { log: pino({ level: "silent" }) });
    try {
      await restored.synchronise();
      expect(await booksOf(restored)).to.deep.equal(books);
      // It charges on.
      await charge(restored);
      const { sessions } = await booksOf(restored);
      expect(sessions).to.have.length(books.sessions.length + 1);
      expect(sessions.map(([, status]) => status)).to.deep.equal(sessions.map(() => books.sessions[0]?.[1]));
    } finally {
      await restored.close();
    }
  });
});
