import { expect } from "chai";

import { runHistory } from "./run-history.ts";

describe("A long history", function () {
  this.timeout(60_000);

  it("is smaller once its messages are archived: all but the newest of each station", async function () {
    const report = await runHistory(20, 10);
    expect(report).to.deep.include({ sessions: 20, messages: 200, archived: 180 });
    expect(report.bytesAfter).to.be.lessThan(report.bytesBefore);
  });
});
