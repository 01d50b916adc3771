import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { expect } from "chai";

import { lockFolder, openDatabase } from "../../../../services/store/sqlite/database.ts";
import { sourceStep } from "../../../../services/store/sql/messages.ts";
import { matchingStep } from "../../../../services/store/sql/matching.ts";
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
    database.exec(
      "INSERT INTO messages VALUES (1, 'm1', 'CS-1', x'00', 'text/plain', NULL, NULL, 1, NULL, NULL, NULL, NULL)",
    );
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

  it("keeps records from before their source was a value, each with its bytes once", async function () {
    const database = new DatabaseSync(join(folder, "wattproof.sqlite"), { enableForeignKeyConstraints: false });
    const before = migrations.indexOf(sourceStep);
    for (const step of migrations.slice(0, before)) database.exec(step);
    database.exec(`PRAGMA user_version = ${before}`);
    const insert = database.prepare(
      `INSERT INTO messages (message_id, station_id, body, media_type, record, session_reference, received_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, 5)`,
    );
    const wrapped = Buffer.from('{"record":"MQ==","sessionId":"0xs"}');
    insert.run("plain", "CS-1", Buffer.from("1"), "text/plain", null, null);
    insert.run("json", "CS-1", wrapped, "application/json", Buffer.from("2"), "0xs");
    insert.run("ocpp", "CS-1", wrapped, "application/x-wattproof-ocpp-record", Buffer.from("3"), "0xs");
    insert.run("lone", "CS-1", wrapped, "application/x-wattproof-ocpp-record", Buffer.from("4"), "0xother");
    insert.run("peer", "quorum/0x0a", wrapped, "application/json", Buffer.from("5"), "0xs");
    database.exec(
      `INSERT INTO charging_transactions (station_id, protocol, ocpp_transaction_id, session_id, last_message_at_ms,
         is_open) VALUES ('CS-1', 'ocpp1.6', '7', '0xs', 1, 0)`,
    );
    for (const name of ["plain", "json", "ocpp", "lone", "peer"]) {
      database.exec(
        `INSERT INTO records (record_identity, session_id, message_id, record, payload_sha256, meter_key_id,
           pagination_context, pagination_number, is_bound)
         SELECT message_id, '0xs', message_id, coalesce(record, body), '00', 'key', 'T', rowid, 1
         FROM messages WHERE message_id = '${name}'`,
      );
    }
    database.close();

    const store = openSqliteStore(folder);
    const kept = await store.listPendingMessages(9);
    const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();
    expect(kept.map(({ source, record }) => [source, textOf(record)])).to.deep.equal([
      [{ kind: "http", stationId: "CS-1", body: new Uint8Array(Buffer.from("1")), mediaType: "text/plain" }, "1"],
      [{ kind: "http", stationId: "CS-1", body: new Uint8Array(wrapped), mediaType: "application/json" }, "2"],
      [{ kind: "ocpp", stationId: "CS-1", ocppTransactionId: "7" }, "3"],
      [{ kind: "ocpp", stationId: "CS-1", ocppTransactionId: "" }, "4"],
      [{ kind: "peer", oracle: "0x0a" }, "5"],
    ]);
    const records = await store.listRecords("0xs");
    expect(records.map(({ record }) => textOf(record))).to.deep.equal(["1", "2", "3", "4", "5"]);
    await store.close();
    const migrated = new DatabaseSync(join(folder, "wattproof.sqlite"));
    const twice = migrated.prepare("SELECT message_id FROM messages WHERE record IS NOT NULL").all();
    expect(twice.map((row) => row["message_id"])).to.deep.equal(["json"]);
    migrated.close();
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
    await Promise.all(
      Array.from({ length: 50 }, (_unused, number) => group.write(() => Promise.resolve(insert.run(number)))),
    );
    expect(commits).to.equal(1);
    expect(database.prepare("SELECT count(*) AS count FROM numbers").get()).to.deep.include({ count: 50 });
    await group.close();
    database.close();
  });
});
