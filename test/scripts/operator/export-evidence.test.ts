import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { expect } from "chai";

import { openSqliteStore } from "../../../services/store/sqlite/sqlite-store.ts";
import { runScript } from "../run-script.ts";

const vector = new URL("../../vectors/ledger-241f0c3/ledger.sqlite.gz", import.meta.url);

describe("wattproof export evidence", function () {
  this.timeout(60_000);
  let folder: string;

  beforeEach(async function () {
    folder = await mkdtemp(join(tmpdir(), "wattproof-export-"));
  });
  afterEach(async function () {
    await rm(folder, { recursive: true, force: true });
  });

  it("writes every session and every record of a ledger of older contracts, for its owner alone", async function () {
    await writeFile(join(folder, "wattproof.sqlite"), gunzipSync(await readFile(vector)));
    const out = join(folder, "evidence.jsonl");
    const run = await runScript("wattproof", ["export", "evidence", "--data", folder, "--out", out, "--json"]);
    expect(run.code).to.equal(0);
    const lines = (await readFile(out, "utf8")).trimEnd().split("\n");
    const written = lines.map((line) => JSON.parse(line) as { sessionId: string; records: string[]; cdr: unknown });

    const store = openSqliteStore(folder);
    const sessions = await store.listSessions({ status: null, limit: 1_000, after: null });
    expect(written.map(({ sessionId }) => sessionId)).to.deep.equal(sessions.map(({ sessionId }) => sessionId));
    let recordCount = 0;
    for (const { sessionId, records, cdr } of written) {
      const kept = await store.listRecords(sessionId);
      recordCount += kept.length;
      expect(records).to.deep.equal(kept.map(({ record }) => Buffer.from(record).toString("base64")));
      expect(cdr === null).to.equal((await store.findCdr(sessionId)) === null);
    }
    await store.close();
    expect(recordCount).to.be.above(0);
    expect(JSON.parse(run.stdout)).to.deep.include({ sessions: sessions.length, records: recordCount });
    expect((await stat(out)).mode & 0o777).to.equal(0o600);
  });

  it("says that a folder holds no ledger, and writes nothing", async function () {
    const out = join(folder, "evidence.jsonl");
    const run = await runScript("wattproof", ["export", "evidence", "--data", folder, "--out", out, "--json"]);
    expect(run.code).to.equal(2);
    expect(run.stdout + run.stderr).to.include("STORE_MISSING");
    expect(await stat(out).catch(() => null)).to.equal(null);
  });
});
