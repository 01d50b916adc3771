import { expect } from "chai";

import { whyNoPostgres } from "../helpers/postgres-server.ts";
import type { FaultName } from "./faults.ts";
import { runChaos, type ChaosOptions, type ChaosReport } from "./run-chaos.ts";

/** What is worst of each kind; the nightly run has all. */
const shortFaults: readonly FaultName[] = ["primary-lost", "replica-frozen", "ledger-unheard"];
const seed = 3;

describe("Several replicas as processes on PostgreSQL", function () {
  this.timeout(600_000);

  before(function () {
    const reason = whyNoPostgres();
    if (reason === null) return;
    console.warn(reason);
    this.skip();
  });

  const complaintsOf = ({ rounds }: ChaosReport): readonly unknown[] =>
    rounds.filter(({ violations, stuck }) => violations.length + stuck.length > 0);

  /** The same sessions twice, the second time with faults. @returns what the second time was like */
  async function compare(options: ChaosOptions): Promise<ChaosReport> {
    const calm = await runChaos({ ...options, isCalm: true, hasStandby: false });
    expect(complaintsOf(calm)).to.deep.equal([]);
    const disturbed = await runChaos(options);
    expect(complaintsOf(disturbed)).to.deep.equal([]);
    expect(disturbed.books).to.deep.equal(calm.books);
    console.log(`      the longest wait of a station for an answer: ${disturbed.longestPauseMs} ms`);
    return disturbed;
  }

  it("keep what they answered for, settle each session once, and have the books of an undisturbed run, where one of two is killed that has a station in the midst of a charge", async function () {
    const report = await compare({ seed, faults: ["replica-killed"], replicas: 2, hasStandby: false });
    expect(report.sessions).to.equal(4);
  });

  it("do so where three of them lose the primary, are stopped beyond their leases, and are cut off from the ledger", async function () {
    const report = await compare({ seed, faults: shortFaults });
    expect(report.rounds.map(({ fault }) => fault)).to.deep.equal(shortFaults);
    expect(report.sessions).to.equal(4 * shortFaults.length);
  });
});
