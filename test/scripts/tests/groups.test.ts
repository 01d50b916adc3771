import { readdirSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import {
  findSolidityTestFiles,
  findTestFiles,
  groupNames,
  groupOf,
  groups,
  longFiles,
  type GroupName,
} from "../../../scripts/tests/groups.ts";
import { countSolidityTests } from "../../../scripts/tests/run-solidity.ts";

function filesEnding(suffix: string): readonly string[] {
  const folders = ["contracts", "scripts", "services", "test"];
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  return files.filter((file) => file.endsWith(suffix)).sort();
}

describe("The groups of the tests", () => {
  it("leave out no file of tests, wherever it is", () => {
    expect(findTestFiles()).to.deep.equal(filesEnding(".test.ts"));
    expect(findSolidityTestFiles()).to.deep.equal(filesEnding(".t.sol"));
    expect(findTestFiles().length).to.be.greaterThan(200);
    expect(countSolidityTests(findSolidityTestFiles())).to.be.at.least(46);
  });

  it("have each file exactly once, and no group is empty", () => {
    const files = [...findTestFiles(), ...findSolidityTestFiles()];
    const byGroup = Map.groupBy(files, groupOf);
    expect([...byGroup.keys()]).to.have.members([...groupNames]);
    expect([...byGroup.values()].flat()).to.have.members(files);
  });

  it("put a file where it belongs by what it imports and does", () => {
    const examples: Readonly<Record<string, GroupName>> = {
      "test/browser/charging.test.ts": "browser",
      "test/contracts/charging-settlement/open.test.ts": "chain",
      "test/contracts/tariff-math/TariffMath.t.sol": "solidity",
      "test/integration/crash.test.ts": "crash",
      "test/integration/serving.test.ts": "chain",
      "test/services/domain/rules.test.ts": "pure",
      "test/services/store/sqlite/sqlite-store.test.ts": "pure",
    };
    for (const [file, group] of Object.entries(examples)) expect(groupOf(file), file).to.equal(group);
  });

  it("are fast only without a browser, kills and long generated runs", () => {
    expect(groupNames.filter((name) => groups[name].isFast)).to.deep.equal(["chain", "pure"]);
  });

  it("name no long file that is not there", () => {
    expect(longFiles.filter((file) => !findTestFiles().includes(file))).to.deep.equal([]);
  });
});
