import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { expect } from "chai";

import { lockFolder, openDatabase } from "../../../../services/store/sqlite/database.ts";
import { matchingStep } from "../../../../services/store/sqlite/matching.ts";
import { typesOf } from "../../../../services/store/tokens.ts";
import { migrations } from "../../../../services/store/sqlite/migrations.ts";
import { createGroupCommit } from "../../../../services/store/sqlite/group-commit.ts";
import { openSqliteStore } from "../../../../services/store/sqlite/sqlite-store.ts";
import { WattproofError } from "../../../../services/errors.ts";
import { describeStore } from "../suite.ts";

function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "wattproof-store-"));
}

describeStore("SQLite", async () => {
  const folder = await temporaryFolder();
  let store = openSqliteStore(folder);
  return {
    store,
    async reopen() {
      await store.close();
      store = openSqliteStore(folder);
      return store;
    },
    async remove() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});

const stepsBeforeMatching = migrations.indexOf(matchingStep);

describe("The SQLite file", function () {
  let folder: string;

  beforeEach(async function () {
    folder = await temporaryFolder();
  });
  afterEach(async function () {
    await rm(folder, { recursive: true, force: true });
  });

  it("is refused if a newer version wrote it", function () {
    const database = openDatabase(folder);
    database.exec("PRAGMA user_version = 9999");
    database.close();
    expect(() => openDatabase(folder))
      .to.throw(WattproofError)
      .with.property("code", "STORE_CORRUPT");
  });

  it("is refused if it is no database", async function () {
    await writeFile(join(folder, "wattproof.sqlite"), "no database, but long enough to look like one".repeat(99));
    expect(() => openSqliteStore(folder))
      .to.throw(WattproofError)
      .with.property("code", "STORE_CORRUPT");
  });

  it("knows nothing of the mark of a record that was kept before there were marks", async function () {
    const database = new DatabaseSync(join(folder, "wattproof.sqlite"), { enableForeignKeyConstraints: false });
    database.exec(migrations[0] ?? "");
    database.exec("PRAGMA user_version = 1");
    database.exec("INSERT INTO records VALUES ('r1', '0xs1', 'm1', x'00', '00', 'key', 'T', 1, 1, NULL)");
    database.close();
    const store = openSqliteStore(folder);
    expect(await store.findRecord("r1")).to.deep.include({ recordIdentity: "r1", isSettleableByMeter: null });
    await store.close();
  });

  it("keeps bindings and transactions from before bindings had several types", async function () {
    const database = new DatabaseSync(join(folder, "wattproof.sqlite"), { enableForeignKeyConstraints: false });
    for (const step of migrations.slice(0, stepsBeforeMatching)) database.exec(step);
    database.exec(`PRAGMA user_version = ${stepsBeforeMatching}`);
    const consent = { driver: "0x1", lane: 1, vehicleKey: "0x2", operators: ["0x3"], periodSeconds: 1, expiresAt: 1 };
    const text = JSON.stringify({ ...consent, sessionCapMicro: "1", periodCapMicro: "1" });
    database
      .prepare("INSERT INTO id_token_bindings VALUES ('04AA', 'ISO14443', 'c', ?, 't', 0, '1', NULL, 1)")
      .run(text);
    database.exec(
      `INSERT INTO charging_transactions (station_id, protocol, ocpp_transaction_id, last_message_at_ms, is_open)
       VALUES ('CS-1', 'ocpp1.6', '7', 1, 0)`,
    );
    database.close();
    const store = openSqliteStore(folder);
    const binding = await store.findIdTokenBinding("04AA");
    expect(binding === null ? null : typesOf(binding)).to.deep.equal(["ISO14443"]);
    const [transaction] = await store.listChargingTransactions("CS-1");
    expect(transaction).to.include({ lateFrames: 0, assessDueAtMs: null, waitUntilMs: null, remoteStartId: null });
    await store.close();
  });

  it("lets sessions go on that were opened before tariffs were assigned, and those alone", async function () {
    const database = new DatabaseSync(join(folder, "wattproof.sqlite"));
    const before = migrations.findIndex((step) => step.includes("CREATE TABLE tariff_assignments"));
    for (const step of migrations.slice(0, before)) database.exec(step);
    database.exec(`PRAGMA user_version = ${before}`);
    database.exec("INSERT INTO chain_cursor VALUES (1, 41, '0xa')");
    database.close();
    const store = openSqliteStore(folder);
    expect(await store.readLastBlockBeforeAssignments()).to.equal(41);
    await store.close();
  });

  it("waits for the disk at every commit", function () {
    const database = openDatabase(folder);
    expect(database.prepare("PRAGMA journal_mode").get()).to.deep.include({ journal_mode: "wal" });
    // 2 is FULL.
    expect(database.prepare("PRAGMA synchronous").get()).to.deep.include({ synchronous: 2 });
    database.close();
  });

  it("is one service's at a time, and free again afterwards", function () {
    const lock = lockFolder(folder);
    expect(() => lockFolder(folder))
      .to.throw(WattproofError)
      .with.property("code", "STORE_UNAVAILABLE");
    lock.release();
    lockFolder(folder).release();
  });

  it("takes writes that arrive together in one commit", async function () {
    let commits = 0;
    class CountingDatabase extends DatabaseSync {
      override prepare(sql: string): ReturnType<DatabaseSync["prepare"]> {
        const statement = super.prepare(sql);
        if (sql !== "COMMIT") return statement;
        return new Proxy(statement, {
          get(target, property) {
            if (property === "run") commits += 1;
            const value: unknown = Reflect.get(target, property, target);
            return typeof value === "function" ? (value.bind(target) as unknown) : value;
          },
        });
      }
    }
    const database = new CountingDatabase(join(folder, "count.sqlite"));
    database.exec("CREATE TABLE numbers (number INTEGER)");
    const group = createGroupCommit(database);
    const insert = database.prepare("INSERT INTO numbers VALUES (?)");
    await Promise.all(Array.from({ length: 50 }, (_unused, number) => group.write(() => insert.run(number))));
    expect(commits).to.equal(1);
    expect(database.prepare("SELECT count(*) AS count FROM numbers").get()).to.deep.include({ count: 50 });
    await group.close();
    database.close();
  });
});
