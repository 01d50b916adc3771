import { expect } from "chai";

import { replicaFindings, type ReplicasAnswer } from "../../../scripts/operator/doctor/replica-checks.ts";

const alive = { replicaId: "a", isAlive: true, stations: 3 };
const standby = { name: "s1", waits: "sync", behindBytes: 100, behindMs: 2 };

describe("What doctor says of replicas", function () {
  function outcomesOf(given: Partial<ReplicasAnswer>): readonly string[] {
    const leases = [{ name: "upkeep", replicaId: "a" }];
    const answer = { nowMs: 0, replicas: [alive], leases, standbys: [standby], ...given };
    return replicaFindings(answer).map(({ check, outcome }) => `${check} ${outcome}`);
  }

  it("is good where all live, upkeep is done and a commit waits for a standby", function () {
    expect(outcomesOf({})).to.deep.equal(["replicas ok", "leases ok", "standby ok"]);
  });

  it("warns of a replica that is lost, and fails where nobody does the upkeep", function () {
    expect(outcomesOf({ replicas: [alive, { ...alive, isAlive: false }] })).to.include("replicas warning");
    expect(outcomesOf({ leases: [{ name: "upkeep", replicaId: null }] })).to.include("leases fails");
  });

  it("says nothing of standbys of a folder, and warns where PostgreSQL has none, a slow one or one nobody waits for", function () {
    expect(outcomesOf({ standbys: null })).to.deep.equal(["replicas ok", "leases ok"]);
    expect(outcomesOf({ standbys: [] })).to.include("standby warning");
    expect(outcomesOf({ standbys: [{ ...standby, behindBytes: 10 ** 9 }] })).to.include("standby warning");
    expect(outcomesOf({ standbys: [{ ...standby, waits: "async" }] })).to.include("standby warning");
  });

  it("says that the service may not see them, instead of nothing", function () {
    const unseen = { ...standby, waits: null, behindBytes: null, behindMs: null };
    const [, , finding] = replicaFindings({
      nowMs: 0,
      replicas: [alive],
      leases: [{ name: "upkeep", replicaId: "a" }],
      standbys: [unseen],
    });
    expect(finding).to.deep.include({ check: "standby", outcome: "warning" });
    expect(finding?.advice).to.include("pg_monitor");
  });
});
