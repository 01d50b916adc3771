import { expect } from "chai";

import { runFiles, type LostFile } from "../../../scripts/tests/run-files.ts";
import { createTally } from "../../../scripts/tests/tally.ts";
import type { FileOutcome } from "../../../scripts/tests/test-outcome.ts";

const sample = (name: string): string => `test/scripts/tests/samples/${name}.ts`;
const names = ["good", "bad", "only", "empty", "unwaited", "hook", "exit"] as const;

describe("The runner of the tests", function () {
  const ended = new Map<string, FileOutcome | LostFile>();
  const shown = new Map<string, string | null>();
  const tally = createTally(["not-run", ...names].map((name) => ({ file: sample(name), group: "pure" })));

  before(async function () {
    await runFiles(names.map(sample), {
      jobs: 2,
      environment: {},
      onFile(outcome, written) {
        ended.set(outcome.file, outcome);
        shown.set(outcome.file, tally.add(outcome, written));
      },
    });
  });

  const shownOf = (name: string): string | null | undefined => shown.get(sample(name));

  it("says nothing of a file whose tests passed or chose not to run, and counts both", () => {
    const good = ended.get(sample("good"));
    if (good === undefined || !("tests" in good)) expect.fail("The file ended.");
    expect(good.tests.map(({ state }) => state)).to.deep.equal(["passed", "pending"]);
    expect(shownOf("good")).to.equal(null);
  });

  it("shows a failure in full: title, what differs, and where", () => {
    expect(shownOf("bad")).to.contain("A sample says one and means two").and.contain("bad.ts:6");
    expect(shownOf("bad")).to.match(/-.*"value": 1[\s\S]*\+.*"value": 2/u);
  });

  it("refuses a test that keeps the others of its file from running", () => {
    expect(shownOf("only")).to.contain("`.only` forbidden");
  });

  it("takes a file without tests for a failure", () => {
    expect(shownOf("empty")).to.contain("There is no test in it.");
  });

  it("fails a test that leaves a rejection behind", () => {
    expect(shownOf("unwaited")).to.contain("Nobody waits for it.");
  });

  it("fails a file whose hook failed, though no test of it ran", () => {
    expect(shownOf("hook")).to.contain("The hook fails.");
  });

  it("fails a file whose process ended before its tests, and shows what it wrote", () => {
    expect(shownOf("exit")).to.contain("The process of the tests ended with 0.").and.contain("the last words");
  });

  it("names every file that failed, and the one that never ran", () => {
    const failed = new Set(tally.failures().map((failure) => failure.split(":", 1)[0]));
    expect([...failed]).to.have.members(["bad", "only", "empty", "unwaited", "hook", "exit", "not-run"].map(sample));
    expect(tally.groups()).to.have.length(1);
    expect(tally.groups()[0]).to.include({ name: "pure", files: 8, pending: 1 });
  });

  it("takes Solidity tests of which fewer passed than there are for a failure", () => {
    const solidity = createTally([{ file: "test/contracts/tariff-math/TariffMath.t.sol", group: "solidity" }]);
    const outcome = { total: 7, passed: 6, exitCode: 0, elapsedMs: 1, text: "  6 passing" };
    expect(solidity.failures()).to.have.length(1);
    expect(solidity.addSolidity(outcome)).to.contain("Of 7 tests 6 passed.");
    expect(solidity.failures()).to.have.length(1);
  });
});
