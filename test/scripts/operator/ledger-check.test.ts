import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { expect } from "chai";

import { checkMachine } from "../../../scripts/operator/doctor/machine-checks.ts";
import { openSqliteStore } from "../../../services/store/sqlite/sqlite-store.ts";

const vector = new URL("../../vectors/ledger-241f0c3/ledger.sqlite.gz", import.meta.url);

describe("wattproof doctor: the ledger", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "wattproof-doctor-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function findLedger() {
    const findings = await checkMachine({ WATTPROOF_DATA: folder });
    return findings.filter(({ check }) => check === "ledger");
  }

  it("fails where nothing of it can be settled, names the error, and changes nothing", async () => {
    const path = join(folder, "wattproof.sqlite");
    await writeFile(path, gunzipSync(await readFile(vector)));
    const before = await readFile(path);
    const [finding] = await findLedger();
    expect(finding).to.deep.include({ outcome: "fails" });
    expect(finding?.detail).to.include("STORE_OF_OLDER_CONTRACTS");
    expect((await readFile(path)).equals(before)).to.equal(true);
  });

  it("is fine where it began under the present contracts, and says nothing where there is none", async () => {
    expect(await findLedger()).to.deep.equal([]);
    await openSqliteStore(folder).close();
    expect((await findLedger()).map(({ outcome }) => outcome)).to.deep.equal(["ok"]);
  });

  it("says why where the file is no ledger", async () => {
    await writeFile(join(folder, "wattproof.sqlite"), "this is no database, and longer than a header");
    const [finding] = await findLedger();
    expect(finding?.outcome).to.equal("fails");
    expect(finding?.detail).to.match(/^STORE_(CORRUPT|UNAVAILABLE)/);
  });
});
