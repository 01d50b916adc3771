import { platform } from "node:process";

import { expect } from "chai";

import { whyNoPostgres } from "../helpers/postgres-server.ts";
import { startScript } from "./run-script.ts";

describe("The benchmark of the door for chargers", function () {
  it("cannot be run with what is no version", async function () {
    expect((await startScript("bench:ingest", ["--version", "1.5"]).finished).code).to.equal(2);
  });

  it("has several replicas on PostgreSQL alone", async function () {
    const { code, stderr } = await startScript("bench:ingest", ["--replicas", "3"]).finished;
    expect(code).to.equal(2);
    expect(stderr).to.contain("a folder has one replica");
  });

  it("finds everything stored that two replicas on PostgreSQL have acknowledged, and says what that took", async function () {
    if (platform !== "linux" || whyNoPostgres() !== null) this.skip();
    const parameters = ["--json", "--chargers", "4", "--seconds", "1", "--store", "postgres", "--replicas", "2"];
    const { code, stdout } = await startScript("bench:ingest", parameters).finished;
    expect(code).to.equal(0);
    const result = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
    expect(result).to.include({ store: "postgres", replicas: 2 });
    expect(result["stored"]).to.equal(result["acknowledged"]);
    expect(result["acknowledged"]).to.be.at.least(4);
    expect(result["databaseCpuSeconds"]).to.be.greaterThan(0);
  });

  for (const version of ["1.6", "2.0.1"]) {
    it(`finds everything stored that was acknowledged in ${version}, and says what it measured`, async function () {
      // Processor time is read from /proc.
      if (platform !== "linux") this.skip();
      const parameters = ["--json", "--chargers", "3", "--version", version, "--seconds", "1"];
      const { code, stdout } = await startScript("bench:ingest", parameters).finished;
      expect(code).to.equal(0);
      const result = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
      expect(result).to.include({ version, chargers: 3, seconds: 1 });
      expect(result["stored"]).to.equal(result["acknowledged"]);
      // Each charger has an answer to its last message before the count.
      expect(result["acknowledged"]).to.be.at.least(3);
      expect(result).to.include.keys("perSecond", "p50Ms", "p99Ms", "perCoreSecond", "yardstick", "ratio");
    });
  }
});
