import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { expect } from "chai";

import type { DossierVerdict } from "../../services/dossier/verify/verify-dossier.ts";
import { expectRecomputed } from "../helpers/recomputed-cdrs.ts";
import { statedCost } from "../helpers/ocpi-calculator.ts";
import { runScript } from "./run-script.ts";

const file = join(process.env["WATTPROOF_SHARED"] ?? resolve("../shared"), "sessions/ail-2017.csv");
const header = "session_id,begin_local,end_local,duration_s,energy_wh,station_id,plug,driver";

interface Answer {
  readonly isEqual: boolean;
  readonly chain: Readonly<Record<string, unknown>>;
  readonly independent: Readonly<Record<string, unknown>>;
  readonly differingSessions: readonly string[];
}

describe("npm run replay", function () {
  this.timeout(600_000);
  let folder = "";

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "wattproof-replay-"));
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function write(name: string, ...rows: string[]): string {
    const path = join(folder, name);
    writeFileSync(path, [header, ...rows, ""].join("\n"));

    return path;
  }

  it("says with --help how replay is used", async () => {
    const run = await runScript("replay", ["--help"]);

    expect(run.code).to.equal(0);
    expect(run.stdout).to.contain("Example:");
  });

  it("refuses a file that is missing, empty or not what it should be, and a limit that is none", async () => {
    const bad = write("bad.csv", "1,2017-01-01T10:30,,60,-1,S,left,");

    expect((await runScript("replay", [])).code).to.equal(2);
    expect((await runScript("replay", [join(folder, "none.csv")])).code).to.equal(2);
    expect((await runScript("replay", [write("empty.csv")])).code).to.equal(2);
    expect((await runScript("replay", [file, "--limit", "0"])).code).to.equal(2);
    const run = await runScript("replay", [bad]);
    expect([run.code, run.stderr.split("\n")[0]]).to.deep.equal([2, `SESSIONS_FILE_INVALID: ${bad}, line 2`]);
  });

  it("plays what overlaps on a plug or for a driver, and what delivers nothing", async () => {
    const path = write(
      "overlap.csv",
      "1,2017-01-01T10:00,,7200,10000,S1,left,d1",
      "2,2017-01-01T10:30,,3600,2500,S1,left,d2",
      "3,2017-01-01T10:30,,3600,0,S1,right,d1",
      "4,2017-01-01T10:31,,154684,60000,S2,left,d1",
      "5,2017-01-01T10:32,,60,1,S2,right,",
      "6,2017-03-01T10:32,,0,0,S2,right,",
    );

    const run = await runScript("replay", [path, "--json"]);
    const answer = JSON.parse(run.stdout) as Answer;

    expect(run.code, run.stderr).to.equal(0);
    // 10 kWh in 120 minutes, 2.5 in 60, 60 in 2578 (more than the hold of 40), 1 Wh in 1 minute (the minimum of 0.5);
    // 0.35 + 0.42 per kWh + 0.012 per minute, and 8.1 %.
    const chargedMicro = 6_475_190 + 2_291_720 + 40_000_000 + 540_500;
    expect(answer.independent).to.deep.equal({
      sessions: 6,
      zeroEnergySessionsFree: 2,
      energyMicroWh: "72501000000",
      chargedMicro: chargedMicro.toString(),
      returnedMicro: (6 * 40_000_000 - chargedMicro).toString(),
      creditMicro: chargedMicro.toString(),
    });
    expect(answer.chain).to.deep.equal(answer.independent);
    expect(answer.differingSessions).to.deep.equal([]);
  });

  it("writes a dossier whose sums are those of the file and of the chain, and which a stranger accepts", async () => {
    const path = write(
      "dossier.csv",
      "1,2017-01-01T10:00,,7200,10000,S1,left,d1",
      "2,2017-01-01T10:30,,3600,2500,S1,left,d2",
      "3,2017-01-01T10:30,,3600,0,S1,right,d1",
      "4,2017-01-01T10:32,,60,1,S2,right,",
    );
    const out = join(folder, "replay.json");
    const run = await runScript("replay", [path, "--dossier", out, "--json"]);
    const answer = JSON.parse(run.stdout) as Answer & { readonly dossier: DossierVerdict };

    expect(run.code, run.stderr).to.equal(0);
    expect(answer.chain["energyMicroWh"]).to.equal("12501000000");
    expect(answer.dossier).to.deep.equal({
      ...{ verdict: "accepted", reasons: [], sessions: 4, sampled: 0 },
      skipped: ["claim: nobody has claimed the energy of this dossier"],
      totals: { claimableMicroWh: "12501000000", excludedMicroWh: "0" },
    });
    const verified = await runScript("verify:dossier", [out, "--json"]);
    expect([verified.code, (JSON.parse(verified.stdout) as DossierVerdict).verdict]).to.deep.equal([0, "accepted"]);
    const text = readFileSync(out, "utf8");
    writeFileSync(
      out,
      text.replace(/"toMicroWh":"(\d+)"/u, (_all, digits: string) => `"toMicroWh":"${digits}0"`),
    );
    expect((await runScript("verify:dossier", [out, "--json"])).code).to.equal(1);
  });

  it("reconciles the first 30 sessions of the real file", async function () {
    if (!existsSync(file)) {
      process.stderr.write(`      no sessions at ${file}\n`);
      this.skip();
    }
    const out = join(folder, "cdrs.json");
    const run = await runScript("replay", [file, "--limit", "30", "--cdrs", out, "--json"]);
    const answer = JSON.parse(run.stdout) as Answer;

    expect(run.code, run.stderr).to.equal(0);
    expect(answer.isEqual).to.equal(true);
    expect(answer.chain).to.deep.equal(answer.independent);
    expect(answer.chain["sessions"]).to.equal(30);
    const cdrs = JSON.parse(readFileSync(out, "utf8")) as Record<string, unknown>[];
    expectRecomputed(cdrs);
    expect(cdrs.filter((cdr) => "signed_data" in cdr)).to.have.length(30);
    const charged = cdrs.reduce((sum, cdr) => sum + statedCost(cdr).grossMicro, 0n);
    expect(charged.toString()).to.equal(answer.independent["chargedMicro"]);
  });
});
