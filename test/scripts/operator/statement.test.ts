import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { usualDossier } from "../../helpers/dossier-world.ts";
import { runScript } from "../run-script.ts";

/** What `usualDossier` has as drivers' account; its two meters charge on two lanes. */
const account = `0x${"d".repeat(40)}`;

describe("wattproof statement", function () {
  this.timeout(300_000);
  let folder = "";
  let csv: readonly string[] = [];
  const at = (name: string): string => join(folder, name);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "wattproof-statement-"));
    writeFileSync(at("good.json"), JSON.stringify(usualDossier()));
    writeFileSync(at("vehicles.json"), JSON.stringify({ [`${account}/1`]: "ZH 123 456", [account]: "Pool, Łódź" }));
    const run = await fleet(
      "--vehicles",
      at("vehicles.json"),
      "--format",
      "csv",
      "--per-kwh",
      "0.32",
      "--currency",
      "CHF",
    );
    expect(run.code, run.stderr).to.equal(0);
    csv = readFileSync(at("good.csv"), "utf8").split("\r\n");
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function fleet(...parameters: readonly string[]): ReturnType<typeof runScript> {
    return runScript("wattproof", ["statement", "fleet", at("good.json"), ...parameters, "--json"]);
  }

  /** Checks an altered statement. @returns exit code and what is wrong */
  async function check(lines: readonly string[]): Promise<readonly unknown[]> {
    const name = at(`altered-${readdirSync(folder).length}.csv`);
    writeFileSync(name, lines.join("\r\n"));
    const run = await runScript("wattproof", ["statement", "check", at("good.json"), name, "--json"]);
    if (run.code === 2) return [2, run.stdout.includes("INPUT_UNREADABLE")];
    const { wrong } = JSON.parse(run.stdout) as { wrong: { line: number; code: string }[] };
    return [run.code, ...wrong.map(({ line, code }) => `${line} ${code}`)];
  }

  it("writes CSV and PDF for its owner alone, with names by lane or account", async () => {
    expect(csv[1]).to.match(/^session,"Pool, Łódź",2026-01,/u);
    expect(csv.filter((line) => line.startsWith("session,ZH 123 456,"))).to.have.lengthOf(5);
    expect(csv).to.have.lengthOf(1 + 10 + 4 + 1 + 1);
    const run = await fleet("--vehicles", at("vehicles.json"), "--locale", "de-CH", "--time-zone", "Europe/Zurich");
    expect(run.code, run.stderr).to.equal(0);
    expect(JSON.parse(run.stdout)).to.include({ format: "pdf", sessions: 10, vehicles: 2, leftOut: 0 });
    expect(readFileSync(at("good.pdf")).subarray(0, 5).toString()).to.equal("%PDF-");
    if (process.platform !== "win32") expect(statSync(at("good.pdf")).mode & 0o077).to.equal(0);
  });

  it("leaves out whom nobody named, and names by address where there are no names", async () => {
    writeFileSync(at("one.json"), JSON.stringify({ [`${account}/2`]: "ZH 2" }));
    const some = JSON.parse((await fleet("--vehicles", at("one.json"), "--out", at("one.pdf"))).stdout) as object;
    expect(some).to.include({ sessions: 5, vehicles: 1, leftOut: 5 });
    const all = JSON.parse((await fleet("--out", at("all.csv"), "--format", "csv")).stdout) as object;
    expect(all).to.include({ sessions: 10, vehicles: 1, amount: null });
    expect(readFileSync(at("all.csv"), "utf8")).to.contain("session,0xDDdDdd");
  });

  it("refuses what it does not understand, and writes nothing from a dossier that is refused", async () => {
    const before = readdirSync(folder);
    writeFileSync(at("bad.json"), JSON.stringify({ ...usualDossier(), signatures: [] }));
    writeFileSync(at("names.json"), JSON.stringify({ "0x12": "car" }));
    const refused = await Promise.all([
      fleet("--per-kwh", "0.32"),
      fleet("--per-kwh", "0.32", "--currency", "Taler"),
      fleet("--time-zone", "Mars/Olympus"),
      fleet("--locale", "d"),
      fleet("--vehicles", at("names.json")),
      runScript("wattproof", ["statement", "check", at("good.json"), "--json"]),
    ]);
    expect(refused.map(({ code }) => code)).to.deep.equal([2, 2, 2, 2, 2, 2]);
    const bad = await runScript("wattproof", ["statement", "fleet", at("bad.json"), "--json"]);
    expect([bad.code, bad.stdout.includes("DOSSIER_SIGNATURE_MISSING")]).to.deep.equal([1, true]);
    expect(readdirSync(folder)).to.have.members([...before, "bad.json", "names.json"]);
  });

  it("finds every line and sum as the dossier has it, and says of each change what it is", async () => {
    expect(await check(csv)).to.deep.equal([0]);
    const change = (line: number, from: string | RegExp, to: string): readonly string[] =>
      csv.map((text, index) => (index === line - 1 ? text.replace(from, to) : text));
    // More energy than the meter signed, another time, another amount.
    expect(await check(change(2, /,([0-9.]+),([0-9.]+),0\.32/u, ",99.000,$2,0.32"))).to.deep.equal([
      1,
      "2 FLEET_LINE_DIFFERS",
    ]);
    expect(await check(change(2, "T", "t"))).to.deep.equal([1, "2 FLEET_LINE_DIFFERS"]);
    expect(await check(change(16, /,CHF/u, "0,CHF"))).to.deep.equal([1, "16 FLEET_SUM_DIFFERS"]);
    expect(await check(change(2, /.....$/u, "AAAAA"))).to.deep.equal([1, "2 FLEET_CODE_UNKNOWN"]);
    // A line twice, and one that is missing.
    const twice = [...csv.slice(0, 2), ...csv.slice(1)];
    expect(await check(twice)).to.deep.equal([1, "3 FLEET_LINE_REPEATED"]);
    const missing = [...csv.slice(0, 1), ...csv.slice(2)];
    expect((await check(missing)).slice(0, 1)).to.deep.equal([1]);
    expect(await check(["a,b", "1,2"])).to.deep.equal([2, true]);
  });

  it("shows what the meter signed behind a printed code, and knows no other", async () => {
    const printed = csv[1]?.split(",").at(-1) ?? "";
    const code = ["--code", printed.toLowerCase(), "--code", "AAAAA-AAAAA-AAAAA-AAAAA"];
    const run = await runScript("wattproof", ["statement", "check", at("good.json"), ...code, "--json"]);
    expect(run.code).to.equal(1);
    const { codes } = JSON.parse(run.stdout) as { codes: Readonly<Record<string, unknown>>[] };
    expect(codes[0]).to.include({ code: printed, error: null, evseId: "DE*TST*E2", meter: "DOSSIER2" });
    expect(codes[0]).to.include({ energyMicroWh: "10123456789", proof: "meter-signed-bound" });
    expect(codes[1]).to.deep.equal({ code: "AAAAA-AAAAA-AAAAA-AAAAA", error: "FLEET_CODE_UNKNOWN" });
  });
});
