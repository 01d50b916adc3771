import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { expect } from "chai";
import { Client } from "pg";

import { copyLedger, moveLedger, planMove, type MoveOptions } from "../../../../services/store/move/move-ledger.ts";
import { currentShapes } from "../../../../services/store/move/shapes.ts";
import { openPostgresStore } from "../../../../services/store/postgres/postgres-store.ts";
import { readPostgresTarget, type PostgresTarget } from "../../../../services/store/postgres/target.ts";
import { lockFolder } from "../../../../services/store/sqlite/database.ts";
import { openSqliteStore } from "../../../../services/store/sqlite/sqlite-store.ts";
import type { Store } from "../../../../services/store/store.ts";
import { sharedPostgres, whyNoPostgres } from "../../../helpers/postgres-server.ts";
import { startScript, runScript } from "../../../scripts/run-script.ts";
import { frameOf, message } from "../samples.ts";
import { expectCode } from "../world.ts";

const pool = { connections: 3, waitMs: 10_000, statementTimeoutMs: 10_000, idleTransactionMs: 5_000 };
const owner = { chainId: 31_337, settlement: "0x01", oracle: "0x02" };

const connection = { protocol: "ocpp1.6", securityProfile: 1, address: "::1", connectedAtMs: 1 } as const;

describe("Moving a ledger from a folder into PostgreSQL", function () {
  this.timeout(60_000);
  let folder: string;
  let address: string;
  let target: PostgresTarget;

  before(function () {
    const reason = whyNoPostgres();
    if (reason === null) return;
    console.warn(reason);
    this.skip();
  });
  beforeEach(async function () {
    folder = await mkdtemp(join(tmpdir(), "wattproof-move-"));
    address = await (await sharedPostgres()).createDatabase();
    target = readPostgresTarget(address);
  });
  afterEach(async function () {
    await rm(folder, { recursive: true, force: true });
  });

  function optionsWith(given: Partial<MoveOptions> = {}): MoveOptions {
    const signal = new AbortController().signal;
    return { isAnew: false, signal, onBegin: () => undefined, onSteps: () => undefined, ...given };
  }

  async function fill(work: (store: Store) => Promise<unknown>): Promise<void> {
    const store = openSqliteStore(folder);
    await store.claimLedger(owner, null);
    await work(store);
    await store.close();
  }

  async function onPostgres<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    const client = new Client(address);
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** Frames enough for several commits. */
  function fillManyFrames(count: number): void {
    const database = new DatabaseSync(join(folder, "wattproof.sqlite"));
    database.exec(`INSERT INTO ocpp_frames (station_id, protocol, direction, received_at_ms, text, station_ordinal)
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
      SELECT 'CS-9', 'ocpp1.6', 'in', n, hex(randomblob(400)), n FROM numbers`);
    database.close();
  }

  it("knows every table of the schema, and each behind those that it refers to", function () {
    const names = currentShapes().map(({ name }) => name);
    expect(names).to.include.members(["sessions", "cdrs", "ocpp_frames", "ocpp_station_cursors", "replicas"]);
    for (const [child, parent] of [
      ["cdrs", "sessions"],
      ["charging_frames", "ocpp_frames"],
      ["token_openings", "charging_transactions"],
    ] as const) {
      expect(names.indexOf(parent), child).to.be.lessThan(names.indexOf(child));
    }
    const sessions = currentShapes().find(({ name }) => name === "sessions");
    // What the database computes is no part of a row.
    expect(sessions?.columns.map(({ name }) => name))
      .to.include("state")
      .and.not.include("operator");
  });

  it("refuses a folder without a ledger, and one on which a service works", async function () {
    await expectCode(moveLedger(join(folder, "none"), target, optionsWith()), "STORE_MISSING");
    await fill((store) => store.putMessage(message("m")));
    const lock = lockFolder(folder);
    await expectCode(moveLedger(folder, target, optionsWith()), "STORE_UNAVAILABLE");
    lock.release();
  });

  it("refuses a database that holds a ledger, another ledger's rows or other tables", async function () {
    await fill((store) => store.putMessage(message("m")));
    await (await openPostgresStore(target, pool, { isInit: true })).close();
    await expectCode(moveLedger(folder, target, optionsWith()), "BACKUP_TARGET_TAKEN");
    await expectCode(planMove(folder, target), "BACKUP_TARGET_TAKEN");

    address = await (await sharedPostgres()).createDatabase();
    await onPostgres((client) => client.query("CREATE TABLE invoices (number int)"));
    await expectCode(moveLedger(folder, readPostgresTarget(address), optionsWith()), "BACKUP_TARGET_TAKEN");

    address = await (await sharedPostgres()).createDatabase();
    await copyLedger(folder, readPostgresTarget(address), optionsWith());
    const database = new DatabaseSync(join(folder, "wattproof.sqlite"));
    database.exec("UPDATE ledger_identity SET chain_id = 1");
    database.close();
    await expectCode(moveLedger(folder, readPostgresTarget(address), optionsWith()), "BACKUP_TARGET_TAKEN");
    expect(existsSync(join(folder, "wattproof.sqlite"))).to.equal(true);
  });

  it("only says what there is to do where it is asked to", async function () {
    await fill((store) => store.putMessage(message("m")));
    const { targetIs, rows, rowsThere } = await planMove(folder, target);
    expect({ targetIs, rowsThere }).to.deep.equal({ targetIs: "empty", rowsThere: 0 });
    // The message, and whose ledger it is.
    expect(rows).to.equal(2);
    await expectCode(openPostgresStore(target, pool, { isInit: false }), "STORE_MISSING");
  });

  it("brings every value as it was, and what comes next follows on it", async function () {
    const text = `[2,"\u0000\u0001a","\u0001"]`;
    await fill(async (store) => {
      await store.putMessage({ ...message("m"), record: Uint8Array.from([0, 1, 92, 255]) });
      for (let count = 0; count < 3; count += 1)
        await store.commitFrame(frameOf("CS-\u0001", "in", null, { text }), []);
      await store.moveFrameCursors([{ stationId: "CS-\u0001", stationOrdinal: 2 }]);
      await store.commitFrame(frameOf("CS-2"), []);
      await store.holdStation("CS-2", "r1", connection);
    });
    const database = new DatabaseSync(join(folder, "wattproof.sqlite"));
    database.exec(`INSERT INTO meter_keys VALUES ('k', 1);
      INSERT INTO register_spans VALUES ('k', 'r', 'T', 1, 9007199254740993, 9223372036854775807)`);
    database.close();
    const before = openSqliteStore(folder);
    const [pending, frames, backlogs] = await Promise.all([
      before.listPendingMessages(9),
      before.listFrames("CS-\u0001", 0, 9),
      before.listFrameBacklogs(),
    ]);
    await before.close();

    const move = await moveLedger(folder, target, optionsWith());
    expect(move.targetWas).to.equal("empty");
    expect(move.tables.find(({ table }) => table === "ocpp_frames")?.rows).to.equal(4);
    const store = await openPostgresStore(target, pool, { isInit: false });
    try {
      expect(await store.listPendingMessages(9)).to.deep.equal(pending);
      expect(await store.listFrames("CS-\u0001", 0, 9)).to.deep.equal(frames.map((frame) => ({ ...frame, text })));
      expect(await store.listFrameBacklogs()).to.deep.equal(backlogs);
      expect((await store.commitFrame(frameOf("CS-2"), [])).frame).to.deep.include({ ordinal: 5, stationOrdinal: 2 });
      expect((await store.holdStation("CS-2", "r2", connection)).epoch).to.equal(2);
    } finally {
      await store.close();
    }
    const spans = await onPostgres((client) =>
      client.query("SELECT begin_micro_wh::text AS first, end_micro_wh::text AS last FROM register_spans"),
    );
    expect(spans.rows).to.deep.equal([{ first: "9007199254740993", last: "9223372036854775807" }]);
    // Frames refuse a change again.
    const change = onPostgres((client) => client.query("UPDATE ocpp_frames SET text = ''"));
    expect(await change.then(() => "changed", String)).to.include("never changed");
  });

  it("leaves no ledger in the folder that a service could go on with", async function () {
    await fill((store) => store.putMessage(message("m")));
    await moveLedger(folder, target, optionsWith());
    expect(existsSync(join(folder, "wattproof.sqlite.moved"))).to.equal(true);
    await expectCode(moveLedger(folder, target, optionsWith()), "STORE_MISSING");
  });

  it("goes on after a kill, and no service opens what is half there", async function () {
    await fill((store) => store.putMessage(message("m")));
    fillManyFrames(40_000);
    const parameters = ["store", "move", "--data", folder, "--to", address, "--json"];
    const killed = startScript("wattproof", parameters);
    const countFrames = async (): Promise<number> => {
      const { rows } = await onPostgres((client) =>
        client.query<{ count: string }>("SELECT count(*) FROM ocpp_frames").catch(() => ({ rows: [{ count: "0" }] })),
      );
      return Number(rows[0]?.count);
    };
    while ((await countFrames()) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    killed.child.kill("SIGKILL");
    await killed.finished;
    const kept = await countFrames();
    expect(kept).to.be.within(1, 39_999);
    await expectCode(openPostgresStore(target, pool, { isInit: false }), "STORE_INCOMPLETE");
    await expectCode(openPostgresStore(target, pool, { isInit: true }), "STORE_INCOMPLETE");

    const dry = await runScript("wattproof", [...parameters, "--dry-run"]);
    expect(dry.code, dry.stderr).to.equal(0);
    expect(JSON.parse(dry.stdout)).to.deep.include({ isDryRun: true, targetIs: "begun" });
    const run = await runScript("wattproof", parameters);
    expect(run.code, run.stderr).to.equal(0);
    const done = JSON.parse(run.stdout) as {
      readonly written: number;
      readonly rows: number;
      readonly targetWas: string;
    };
    expect(done.targetWas).to.equal("begun");
    // The message and whose ledger it is may have come with either run.
    expect(done.written).to.be.within(40_000 - kept, 40_002 - kept);
    expect(await countFrames()).to.equal(40_000);
    await (await openPostgresStore(target, pool, { isInit: false })).close();
  });

  it("is stopped between two commits, finds a folder that has changed since, and begins again when told to", async function () {
    await fill((store) => store.putMessage(message("m1")));
    fillManyFrames(2_000);
    const stop = new AbortController();
    const options = optionsWith({
      signal: stop.signal,
      onSteps(steps) {
        if (steps === 500) stop.abort();
      },
    });
    await expectCode(moveLedger(folder, target, options), "INTERRUPTED");
    const database = new DatabaseSync(join(folder, "wattproof.sqlite"));
    database.exec("UPDATE messages SET received_at_ms = received_at_ms + 1");
    database.close();
    await expectCode(moveLedger(folder, target, optionsWith()), "MOVE_DIFFERS");
    await expectCode(openPostgresStore(target, pool, { isInit: false }), "STORE_INCOMPLETE");
    const move = await moveLedger(folder, target, optionsWith({ isAnew: true }));
    expect(move.written).to.equal(2_002);
    await (await openPostgresStore(target, pool, { isInit: false })).close();
  });

  it("finds a value that the database has changed", async function () {
    await fill((store) => store.putMessage(message("m1")));
    await copyLedger(folder, target, optionsWith());
    await onPostgres((client) => client.query("UPDATE messages SET station_id = 'CS-X'"));
    await expectCode(moveLedger(folder, target, optionsWith()), "MOVE_DIFFERS");
    expect(existsSync(join(folder, "wattproof.sqlite"))).to.equal(true);
  });
});
