import { readFile } from "node:fs/promises";

import { expect } from "chai";

import type { Branch } from "../../../scripts/contract-coverage/branch-coverage.ts";
import { compare, namedBranchesFile, parseNamed } from "../../../scripts/contract-coverage/named-branches.ts";

const branch: Branch = { file: "contracts/A.sol", subject: "A.f", text: "a < b", line: 7, way: "true", isTaken: false };
const named = { subject: "A.f", text: "a < b", way: "true" as const, reason: "nobody has less" };

describe("The list of branches that no Solidity test takes", () => {
  for (const [what, entry] of [
    ["a way that does not exist", { ...named, way: "seen" }],
    ["an empty reason", { ...named, reason: " " }],
    ["no condition", { ...named, text: undefined }],
    ["a part that nobody knows", { ...named, line: 7 }],
  ] as const) {
    it(`refuses an entry with ${what}`, () => {
      expect(() => parseNamed(JSON.stringify([entry]))).to.throw(Error);
    });
  }

  it("refuses a branch that is named twice", () => {
    expect(() => parseNamed(JSON.stringify([named, { ...named, reason: "another" }]))).to.throw(SyntaxError, "twice");
  });

  it("gives the branches with their reasons", () => {
    expect(parseNamed(JSON.stringify([named]))).to.deep.equal([named]);
  });

  it("differs where a branch is neither taken nor named, the other way of the same decision included", () => {
    const other = { ...branch, way: "false" as const };

    expect(compare([branch, other], [named])).to.deep.equal({ unnamed: [other], outdated: [] });
  });

  it("differs where a named branch is taken, or is gone", () => {
    const gone = { ...named, text: "a < c" };

    expect(compare([{ ...branch, isTaken: true }], [named, gone])).to.deep.equal({
      unnamed: [],
      outdated: [named, gone],
    });
  });

  it("can be read as it stands", async () => {
    expect(parseNamed(await readFile(namedBranchesFile, "utf8"))).to.not.be.empty;
  });
});
