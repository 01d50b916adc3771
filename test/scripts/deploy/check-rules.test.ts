import { expect } from "chai";

import { findRuleProblem } from "../../../scripts/deploy/check-rules.ts";
import { defaultRules, type SettlementRules } from "../../../scripts/deploy/contract-set.ts";

const oracle = "0x8617E340B3D01FA5F11F306F4090FD50E238070D";
const appointments = { owner: oracle, guardian: oracle, oracles: [oracle], threshold: 1 };

function problemOf(changes: Partial<SettlementRules>): string | undefined {
  return findRuleProblem({ ...defaultRules, ...changes }, appointments);
}

describe("Rules of a deployment", () => {
  it("are refused with windows or epochs of less than an hour, by a second", () => {
    const windows = "Challenge window, answer window and epoch take an hour at least";
    for (const seconds of [0, 1, 3_599]) {
      expect(problemOf({ challengeWindowSeconds: seconds })).to.equal(windows);
      expect(problemOf({ answerWindowSeconds: seconds })).to.equal(windows);
      expect(problemOf({ challengeWindowSeconds: seconds, epochSeconds: seconds })).to.equal(windows);
    }
    expect(problemOf({ epochSeconds: 1 })).to.equal("An epoch must not be shorter than the challenge window");
    const hour = { challengeWindowSeconds: 3_600, answerWindowSeconds: 3_600, epochSeconds: 3_600 };
    expect(problemOf(hour)).to.equal(undefined);
  });

  it("are taken as they are by default", () => {
    expect(problemOf({})).to.equal(undefined);
  });
});
