import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { z } from "zod";

import { openPostgresStore } from "../../../services/store/postgres/postgres-store.ts";
import { readPostgresTarget } from "../../../services/store/postgres/target.ts";
import { openSqliteStore } from "../../../services/store/sqlite/sqlite-store.ts";
import type { Store } from "../../../services/store/store.ts";
import { sharedPostgres, whyNoPostgres } from "../../helpers/postgres-server.ts";
import { frameOf } from "../../services/store/samples.ts";
import { runScript } from "../run-script.ts";

const pool = { connections: 2, waitMs: 5_000, statementTimeoutMs: 10_000, idleTransactionMs: 5_000 };
const summary = z.looseObject({ frames: z.number() });
const dayMs = 86_400_000;

describe("wattproof store archive", function () {
  this.timeout(120_000);
  let folder: string;

  beforeEach(function () {
    folder = mkdtempSync(join(tmpdir(), "wattproof-archive-verb-"));
  });
  afterEach(function () {
    rmSync(folder, { recursive: true });
  });

  const archiveFolder = () => join(folder, "archive");
  const run = async (words: readonly string[], environment: Readonly<Record<string, string>>) => {
    const done = await runScript("wattproof", ["store", ...words, "--json"], environment);
    return { ...done, document: summary.safeParse(JSON.parse(done.stdout || "{}")).data };
  };

  async function fill(store: Store): Promise<void> {
    for (const days of [90, 80, 10, 1]) {
      const receivedAtMs = Date.now() - days * dayMs;
      await store.commitFrame(frameOf("A", "in", "Heartbeat", { receivedAtMs }), []);
    }
    await store.moveFrameCursors([{ stationId: "A", stationOrdinal: 4 }]);
  }

  /** The same run on either store, while another process has the ledger open. */
  async function archives(store: Store, environment: Readonly<Record<string, string>>): Promise<void> {
    await fill(store);
    const words = ["archive", "--to", archiveFolder(), "--older-than", "30"];
    const planned = await run([...words, "--dry-run"], environment);
    expect(planned.code, planned.stderr).to.equal(0);
    expect(planned.document).to.deep.include({ isDryRun: true, frames: 2, characters: 4 });
    expect(await store.listFrames("A", 0, 9)).to.have.length(4);
    const done = await run(words, environment);
    expect(done.code, done.stderr).to.equal(0);
    expect(done.document).to.deep.include({ isDryRun: false, frames: 2, archived: 2 });
    expect((await store.listFrames("A", 0, 9)).map(({ stationOrdinal }) => stationOrdinal)).to.deep.equal([3, 4]);
    const checked = await run(["check-archive", archiveFolder()], environment);
    expect(checked.code, checked.stderr).to.equal(0);
    expect(checked.document).to.deep.include({ frames: 2, findings: [] });
    const again = await run(words, environment);
    expect(again.document).to.deep.include({ frames: 0, archived: 0 });
    // The service goes on where it was.
    const { frame } = await store.commitFrame(frameOf("A"), []);
    expect(frame.stationOrdinal).to.equal(5);
    rmSync(archiveFolder(), { recursive: true });
    const lost = await run(["check-archive", archiveFolder()], environment);
    expect(lost.code).to.equal(2);
  }

  it("refuses less than thirty days, and a ledger that is not there", async function () {
    const environment = { WATTPROOF_DATA: folder };
    const short = await run(["archive", "--to", archiveFolder(), "--older-than", "29"], environment);
    expect(short.code).to.equal(2);
    expect(short.stdout + short.stderr).to.contain("USAGE_INVALID");
    const none = await run(["archive", "--to", archiveFolder(), "--older-than", "30"], environment);
    expect(none.code).to.equal(2);
    expect(none.stdout + none.stderr).to.contain("STORE_MISSING");
  });

  it("takes old messages out of a folder's ledger that is at work", async function () {
    const store = openSqliteStore(folder);
    try {
      await archives(store, { WATTPROOF_DATA: folder });
    } finally {
      await store.close();
    }
  });

  it("takes old messages out of PostgreSQL", async function () {
    if (whyNoPostgres() !== null) return this.skip();
    const address = await (await sharedPostgres()).createDatabase();
    const store = await openPostgresStore(readPostgresTarget(address), pool, { isInit: true });
    try {
      await archives(store, { WATTPROOF_STORE: address });
    } finally {
      await store.close();
    }
  });
});
