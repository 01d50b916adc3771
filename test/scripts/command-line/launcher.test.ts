import { execFile } from "node:child_process";
import { mkdtemp, copyFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

import { expect } from "chai";

const run = promisify(execFile);
const launcher = resolve(import.meta.dirname, "../../../scripts/wattproof.mjs");

async function outcomeOf(...parameters: readonly string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  try {
    return { code: 0, ...(await run(process.execPath, parameters)) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

describe("The linked command", function () {
  let folder: string;
  beforeEach(async function () {
    folder = await mkdtemp(join(tmpdir(), "wattproof-launcher-"));
  });
  afterEach(async function () {
    await rm(folder, { recursive: true, force: true });
  });

  it("ends with the program's own exit code", async function () {
    expect(await outcomeOf(launcher, "tariff", "nonsense")).to.include({ code: 2, stdout: "" });
  });

  it("starts the program through a link from anywhere", async function () {
    const link = join(folder, "wattproof");
    await symlink(launcher, link);
    const { code, stdout } = await outcomeOf(link, "--help");
    expect(code).to.equal(0);
    expect(stdout).to.match(/^Usage: wattproof/);
  });

  it("says in one line which Node it needs, where there is none", async function () {
    const alone = join(folder, "wattproof.mjs");
    await copyFile(launcher, alone);
    // What the running version is told to be, so that the file looks for another one and finds none.
    const pretend = `Object.defineProperty(process.versions,"node",{value:"20.20.2"})`;
    const { code, stdout, stderr } = await outcomeOf("--import", `data:text/javascript,${pretend}`, alone);
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: "" });
    expect(stderr).to.equal("wattproof needs Node 24, which npm ci installs beside it; this is Node 20.20.2.\n");
  });
});
