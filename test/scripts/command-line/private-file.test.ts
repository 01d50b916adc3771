import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { writePrivateFile } from "../../../scripts/command-line/private-file.ts";

describe("A file with drivers' data", function () {
  let folder: string;
  let umask: number;

  beforeEach(function () {
    folder = mkdtempSync(join(tmpdir(), "wattproof-private-"));
    // Everything is let through, so that only the file's own mode keeps others out.
    umask = process.umask(0);
  });
  afterEach(function () {
    process.umask(umask);
    rmSync(folder, { recursive: true, force: true });
  });

  const modeOf = (path: string): number => lstatSync(path).mode & 0o777;

  it("is its owner's alone, whatever the umask lets through", function () {
    const path = join(folder, "january.csv");
    writePrivateFile(path, "session\n");
    expect([modeOf(path), readFileSync(path, "utf8")]).to.deep.equal([0o600, "session\n"]);
  });

  it("is its owner's alone where others could read the file that it replaces", function () {
    const path = join(folder, "january.csv");
    writeFileSync(path, "older");
    chmodSync(path, 0o644);
    writePrivateFile(path, "newer");
    expect([modeOf(path), readFileSync(path, "utf8")]).to.deep.equal([0o600, "newer"]);
  });

  it("is not there by half: what cannot take its place leaves nothing behind", function () {
    const path = join(folder, "taken");
    mkdirSync(path);
    expect(() => {
      writePrivateFile(path, "session");
    }).to.throw("INPUT_UNREADABLE");
    expect(readdirSync(folder)).to.deep.equal(["taken"]);
  });

  it("keeps the file that is there where it has to be new", function () {
    const path = join(folder, "operator.json");
    writePrivateFile(path, "first", true);
    expect(() => {
      writePrivateFile(path, "second", true);
    }).to.throw("INPUT_UNREADABLE");
    expect([readdirSync(folder), readFileSync(path, "utf8")]).to.deep.equal([["operator.json"], "first"]);
  });

  it("is not made of a device, which is written to as it is", function () {
    writePrivateFile("/dev/null", "session");
    expect(lstatSync("/dev/null").isCharacterDevice()).to.equal(true);
  });
});
