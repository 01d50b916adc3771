import { once } from "node:events";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer as createHttpServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

import { expect } from "chai";
import { Wallet } from "ethers";
import { pino } from "pino";

import { parseConfiguration } from "../../services/config/config.ts";
import { WattproofError } from "../../services/errors.ts";
import { startService, type Service } from "../../services/index.ts";
import { checkLedger } from "../../services/store/sqlite/check-ledger.ts";
import { openSqliteStore } from "../../services/store/sqlite/sqlite-store.ts";
import { openChainLine } from "../helpers/chain-line.ts";
import { addStation, codeOf, get, post, testEnvironment } from "../helpers/running-service.ts";
import { startServiceChain, type ServiceChain } from "../helpers/service-chain.ts";

const silent = { log: pino({ level: "silent" }) };
const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_000_600 };

describe("The ledger of a service", function () {
  let chain: ServiceChain;
  let folder: string;
  const running: Service[] = [];

  before(async function () {
    chain = await startServiceChain();
  });
  after(async function () {
    await chain.close();
  });
  beforeEach(async function () {
    folder = await mkdtemp(join(tmpdir(), "wattproof-ledger-"));
  });
  afterEach(async function () {
    for (const service of running.splice(0)) await service.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(
    overrides: Readonly<Record<string, string>> = {},
    options: Parameters<typeof startService>[1] = {},
  ): Promise<Service> {
    const config = parseConfiguration(testEnvironment(chain, folder, overrides));
    const service = await startService(config, { ...silent, ...options });
    running.push(service);
    return service;
  }

  async function stop(): Promise<void> {
    for (const service of running.splice(0)) await service.close();
  }

  async function refusalOf(overrides: Readonly<Record<string, string>> = {}): Promise<WattproofError> {
    try {
      await start(overrides);
    } catch (error) {
      if (error instanceof WattproofError) return error;
      throw error;
    }
    expect.fail("It started.");
  }

  const alertsOf = async ({ url }: Service, alert: string): Promise<number> => {
    const { body } = await get(url, "/metrics");
    return Number(new RegExp(`wattproof_alerts_total{alert="${alert}"} ([0-9]+)`).exec(String(body))?.[1]);
  };

  describe("that is not there", function () {
    it("stops the start, and nothing is made in its place", async function () {
      const missing = join(folder, "not-mounted");
      for (const path of [folder, missing]) {
        const refusal = await refusalOf({ WATTPROOF_INIT: "0", WATTPROOF_DATA: path });
        expect(refusal.code).to.equal("STORE_MISSING");
        expect(refusal.detail).to.include("--init").and.include(path);
      }
      expect(readdirSync(folder)).to.deep.equal([]);
    });

    it("is made by the first start, and is enough for the next ones", async function () {
      await start();
      await stop();
      await start({ WATTPROOF_INIT: "0" });
    });

    it("is made by the program with --init alone", async function () {
      const entry = fileURLToPath(new URL("../../services/index.ts", import.meta.url));
      const run = async (parameters: readonly string[]): Promise<readonly [number | null, string]> => {
        const { PATH = "", NODE_COMPILE_CACHE = "" } = process.env;
        const env = { PATH, NODE_COMPILE_CACHE, ...testEnvironment(chain, folder), WATTPROOF_INIT: "0" };
        const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", entry, ...parameters], {
          ...{ env, stdio: ["ignore", "pipe", "pipe"] },
        });
        let words = "";
        child.stderr.on("data", (chunk: Buffer) => (words += chunk.toString()));
        child.stdout.once("data", () => child.kill("SIGTERM"));
        await once(child, "close");
        return [child.exitCode, words];
      };
      const [refused, words] = await run([]);
      expect([refused, words.split(":")[0]]).to.deep.equal([2, "STORE_MISSING"]);
      expect((await run(["--init"]))[0]).to.equal(0);
      expect((await run([]))[0]).to.equal(0);
    });
  });

  describe("of the first contracts", function () {
    it("is brought up to date, and settles nothing: the start ends with a code of its own", async function () {
      const packed = readFileSync(new URL("../vectors/ledger-241f0c3/ledger.sqlite.gz", import.meta.url));
      writeFileSync(join(folder, "wattproof.sqlite"), gunzipSync(packed));
      expect((await refusalOf()).code).to.equal("STORE_OF_OLDER_CONTRACTS");
      expect((await refusalOf()).code).to.equal("STORE_OF_OLDER_CONTRACTS");
    });
  });

  describe("that is somebody else's", function () {
    it("is refused for another oracle, and handed over where its key was rotated", async function () {
      await start();
      await stop();
      const next = Wallet.createRandom();
      const asNext = { WATTPROOF_ORACLE_PRIVATE_KEY: next.privateKey };
      const refusal = await refusalOf(asNext);
      expect(refusal.code).to.equal("STORE_FOREIGN");
      expect(refusal.detail).to.include(chain.oracle.address);
      const other = { ...asNext, WATTPROOF_FORMER_ORACLE: Wallet.createRandom().address };
      expect((await refusalOf(other)).code).to.equal("STORE_FOREIGN");
      await start({ ...asNext, WATTPROOF_FORMER_ORACLE: chain.oracle.address });
      await stop();
      await start(asNext);
      await stop();
      expect((await refusalOf()).code).to.equal("STORE_FOREIGN");
    });

    it("is refused for another deployment, also where an older version kept it and it has no name", async function () {
      const service = await start();
      await chain.openSession(await chain.addChargingPoint());
      await service.synchronise();
      await stop();
      const path = join(folder, "deployment.json");
      const { contracts } = chain.deployment;
      const chargingSettlement = contracts.meterRegistry;
      writeFileSync(path, JSON.stringify({ ...chain.deployment, contracts: { ...contracts, chargingSettlement } }));
      expect((await refusalOf({ WATTPROOF_DEPLOYMENT: path })).code).to.equal("STORE_FOREIGN");
      const database = new DatabaseSync(join(folder, "wattproof.sqlite"));
      database.exec("DELETE FROM ledger_identity");
      database.close();
      expect((await refusalOf({ WATTPROOF_DEPLOYMENT: path })).code).to.equal("STORE_FOREIGN");
      await start();
    });
  });

  describe("that is damaged", function () {
    /** Overwrites the root page of a table. */
    function damage(table: string): void {
      const path = join(folder, "wattproof.sqlite");
      const database = new DatabaseSync(path);
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      const { rootpage } = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").get(table) ?? {};
      const { page_size: pageSize } = database.prepare("PRAGMA page_size").get() ?? {};
      database.close();
      const bytes = readFileSync(path);
      bytes.fill(0x5a, (Number(rootpage) - 1) * Number(pageSize), Number(rootpage) * Number(pageSize));
      writeFileSync(path, bytes);
    }

    it("stops the start of the service", async function () {
      await start();
      await stop();
      damage("sessions");
      expect((await refusalOf()).code).to.equal("STORE_CORRUPT");
    });

    it("is found in the background where it is large", async function () {
      await start();
      await stop();
      damage("sessions");
      const ended = new AbortController();
      const found = await new Promise<WattproofError>((resolve) => {
        checkLedger(folder, resolve, ended.signal, 0);
      });
      expect(found.code).to.equal("STORE_CORRUPT");
      ended.abort();
    });

    it("gives an alert, is not ready and takes no more messages where that happens at work", async function () {
      const service = await start();
      const point = await chain.addChargingPoint();
      const session = await chain.openSession(point);
      const station = await addStation(service.store, "CS-1", [point.evse]);
      await service.synchronise();
      // A second handle, as a failing disk would: below SQLite's own knowledge of its pages.
      damage("messages");
      const record = point.device.record({ idTag: session.idTag, energyMicroWh: 1_000_000n, ...times });
      const answer = await post(service.url, station, record);
      expect([answer.status, codeOf(answer)]).to.deep.equal([503, "STORE_CORRUPT"]);
      expect((await get(service.url, "/v1/ready")).body).to.have.nested.property(
        "error.detail",
        "store: STORE_CORRUPT",
      );
      expect(await alertsOf(service, "store-damaged")).to.equal(1);
    });
  });

  describe("and who may read it", function () {
    const modeOf = (path: string): number => statSync(path).mode & 0o777;

    it("is nobody but the user, whatever the umask", async function () {
      const path = join(folder, "data");
      const before = process.umask(0);
      try {
        await start({ WATTPROOF_DATA: path });
      } finally {
        process.umask(before);
      }
      expect(modeOf(path)).to.equal(0o700);
      const names = readdirSync(path);
      expect(names).to.include.members(["wattproof.sqlite", "wattproof.sqlite-wal", "wattproof.sqlite-shm"]);
      for (const name of names) expect(modeOf(join(path, name)), name).to.equal(0o600);
    });

    it("is tightened where an older version left it open, and a folder of others is left alone", async function () {
      const path = join(folder, "data");
      await start({ WATTPROOF_DATA: path });
      await stop();
      chmodSync(path, 0o755);
      for (const name of readdirSync(path)) chmodSync(join(path, name), 0o644);
      await start({ WATTPROOF_DATA: path });
      expect(modeOf(path)).to.equal(0o700);
      expect(modeOf(join(path, "wattproof.sqlite"))).to.equal(0o600);
      await stop();
      writeFileSync(join(path, "somebody-elses"), "");
      chmodSync(path, 0o755);
      await start({ WATTPROOF_DATA: path });
      expect(modeOf(path)).to.equal(0o755);
    });
  });

  describe("that cannot be had", function () {
    it("says that another service has it only where one does", async function () {
      await start();
      expect((await refusalOf()).detail).to.equal("Another service works on this data folder.");
    });

    it("says what is in its way", async function () {
      const file = join(folder, "file");
      writeFileSync(file, "");
      const taken = join(folder, "taken");
      mkdirSync(join(taken, "wattproof.sqlite"), { recursive: true });
      const locked = join(folder, "locked");
      mkdirSync(join(locked, "service-lock.sqlite"), { recursive: true });
      for (const [path, words] of [
        [file, "a file is where the folder should be"],
        [join(file, "below"), "a file is where a folder should be"],
        [taken, "a folder is where a file should be"],
        [locked, "a folder is where a file should be"],
      ] as const) {
        const refusal = await refusalOf({ WATTPROOF_DATA: path });
        expect([refusal.code, refusal.detail.includes(words)], refusal.detail).to.deep.equal([
          "STORE_UNAVAILABLE",
          true,
        ]);
      }
    });

    it("says that the user may not write there", async function () {
      // root may write anywhere.
      if (process.getuid?.() === 0) this.skip();
      chmodSync(folder, 0o500);
      const refusal = await refusalOf();
      chmodSync(folder, 0o700);
      expect(refusal.detail).to.include("may not write there");
    });

    it("says that the disk is full", async function () {
      // Only root can mount a disk that is small enough.
      if (process.getuid?.() !== 0) this.skip();
      const mount = spawn("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { stdio: "ignore" });
      const [code] = (await once(mount, "close")) as [number];
      if (code !== 0) this.skip();
      try {
        writeFileSync(join(folder, "filler"), Buffer.alloc(61_440));
        const refusal = await refusalOf();
        expect([refusal.code, refusal.detail.includes("the disk is full")], refusal.detail).to.deep.equal([
          "STORE_UNAVAILABLE",
          true,
        ]);
      } finally {
        await once(spawn("umount", [folder], { stdio: "ignore" }), "close");
      }
    });
  });

  describe("while the chain's endpoint is away at the start", function () {
    it("takes messages, is not ready, and settles when the endpoint is back", async function () {
      const line = await openChainLine(chain.rpcUrl);
      const first = await start({ WATTPROOF_RPC_URL: line.url });
      const point = await chain.addChargingPoint();
      const session = await chain.openSession(point);
      const station = await addStation(first.store, "CS-1", [point.evse]);
      await first.synchronise();
      await stop();

      line.cut();
      const service = await start({ WATTPROOF_RPC_URL: line.url });
      const ready = await get(service.url, "/v1/ready");
      expect(ready.status).to.equal(503);
      expect(ready.body)
        .to.have.nested.property("error.detail")
        .that.includes("chain: CHAIN_UNAVAILABLE")
        .and.not.includes("store");
      const record = point.device.record({ idTag: session.idTag, energyMicroWh: 1_000_000n, ...times });
      expect((await post(service.url, station, record)).status).to.be.oneOf([200, 503]);
      expect(await service.store.listPendingMessages(1)).to.have.lengthOf.at.most(1);

      line.mend();
      expect((await post(service.url, station, record)).status).to.equal(200);
      await service.synchronise();
      await service.synchronise();
      expect((await service.store.findSession(session.sessionId))?.state.status).to.equal("settled");
      expect((await get(service.url, "/v1/ready")).status).to.equal(200);
      await stop();
      await line.close();
    });

    it("settles nothing, with an alert, where another chain comes back", async function () {
      let chainId = "";
      const server = createHttpServer((request, response) => {
        let text = "";
        request.on("data", (chunk: Buffer) => (text += chunk.toString()));
        request.on("end", () => {
          const { id } = JSON.parse(text) as { readonly id: number };
          if (chainId === "") response.destroy();
          else response.end(JSON.stringify({ jsonrpc: "2.0", id, result: chainId }));
        });
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const service = await start({ WATTPROOF_RPC_URL: url, WATTPROOF_POLL_INTERVAL_MS: "50" });
      chainId = "0x1";
      for (let looks = 0; looks < 200 && (await alertsOf(service, "chain-mismatch")) === 0; looks += 1) await sleep(20);
      expect(await alertsOf(service, "chain-mismatch")).to.be.greaterThan(0);
      expect(await service.store.readCursor()).to.equal(null);
      const ready = await get(service.url, "/v1/ready");
      expect(ready.body).to.have.nested.property("error.detail").that.includes("chain: CHAIN_MISMATCH");
      await stop();
      server.close();
      server.closeAllConnections();
    });
  });

  describe("while the clock is set", function () {
    it("closes batches by age as if nothing had happened, and tells the operator", async function () {
      const dayMs = 86_400_000;
      const clock = { wallMs: Date.now(), elapsedMs: 0 };
      const service = await start(
        { WATTPROOF_BATCH_MAX_AGE_MS: "60000" },
        { now: () => clock.wallMs, elapsedMs: () => clock.elapsedMs },
      );
      const point = await chain.addChargingPoint();
      const session = await chain.openSession(point);
      const station = await addStation(service.store, "CS-1", [point.evse]);
      await service.synchronise();
      const record = point.device.record({ idTag: session.idTag, energyMicroWh: 1_000_000n, ...times });
      expect((await post(service.url, station, record)).status).to.equal(200);
      const statusOf = async () => (await service.store.findSession(session.sessionId))?.state.status;
      await service.synchronise();
      expect(await statusOf()).to.equal("completed");

      clock.wallMs -= 2 * dayMs;
      clock.elapsedMs += 59_999;
      await service.synchronise();
      expect(await statusOf()).to.equal("completed");
      clock.elapsedMs += 1;
      await service.synchronise();
      expect(await statusOf()).to.equal("settled");
      for (let looks = 0; looks < 300 && (await alertsOf(service, "clock-stepped")) === 0; looks += 1) await sleep(20);
      expect(await alertsOf(service, "clock-stepped")).to.equal(1);
    });
  });

  it("is not made by the command that registers stations", async function () {
    const { startScript } = await import("../scripts/run-script.ts");
    const run = await startScript("station", ["list", "--data", folder], {}).finished;
    expect([run.code, run.stderr.includes("STORE_MISSING")], run.stderr).to.deep.equal([2, true]);
    expect(readdirSync(folder)).to.deep.equal([]);
    await openSqliteStore(folder).close();
    expect((await startScript("station", ["list", "--data", folder], {}).finished).code).to.equal(0);
  });
});
