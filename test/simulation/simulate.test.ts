import { expect } from "chai";

import { plants } from "./faulty-ledger.ts";
import { checkHistory, type History, type Violation } from "./history.ts";
import { simulate } from "./simulate.ts";

const hours = 6;
/** Each planted fault is found with one of so many seeds. */
const seedsPerPlant = 3;
const foundBy: Readonly<Record<(typeof plants)[number], Violation["rule"]>> = {
  "drop-acknowledged-frame": "acknowledged-is-kept",
  "send-batch-twice": "batch-is-sent-once",
  "lease-without-fencing": "lost-right-writes-nothing",
};

describe("Three simulated replicas", function () {
  this.timeout(600_000);

  for (const seed of [1, 2]) {
    it(`keep every promise and settle every session in ${hours} hours of seed ${seed}`, async function () {
      const report = await simulate({ seed, hours, plant: null });
      expect(report.violations).to.deep.equal([]);
      expect(report.sessions).to.be.greaterThan(20);
      expect(report.settled + report.held).to.equal(report.sessions);
    });
  }

  for (const plant of plants) {
    it(`are found out within ${seedsPerPlant} seeds when they ${plant}`, async function () {
      const rules = new Set<string>();
      for (let seed = 1; seed <= seedsPerPlant && !rules.has(foundBy[plant]); seed += 1) {
        const { violations } = await simulate({ seed, hours, plant });
        for (const { rule } of violations) rules.add(rule);
      }
      expect([...rules]).to.include(foundBy[plant]);
    });
  }
});

describe("The check of a history", function () {
  const frame = { stationId: "A", text: "[2]" };
  const session = { sessionId: "0x1", settlements: 1, ledgerMicro: 5n, chainMicro: 5n, meterMicro: 5n };
  const good: History = {
    acknowledged: [frame],
    kept: [
      { ...frame, place: 1 },
      { ...frame, place: 2 },
      { stationId: "B", text: "[2]", place: 1 },
    ],
    rights: [
      { kind: "claimed", name: "work", epoch: 1, what: "claimLease" },
      { kind: "written", name: "work", epoch: 1, what: "createBatch" },
      { kind: "claimed", name: "work", epoch: 2, what: "claimLease" },
      { kind: "written", name: "work", epoch: 2, what: "createBatch" },
      { kind: "written", name: "other", epoch: 1, what: "createBatch" },
    ],
    batches: [{ batchId: "b", txHashes: ["0x2"] }],
    settled: [session],
    ...{ paidMicro: 5n, creditMicro: 5n, withdrawnMicro: 5n },
  };
  const rulesOf = (history: History) => checkHistory(history).map(({ rule }) => rule);

  it("has nothing against one in which every promise was kept", function () {
    expect(checkHistory(good)).to.deep.equal([]);
    expect(checkHistory({ ...good, settled: [{ ...session, meterMicro: null }] })).to.deep.equal([]);
  });

  const late = { kind: "written", name: "work", epoch: 1, what: "markSent" } as const;
  const broken: readonly (readonly [string, History, readonly Violation["rule"][]])[] = [
    ["an answered message is not kept", { ...good, kept: [] }, ["acknowledged-is-kept"]],
    ["a place is left out", { ...good, kept: [...good.kept, { ...frame, place: 4 }] }, ["places-have-no-gap"]],
    ["a place is taken twice", { ...good, kept: [...good.kept, { ...frame, place: 2 }] }, ["places-have-no-gap"]],
    ["a lost right writes", { ...good, rights: [...good.rights, late] }, ["lost-right-writes-nothing"]],
    ["a batch is sent twice", { ...good, batches: [{ batchId: "b", txHashes: ["1", "2"] }] }, ["batch-is-sent-once"]],
    ["a session settles twice", { ...good, settled: [{ ...session, settlements: 2 }] }, ["session-settles-once"]],
    ["the ledger says another amount", { ...good, settled: [{ ...session, ledgerMicro: null }] }, ["paid-is-charged"]],
    ["the meter says another amount", { ...good, settled: [{ ...session, meterMicro: 4n }] }, ["charged-is-metered"]],
    ["more was paid than charged", { ...good, paidMicro: 6n }, ["paid-is-charged"]],
    ["more is withdrawn than credited", { ...good, withdrawnMicro: 6n }, ["withdrawn-is-credited"]],
  ];
  for (const [what, history, rules] of broken) {
    it(`objects where ${what}`, function () {
      expect(rulesOf(history)).to.deep.equal(rules);
    });
  }
});
