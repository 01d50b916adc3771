import { expect } from "chai";

import { runSoak } from "../soak/run-soak.ts";

const seed = 4;

describe("Chargers for which much goes wrong", function () {
  this.timeout(600_000);

  it(`have every session settled for what its meter delivered, or held for the right reason: seed ${seed}`, async function () {
    const report = await runSoak({ chargers: 20, minutes: 40, seed });
    expect(report.differences).to.deep.equal([]);
    expect(report.sessions).to.be.greaterThan(20);
    expect(report.settled).to.be.greaterThan(10);
    expect(Object.keys(report.held)).to.include.members(["REGISTER_RESET", "SIGNED_VALUE_INVALID"]);
    for (const fault of ["disconnects", "powerCuts", "lostAnswers", "duplicates", "reordered"] as const) {
      expect(report[fault], fault).to.be.greaterThan(0);
    }
  });
});
