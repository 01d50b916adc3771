import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import type { DossierVerdict } from "../../services/dossier/verify/verify-dossier.ts";
import { usualDossier } from "../helpers/dossier-world.ts";
import { runScript } from "./run-script.ts";

describe("npm run verify:dossier", function () {
  this.timeout(120_000);
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "wattproof-dossier-"));
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function write(name: string, content: unknown): string {
    const path = join(folder, name);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content, null, 2));
    return path;
  }

  it("accepts with 0, and refuses with 1 and the reasons", async function () {
    const whole = usualDossier();
    const altered = { ...whole, totals: whole.totals === null ? null : { ...whole.totals, claimableMicroWh: "1" } };
    const [good, bad] = await Promise.all([
      runScript("verify:dossier", [write("good.json", whole), "--json"]),
      runScript("verify:dossier", [write("bad.json", altered), "--json", "--sample", "2"]),
    ]);
    const verdict = JSON.parse(good.stdout) as DossierVerdict;
    expect([good.code, verdict.verdict, verdict.sessions, verdict.reasons]).to.deep.equal([0, "accepted", 10, []]);
    expect(Object.keys(verdict)).to.deep.equal(["verdict", "reasons", "totals", "sessions", "sampled", "skipped"]);
    const refusal = JSON.parse(bad.stdout) as DossierVerdict;
    expect([bad.code, refusal.verdict, refusal.sampled]).to.deep.equal([1, "refused", 2]);
    expect(refusal.reasons[0]).to.deep.equal({ code: "DOSSIER_TOTALS_DIFFER", where: "totals.claimableMicroWh" });
  });

  it("refuses what is JSON and no dossier with 1, and ends with 2 where there is nothing to read", async function () {
    const [other, broken, missing, usage] = await Promise.all([
      runScript("verify:dossier", [write("other.json", {}), "--json"]),
      runScript("verify:dossier", [write("broken.json", "{"), "--json"]),
      runScript("verify:dossier", [join(folder, "none.json")]),
      runScript("verify:dossier", [write("good.json", usualDossier()), "--sample", "0"]),
    ]);
    expect(other.code).to.equal(1);
    expect((JSON.parse(other.stdout) as DossierVerdict).reasons[0]?.code).to.equal("DOSSIER_FORM_INVALID");
    expect([broken.code, missing.code, usage.code]).to.deep.equal([2, 2, 2]);
    expect(broken.stdout).to.contain("DOSSIER_UNREADABLE");
    expect(missing.stderr).to.contain("INPUT_UNREADABLE");
  });

  it("says in words for people what is wrong and what was skipped", async function () {
    const run = await runScript("verify:dossier", [write("good.json", usualDossier())]);
    expect(run.stdout).to.contain("The dossier holds.").and.to.contain("skipped");
  });
});
