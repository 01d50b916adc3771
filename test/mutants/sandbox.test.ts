import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { type PlantedBug, projectRoot } from "../../scripts/mutants/planted-bugs.ts";
import { createSandbox, type Sandbox } from "../../scripts/mutants/sandbox.ts";

const file = "contracts/OpeningGuard.sol";

/** A change of the smallest contract. */
function change(id: string, original: string, replacement: string): PlantedBug {
  const tests = ["test/contracts/opening-guard/pause-opening.test.ts"];
  return { ...{ id, file, original, replacement, tests }, meaning: "none", compiles: [file] };
}

describe("The sandbox of planted bugs", function () {
  this.timeout(900_000);

  let folder: string;
  let sandbox: Sandbox;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "wattproof-sandbox-"));
    sandbox = await createSandbox(path.join(folder, "copy"), new AbortController().signal);
    await sandbox.build();
  });
  after(async () => {
    sandbox.end();
    await rm(folder, { recursive: true, force: true });
  });

  const paused = "emit OpeningPaused(msg.sender);";

  it("says that a bug does not compile, and never that it is caught", async () => {
    const verdict = await sandbox.judge(change("no-statement", paused, "emit OpeningPaused(;"));

    expect(verdict.outcome).to.equal("invalid");
    expect(verdict).to.have.property("why").that.includes("Expected primary expression");
  });

  it("says which test catches a bug", async () => {
    expect(await sandbox.judge(change("said-by-nobody", paused, "emit OpeningPaused(address(0));"))).to.deep.equal({
      outcome: "caught",
      by: "OpeningGuard.pauseOpening pauses opening when the guardian asks for it",
    });
  });

  it("says that what changes nothing survives, also after a bug that was caught", async () => {
    expect(await sandbox.judge(change("a-remark", paused, `${paused} // A remark.`))).to.deep.equal({
      outcome: "survived",
    });
  });

  it("takes every bug out again", async () => {
    await sandbox.requireGreen(["test/contracts/opening-guard/pause-opening.test.ts"]);

    for (const name of [file, `artifacts/${file}/OpeningGuard.json`]) {
      const text = await readFile(path.join(projectRoot, name), "utf8");
      expect(await readFile(path.join(folder, "copy", name), "utf8"), name).to.equal(text);
    }
  });

  it("refuses tests that fail without a bug", async () => {
    let refusal: unknown = null;
    await sandbox.requireGreen(["test/contracts/no-such.test.ts"]).catch((error: unknown) => {
      refusal = error;
    });

    expect(refusal).to.be.an("error").with.property("message").that.includes("Without any bug the tests must pass");
  });
});
