import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { usualDossier } from "../../helpers/dossier-world.ts";
import { runScript, type ScriptRun } from "../run-script.ts";

/** What becomes of `dossier make` when the service fails it; the rest is in test/integration/dossier.test.ts. */
describe("wattproof dossier make", function () {
  this.timeout(120_000);
  const text = JSON.stringify(usualDossier());
  let folder = "";
  let server: Server;
  /** How much of the dossier the service sends, and how it ends. */
  let sent: { readonly length: number; readonly isBroken: boolean };

  before((done) => {
    folder = mkdtempSync(join(tmpdir(), "wattproof-make-"));
    server = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write(text.slice(0, sent.length), () => {
        if (sent.isBroken) response.destroy();
        else response.end();
      });
    });
    server.listen(0, "127.0.0.1", done);
  });
  after((done) => {
    rmSync(folder, { recursive: true, force: true });
    server.close(done);
  });

  function make(...more: readonly string[]): Promise<ScriptRun> {
    const { port } = server.address() as AddressInfo;
    const parameters = [
      ...["dossier", "make", "--purpose", "FLEET", "--from", "2026-01-01", "--to", "2027-01-01", "--json"],
      ...["--operator", `0x${"aa".repeat(20)}`, "--service", `http://127.0.0.1:${port}`],
      ...["--out", join(folder, "out.json"), ...more],
    ];
    return runScript("wattproof", parameters, { WATTPROOF_OPERATOR_KEY: "k".repeat(40) });
  }

  it("writes nothing if the service stops in the middle, or the connection breaks", async function () {
    for (const isBroken of [false, true]) {
      sent = { length: Math.floor(text.length / 2), isBroken };
      const run = await make();
      expect(run.code, run.stderr).to.equal(2);
      expect(run.stdout).to.contain("DOSSIER_INCOMPLETE");
      expect(readdirSync(folder)).to.deep.equal([]);
    }
  });

  it("writes what came whole, and says who signed it", async function () {
    sent = { length: text.length, isBroken: false };
    const run = await make();
    expect(run.code, run.stderr).to.equal(0);
    expect(JSON.parse(run.stdout)).to.deep.include({ sessions: 10, excludedSessions: 4 });
    expect(readdirSync(folder)).to.deep.equal(["out.json"]);
  });

  it("refuses a period that ends before it begins", async function () {
    const backwards = await make("--to", "2025-01-01");
    expect([backwards.code, backwards.stdout.includes("USAGE_INVALID")]).to.deep.equal([2, true]);
  });
});
