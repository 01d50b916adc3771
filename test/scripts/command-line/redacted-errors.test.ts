import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { openPublicChain } from "../../helpers/public-chain.ts";
import { createLogger } from "../../../services/observability/logger.ts";
import { runService } from "../../helpers/running-service.ts";
import { startServiceChain } from "../../helpers/service-chain.ts";
import { runScript } from "../run-script.ts";

const secrets = ["swordfish", "0123456789abcdef0123456789abcdef"];
const address = "http://user:swordfish@127.0.0.1:1/v3/0123456789abcdef0123456789abcdef?key=swordfish";
const shown = "http://…@127.0.0.1:1/v3/…?…";

describe("An endpoint's address with a key in it", function () {
  this.timeout(60_000);
  let folder: string;

  before(function () {
    folder = mkdtempSync(join(tmpdir(), "wattproof-redacted-"));
  });
  after(function () {
    rmSync(folder, { recursive: true, force: true });
  });

  function requireSecret(text: string): void {
    for (const secret of secrets) expect(text).to.not.contain(secret);
  }

  for (const words of [["evse", "list"], ["evse", "list", "--json"], ["doctor", "--no-service"], ["deploy"]]) {
    it(`is not told when it cannot be reached: wattproof ${words.join(" ")}`, async function () {
      const named = words.includes("deploy")
        ? ["--owner", `0x${"11".repeat(20)}`, "--oracle", `0x${"22".repeat(20)}`]
        : [];
      const { code, stdout, stderr } = await runScript("wattproof", [...words, ...named, "--rpc", address]);
      expect(code).to.be.oneOf([1, 2]);
      expect(stdout + stderr).to.contain(shown);
      requireSecret(stdout + stderr);
    });
  }

  it("is not told by the log of a service that cannot reach it, nor by one that refuses to start", async function () {
    const chain = await startServiceChain();
    const lines: string[] = [];
    const log = createLogger("info", { write: (line: string) => void lines.push(line) });
    const running = await runService(chain, { WATTPROOF_RPC_URL: address }, { log });
    await running.service.synchronise().catch(() => undefined);
    await running.close();
    await chain.close();
    expect(lines.join("")).to.contain("CHAIN_UNAVAILABLE").and.contain("http://…@127.0.0.1:1");
    requireSecret(lines.join(""));

    const path = join(folder, "deployment.json");
    writeFileSync(path, "{}");
    const environment = { WATTPROOF_RPC_URL: address, WATTPROOF_DATA: folder, WATTPROOF_DEPLOYMENT: path };
    const key = { WATTPROOF_ORACLE_PRIVATE_KEY: `0x${"44".repeat(32)}` };
    const refused = await runScript("serve", [], { ...environment, ...key });
    expect(refused.code).to.equal(2);
    requireSecret(refused.stdout + refused.stderr);
  });

  it("leaves the endpoint usable", async function () {
    const chain = await openPublicChain(100);
    const url = `${chain.url}/v3/0123456789abcdef0123456789abcdef?key=swordfish`;
    const { code, stderr } = await runScript("wattproof", ["evse", "list", "--rpc", url]);
    expect(code, stderr).to.equal(2);
    expect(stderr).to.contain("There is no deployment file");
    await chain.close();
  });
});
