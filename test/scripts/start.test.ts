import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { expect } from "chai";

import { demoAccount } from "../../scripts/local-world/accounts.ts";
import { expectRecomputed } from "../helpers/recomputed-cdrs.ts";
import { runScript, startScript, type ScriptRun } from "./run-script.ts";

const manifest = join(process.env["WATTPROOF_SHARED"] ?? resolve("../shared"), "ocmf/manifest.json");
const sample = resolve("test/vectors/demo-records/manifest.json");

const somewhere = {
  id: "LOC1",
  address: "Example street 1",
  city: "Bern",
  country: "CHE",
  coordinates: { latitude: "46.9", longitude: "7.4" },
  evse_uid: "1",
  connector_id: "1",
  connector_standard: "IEC_62196_T2_COMBO",
  connector_format: "CABLE",
  connector_power_type: "DC",
};

interface Answer {
  readonly isAsPlanned: boolean;
  readonly sessions: readonly {
    readonly name: string;
    readonly origin: string;
    readonly planned: string;
    readonly ended: string;
    readonly deviations: readonly string[];
    readonly deliveries: readonly { readonly what: string; readonly outcome: string; readonly code: string | null }[];
  }[];
  readonly totals: Readonly<Record<string, unknown>>;
  readonly books: readonly { readonly name: string; readonly holds: boolean }[];
  readonly evidence: {
    readonly provenMicroWh: string;
    readonly books: readonly { readonly name: string; readonly holds: boolean }[];
  } | null;
}

function answerOf(run: ScriptRun): Answer {
  expect(run.code, run.stderr).to.equal(0);

  return JSON.parse(run.stdout) as Answer;
}

describe("npm start", function () {
  // Each run is a whole demo in a process of its own; how long that takes is no part of any statement here.
  this.timeout(600_000);
  let folder = "";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "wattproof-start-"));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("says with --help how start is used", async () => {
    const run = await runScript("start", ["--help"]);

    expect(run.code).to.equal(0);
    expect(run.stdout).to.contain("Example:");
  });

  it("refuses arguments that it does not know, and a manifest that cannot be read", async () => {
    expect((await runScript("start", ["--frobnicate"])).code).to.equal(2);
    expect((await runScript("start", ["--port", "0"])).code).to.equal(2);
    for (const host of ["phone", "0.0.0.0", "::"]) {
      expect((await runScript("start", ["--host", host])).code, host).to.equal(2);
    }
    expect((await runScript("start", ["--once", "more"])).code).to.equal(2);
    const run = await runScript("start", ["--once", "--records", join(folder, "none.json")]);
    expect([run.code, run.stderr.split(":")[0]]).to.deep.equal([2, "MANIFEST_INVALID"]);
  });

  it("listens where a phone of the network finds it, and says what is where", async () => {
    // Linux has all of 127/8; others need an address of their own network card.
    const host = "127.0.0.2";
    const demo = startScript("start", ["--empty", "--data", join(folder, "data"), "--host", host]);
    const page = /(http:\/\/\S+)\/#\/evse/u.exec(await demo.line(/The driver's page: http/u))?.[1] ?? "";
    expect(new URL(page).hostname).to.equal(host);
    const settings = (await (await fetch(`${page}/configuration.json`)).json()) as { readonly walletRpcUrl: string };
    expect(new URL(settings.walletRpcUrl).hostname).to.equal(host);
    demo.child.kill("SIGINT");
    const { stdout } = await demo.finished;
    expect(existsSync(/deployment is in (\S+)\. /u.exec(stdout)?.[1] ?? "")).to.equal(true);
    expect(stdout).to.match(/demo fund <address> --rpc http:\/\/127\.0\.0\.2:/u);
  });

  it("plays the simulated sessions and ends as planned", async () => {
    const run = await runScript("start", ["--once", "--json"]);
    const answer = answerOf(run);

    expect(run.stderr).to.contain("\nEverything went as planned.\n");
    expect(answer.isAsPlanned).to.equal(true);
    expect(answer.sessions.filter(({ ended }) => ended === "settled")).to.have.length(22);
    expect(run.stderr).to.contain("a vehicle was answered 402 and paid by its own key");
    expect(answer.sessions.filter(({ ended }) => ended === "expired").map(({ name }) => name)).to.deep.equal([
      "abandoned",
    ]);
    expect(answer.sessions.flatMap(({ deliveries }) => deliveries.flatMap(({ code }) => code ?? []))).to.deep.equal([
      "OCMF_SIGNATURE_MISMATCH",
      "STATION_NOT_AT_EVSE",
      "SESSION_REFERENCE_MISMATCH",
    ]);
    expect(answer.books.every(({ holds }) => holds)).to.equal(true);
    // The last act: dossier, claim, sale, drivers and holders.
    expect(answer.evidence?.provenMicroWh).to.equal("184621000000");
    expect(answer.evidence?.books).to.have.length(5);
    expect(answer.evidence?.books.every(({ holds }) => holds)).to.equal(true);
    for (const line of ["signed by 3 oracles", "claim        1: 184.621 kWh", "sale         for 50.000000"]) {
      expect(run.stderr).to.contain(line);
    }
    for (const line of [
      /drivers {6}\d+\.\d+ paid/u,
      /share {8}DEMOPARK paid \d+\.\d+ to 2 holders/u,
      /verifier {5}accepted/u,
    ]) {
      expect(run.stderr).to.match(line);
    }
  });

  it("goes on from its data and doubles nothing, also after it was killed in the middle", async () => {
    const data = join(folder, "data");
    const moments = [/^opened/u, /delivered twice: /u, /^ {2}ordinary on secp192k1: settled/u, /^claim /u, /^sale /u];
    for (const moment of moments) {
      const running = startScript("start", ["--data", data]);
      await running.line(moment);
      running.child.kill("SIGKILL");
      await running.finished;
    }
    const first = answerOf(await runScript("start", ["--once", "--json", "--data", data]));
    const second = answerOf(await runScript("start", ["--once", "--json", "--data", data]));

    expect(first.isAsPlanned).to.equal(true);
    expect(second.totals).to.deep.equal(first.totals);
    expect(second.evidence).to.deep.equal(first.evidence);
    expect(first.totals["energyMicroWh"]).to.equal("338000000000");
    expect(readdirSync(join(data, "receipts"))).to.have.length(22);
  });

  it("stays up until it is told to end, and keeps others from its data", async () => {
    const data = join(folder, "data");
    const running = startScript("start", ["--data", data]);
    await Promise.all([
      running.line(/^The driver's page: http:\/\/localhost:\d+\/#\/evse\/\d+$/u),
      running.line(/^The operator's page: http:\/\/localhost:\d+\/operator\/$/u),
      running.line(/^Ctrl-C ends/u),
    ]);
    const other = await runScript("start", ["--once", "--data", data]);
    running.child.kill("SIGINT");
    const run = await running.finished;

    expect([other.code, other.stderr.split(":")[0]]).to.deep.equal([2, "DATA_FOLDER_IN_USE"]);
    expect(run.code, run.stderr).to.equal(0);
  });

  it("has charge detail records of all that it played, which a stranger recomputes", async () => {
    const data = join(folder, "data");
    const running = startScript("start", ["--data", data]);
    const chain = await running.line(/^chain +http/u);
    const service = await running.line(/^service +http/u);
    await running.line(/^Ctrl-C ends/u);
    const environment = {
      WATTPROOF_RPC_URL: /http:\/\/[^,\s]+/u.exec(chain)?.[0] ?? "",
      WATTPROOF_DEPLOYMENT: join(data, "deployment.json"),
      WATTPROOF_SERVICE_URL: /http:\/\/[^,\s]+/u.exec(service)?.[0] ?? "",
      WATTPROOF_OPERATOR_PRIVATE_KEY: demoAccount("operator").privateKey,
    };
    const run = async (...words: string[]): Promise<string> => {
      const { code, stdout, stderr } = await runScript("wattproof", words, environment);
      expect(code, stderr).to.equal(0);
      return stdout;
    };
    await run("operator", "add", "Demo", "--country-code", "CH", "--party-id", "WPF", "--currency", "CHF");
    const table = (await run("export", "cdr", "--format", "csv")).trimEnd().split("\r\n").slice(1);
    const rows = new Map(table.map((line) => [line.slice(2, 38), line.split(",")]));
    const locations = join(folder, "locations.json");
    const evseIds = [...rows.values()].map((row) => row[2] ?? "");
    writeFileSync(locations, JSON.stringify(Object.fromEntries(evseIds.map((evseId) => [evseId, somewhere]))));
    for (const format of ["ocpi-2.2.1", "ocpi-2.3.0"]) {
      const out = join(folder, `${format}.json`);
      await run("export", "cdr", "--format", format, "--locations", locations, "--out", out);
      const cdrs = JSON.parse(readFileSync(out, "utf8")) as Record<string, unknown>[];
      expectRecomputed(cdrs);
      const settled = cdrs.filter((cdr) => rows.has(String(cdr["id"])) && cdr["credit"] !== true);
      expect(settled).to.have.length(22);
      for (const { id, start_date_time: start, end_date_time: end } of settled) {
        expect(rows.get(String(id))?.slice(4, 6)).to.deep.equal([start, end]);
      }
      // The batch of a dishonest quorum: taken back whole, and replaced by what the meter signed.
      const [credit, ...others] = cdrs.filter((cdr) => cdr["credit"] === true);
      const replaced = cdrs.find((cdr) => cdr["id"] === credit?.["credit_reference_id"]);
      const replacement = cdrs.find((cdr) => /-R$/u.test(String(cdr["id"])));
      expect(others).to.deep.equal([]);
      expect(Number(replacement?.["total_energy"])).to.be.lessThan(Number(replaced?.["total_energy"]));
      expect(replacement).to.have.property("signed_data");
      expect(credit?.["last_updated"]).to.equal(replacement?.["last_updated"]);
      // Both may fall into one second of the chain; its clock only never goes back.
      const [before, after] = [replaced, credit].map((cdr) => Date.parse(String(cdr?.["last_updated"])));
      expect(after).to.be.at.least(before ?? Number.POSITIVE_INFINITY);
    }
    running.child.kill("SIGINT");
    expect((await running.finished).code).to.equal(0);
  });

  it("ends in order when it is interrupted in the middle, and leaves nothing behind", async () => {
    for (const moment of [/^chain/u, /^opened/u]) {
      const running = startScript("start", ["--once"], { TMPDIR: folder });
      await running.line(moment);
      running.child.kill("SIGINT");
      const run = await running.finished;

      expect([run.code, run.stderr]).to.deep.equal([2, ""]);
      expect(readdirSync(folder).filter((name) => name.startsWith("wattproof-"))).to.deep.equal([]);
    }
  });

  it("plays records of a manifest, and says that it trusts them without proof", async () => {
    const run = await runScript("start", ["--once", "--json", "--records", sample]);
    const answer = answerOf(run);
    const played = answer.sessions.filter(({ origin }) => origin === "third party");

    expect(run.stderr).to.contain("WARNING");
    expect(Object.fromEntries(played.map(({ name, ended }) => [name, ended]))).to.deep.equal({
      "session pair": "settled",
      "whole.ocmf": "settled",
      "whole-again.ocmf": "expired",
      "register-goes-back.ocmf": "expired",
      "begin-only.ocmf": "expired",
      "tampered.ocmf": "expired",
      "no-key.ocmf": "expired",
      "not-utf8.ocmf": "expired",
    });
  });

  it("plays the records of real meters as the verifier judged them", async function () {
    if (!existsSync(manifest)) {
      process.stderr.write(`      no records at ${manifest}\n`);
      this.skip();
    }
    const answer = answerOf(await runScript("start", ["--once", "--json", "--records", manifest]));
    const played = answer.sessions.filter(({ origin }) => origin === "third party");

    expect(answer.isAsPlanned).to.equal(true);
    expect(played.filter(({ ended }) => ended === "settled")).to.have.length(20);
    expect(played.filter(({ ended }) => ended === "expired")).to.have.length(14);
  });
});
