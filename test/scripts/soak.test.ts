import { expect } from "chai";

import { runSoak, type SoakOptions } from "../soak/run-soak.ts";
import { planSession, type PlannedSession } from "../soak/soak-plan.ts";

const seed = 4;

/** A small run in which every session goes as said. */
async function play(planned: Partial<PlannedSession>, options: Partial<SoakOptions> = {}) {
  const plan: SoakOptions["plan"] = (random) => ({
    ...planSession(random),
    ...{ abuse: "none", fault: "none", pauseTicks: 0 },
    ...planned,
  });
  return runSoak({ chargers: 3, minutes: 16, seed, plan, ...options });
}

describe("Chargers for which much goes wrong", function () {
  this.timeout(600_000);

  it(`have every session settled for what its meter delivered, or held for the right reason: seed ${seed}`, async function () {
    const report = await runSoak({ chargers: 20, minutes: 40, seed });
    expect(report.differences).to.deep.equal([]);
    expect(report.free).to.deep.equal([]);
    expect(report.staying).to.deep.equal([]);
    expect(report.sessions).to.be.greaterThan(20);
    expect(report.settled).to.be.greaterThan(10);
    expect(Object.keys(report.held)).to.include.members(["REGISTER_RESET", "SIGNED_VALUE_INVALID"]);
    const faults = ["disconnects", "powerCuts", "lostAnswers", "duplicates", "reordered", "logsLeftOut"] as const;
    const abuses = ["wrongTokens", "outliers", "secondStarts", "repeatedStops", "lateReadings", "localTimes"] as const;
    for (const kind of [...faults, ...abuses]) expect(report[kind], kind).to.be.greaterThan(0);
  });

  it("are found out where energy flows and its session settles at nothing", async function () {
    const report = await play({ evidence: "unsigned-agreed", abuse: "register-stuck" });
    expect(report.sessions).to.be.greaterThan(0);
    expect(report.free).to.have.length(report.sessions);
    expect(report.differences.map(({ sessionId }) => sessionId)).to.have.members(report.free);
  });

  it("are found out where a session stays in a state that nothing moves", async function () {
    // The stop is lost, and the run ends before anybody waits for it long enough.
    const report = await play({ evidence: "unsigned-agreed", fault: "lost-stop" }, { calmMinutes: 5 });
    expect(report.sessions).to.be.greaterThan(0);
    expect(report.staying).to.have.length(report.sessions);
    expect(report.differences.map(({ sessionId }) => sessionId)).to.have.members(report.staying);
  });

  it("are found out where a session settles at less than flowed", async function () {
    const report = await play({ evidence: "signed" }, { signsWh: (energyWh) => energyWh - 1 });
    expect(report.sessions).to.be.greaterThan(0);
    expect(report.differences).to.have.length(report.sessions);
    expect(report.settled).to.equal(0);
  });
});
