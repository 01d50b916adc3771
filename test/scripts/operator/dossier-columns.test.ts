import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { unzipSync } from "fflate";

import { usualDossier } from "../../helpers/dossier-world.ts";
import { runScript } from "../run-script.ts";

describe("wattproof dossier columns", function () {
  this.timeout(120_000);
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "wattproof-columns-"));
    writeFileSync(join(folder, "good.json"), JSON.stringify(usualDossier()));
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("writes CSV with exact energy", async function () {
    const run = await runScript("wattproof", ["dossier", "columns", join(folder, "good.json"), "--json"]);
    expect(run.code, run.stderr).to.equal(0);
    expect(JSON.parse(run.stdout)).to.include({ rows: 4, purpose: "NL-ERE", format: "csv" });
    const [heading, first] = readFileSync(join(folder, "good.csv"), "utf8").split("\r\n");
    expect(heading).to.equal(
      "ean,laadpunt,meternummer,meterfabrikant,metertype,maand,kwh,beginstand_kwh,eindstand_kwh,laadsessies",
    );
    expect(first).to.equal("87123456789012341,DE*TST*E1,DOSSIER1,,,2026-01,19.623456789,0,22.62845679,4");
  });

  it("writes XLSX that names the source of every column", async function () {
    const path = join(folder, "fleet.xlsx");
    const parameters = [join(folder, "good.json"), "--as", "FLEET", "--format", "xlsx", "--out", path, "--json"];
    const run = await runScript("wattproof", ["dossier", "columns", ...parameters]);
    expect(run.code, run.stderr).to.equal(0);
    const files = unzipSync(readFileSync(path));
    const text = Object.entries(files)
      .filter(([name]) => name.endsWith(".xml"))
      .map(([, bytes]) => Buffer.from(bytes).toString("utf8"))
      .join("");
    expect(text).to.contain("10.123456789").and.to.contain("BMF, 2025-11-11").and.to.contain("Sources");
  });

  it("writes nothing from a dossier that is refused, and needs columns", async function () {
    const bad = { ...usualDossier(), signatures: [] };
    writeFileSync(join(folder, "bad.json"), JSON.stringify(bad));
    const before = readdirSync(folder);
    const [refused, unknown, missing] = await Promise.all([
      runScript("wattproof", ["dossier", "columns", join(folder, "bad.json"), "--json"]),
      runScript("wattproof", ["dossier", "columns", join(folder, "good.json"), "--as", "X-OURS", "--json"]),
      runScript("wattproof", ["dossier", "columns", "--json"]),
    ]);
    expect([refused.code, unknown.code, missing.code]).to.deep.equal([1, 1, 2]);
    expect(refused.stdout).to.contain("DOSSIER_SIGNATURE_MISSING");
    expect(readdirSync(folder)).to.deep.equal(before);
  });

  it("lists purposes with the rule behind each column", async function () {
    const run = await runScript("wattproof", ["dossier", "columns", "--list"]);
    expect(run.code).to.equal(0);
    expect(run.stdout).to.contain("23 CFR 680.112(a)(4)").and.to.contain("US-NEVI");
  });
});
