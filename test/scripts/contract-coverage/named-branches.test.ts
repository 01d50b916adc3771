import { readFile } from "node:fs/promises";

import { expect } from "chai";

import type { Branch } from "../../../scripts/contract-coverage/branch-coverage.ts";
import { compare, lineNaming, pageFile, parseNamed } from "../../../scripts/contract-coverage/named-branches.ts";

const branch: Branch = { file: "contracts/A.sol", subject: "A.f", text: "a < b", line: 7, way: "true", isTaken: false };
const named = { subject: "A.f", text: "a < b", way: "true" as const, reason: "nobody has less" };

describe("The branches that the page names", () => {
  for (const line of [
    "- `A.f`: `a < b` is never seen: why",
    "- `A.f`: `a < b` is never true:",
    "- `A.f`: `a < b` why",
  ]) {
    it(`are not read from "${line}"`, () => {
      expect(() => parseNamed(`# Page\n\n${line}\n`)).to.throw(SyntaxError, line);
    });
  }

  it("are read with their reasons, among other text", () => {
    const page = `# Page\n\n- a remark\n${lineNaming(branch)}nobody has less\n`;

    expect(parseNamed(page)).to.deep.equal([named]);
  });

  it("differ where one that is never taken is not named, the other way of the same decision too", () => {
    const other = { ...branch, way: "false" as const };

    expect(compare([branch, other], [named])).to.deep.equal({ unnamed: [other], outdated: [] });
  });

  it("differ where one that is named is taken, or is gone", () => {
    const gone = { ...named, text: "a < c" };

    expect(compare([{ ...branch, isTaken: true }], [named, gone])).to.deep.equal({
      unnamed: [],
      outdated: [named, gone],
    });
  });

  it("have each a reason on the page itself, and none is named twice", async () => {
    const lines = parseNamed(await readFile(pageFile, "utf8")).map(lineNaming);

    expect(new Set(lines).size).to.equal(lines.length);
  });
});
