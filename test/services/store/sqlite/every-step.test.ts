import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { gunzipSync } from "node:zlib";

import { expect } from "chai";

import { migrations } from "../../../../services/store/sqlite/migrations.ts";
import { openSqliteStore } from "../../../../services/store/sqlite/sqlite-store.ts";
import { dumpTables } from "../../../helpers/table-dump.ts";

const vector = new URL("../../../vectors/ledger-241f0c3/ledger.sqlite.gz", import.meta.url);

/** A data folder of the first release, as versions between then and now would have left it. */
describe("A data folder of every version since the first release", function () {
  let folder: string;
  let first: number;
  let expected: ReturnType<typeof dumpTables>;

  beforeEach(function () {
    folder = mkdtempSync(join(tmpdir(), "wattproof-steps-"));
    writeFileSync(join(folder, "wattproof.sqlite"), gunzipSync(readFileSync(vector)));
  });
  afterEach(function () {
    rmSync(folder, { recursive: true, force: true });
  });

  function withLedger<Result>(act: (database: DatabaseSync) => Result): Result {
    const database = new DatabaseSync(join(folder, "wattproof.sqlite"), { enableForeignKeyConstraints: true });
    try {
      return act(database);
    } finally {
      database.close();
    }
  }

  const versionOf = (database: DatabaseSync): number =>
    Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);

  it("is brought up to date in one go", async function () {
    first = withLedger(versionOf);
    expect(first).to.be.greaterThan(0).and.to.be.lessThan(migrations.length);
    await openSqliteStore(folder).close();
    expect(withLedger(versionOf)).to.equal(migrations.length);
    expected = dumpTables(folder);
  });

  it("is whole after each step, and comes to the same rows from wherever it stood", async function () {
    for (let version = first; version <= migrations.length; version += 1) {
      rmSync(join(folder, "wattproof.sqlite"));
      for (const suffix of ["-wal", "-shm"]) rmSync(join(folder, `wattproof.sqlite${suffix}`), { force: true });
      writeFileSync(join(folder, "wattproof.sqlite"), gunzipSync(readFileSync(vector)));
      withLedger((database) => {
        for (const [index, step] of migrations.slice(first, version).entries()) {
          database.exec(`BEGIN; ${step}; PRAGMA user_version = ${first + index + 1}; COMMIT;`);
        }
        expect(versionOf(database)).to.equal(version);
        expect(database.prepare("PRAGMA integrity_check").all(), `schema ${version}`).to.deep.equal([
          Object.assign(Object.create(null), { integrity_check: "ok" }),
        ]);
        expect(database.prepare("PRAGMA foreign_key_check").all(), `schema ${version}`).to.deep.equal([]);
      });
      await openSqliteStore(folder).close();
      expect(dumpTables(folder), `from schema ${version}`).to.deep.equal(expected);
    }
  });

  it("is refused by this version where a later one has written it", function () {
    withLedger((database) => {
      database.exec(`PRAGMA user_version = ${migrations.length + 1}`);
    });
    expect(() => openSqliteStore(folder))
      .to.throw()
      .with.property("code", "STORE_CORRUPT");
  });
});
