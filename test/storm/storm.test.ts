import { expect } from "chai";

import { runStorm } from "./run-storm.ts";

describe("Stations whose connections all end at once", function () {
  this.timeout(300_000);

  it("come back in turns within a bounded time, and lose no message", async function () {
    const report = await runStorm({ stations: 400, config: { handshakes: 1, handshakeQueue: 3 } });
    expect(report.lost).to.deep.equal([]);
    expect(report.answered).to.equal(1_200);
    expect(report.mostWaiting).to.be.within(1, 3);
    // More came at once than find a place: they were told when to come back.
    expect(report.deferred).to.be.greaterThan(0);
    expect(report.longestRetryAfterSeconds).to.be.within(1, 60);
    expect(report.allBackMs).to.be.lessThan(120_000);
  });
});
