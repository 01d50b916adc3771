import { expect } from "chai";

import { quietLeftMs } from "../../../../services/domain/charging/quiet-time.ts";

const quietMs = 60_000;
const view = { grade: "plausible-unsigned", quietForMs: 0, waitedMs: 0, untilExpiryMs: 86_400_000 } as const;
const left = (changes: Partial<Parameters<typeof quietLeftMs>[0]>, quiet = quietMs) =>
  quietLeftMs({ ...view, ...changes }, quiet);

describe("The quiet time after an end", function () {
  it("is what is left since the latest message", function () {
    expect(left({})).to.equal(60_000);
    expect(left({ quietForMs: 59_999 })).to.equal(1);
    expect(left({ quietForMs: 60_000 })).to.equal(0);
    expect(left({ quietForMs: 90_000 })).to.equal(0);
  });
  it("is waited for by all but what the meter signed for this session", function () {
    expect(left({ grade: "meter-signed-bound" })).to.equal(0);
    expect(left({ grade: "meter-signed" })).to.equal(60_000);
    expect(left({ grade: "disputed" })).to.equal(60_000);
  });
  it("is none where the operator says so", function () {
    expect(left({}, 0)).to.equal(0);
  });
  it("is waited for ten times at most", function () {
    expect(left({ waitedMs: 590_000 })).to.equal(10_000);
    expect(left({ waitedMs: 600_000 })).to.equal(0);
  });
  it("leaves ten minutes to settle before the session expires", function () {
    expect(left({ untilExpiryMs: 630_000 })).to.equal(30_000);
    expect(left({ untilExpiryMs: 600_000 })).to.equal(0);
    expect(left({ untilExpiryMs: -1 })).to.equal(0);
  });
});
