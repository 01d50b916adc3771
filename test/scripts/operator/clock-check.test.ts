import { expect } from "chai";
import fc from "fast-check";

import { clockFinding } from "../../../scripts/operator/doctor/clock-check.ts";

const nowSeconds = 1_800_000_000;

function outcomeAt(behindSeconds: number, nextBehindSeconds: number | null): string {
  return clockFinding({
    headNumber: 7,
    headSeconds: nowSeconds - behindSeconds,
    nextBlockSeconds: nextBehindSeconds === null ? null : nowSeconds - nextBehindSeconds,
    nowMs: nowSeconds * 1_000,
  }).outcome;
}

describe("wattproof doctor: the clock", () => {
  it("finds a skew above a minute in both directions, on a local chain and on any other", () => {
    expect(outcomeAt(-43_008, -43_008)).to.equal("fails");
    expect(outcomeAt(-61, null)).to.equal("fails");
    expect(outcomeAt(43_008, 43_008)).to.equal("fails");
    expect(outcomeAt(61, null)).to.equal("warning");
    expect(outcomeAt(301, null)).to.equal("fails");
  });

  it("asks a local chain for the time of its next block, since its newest one may be old", () => {
    expect(outcomeAt(86_400, 0)).to.equal("ok");
    expect(outcomeAt(86_400, 61)).to.equal("fails");
    expect(outcomeAt(86_400, null)).to.equal("fails");
  });

  it("is content exactly where both are within a minute", () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 100_000 }), fc.boolean(), (behindSeconds, isLocal) => {
        const outcome = outcomeAt(behindSeconds, isLocal ? behindSeconds : null);
        expect(outcome === "ok").to.equal(Math.abs(behindSeconds) <= 60);
      }),
    );
  });

  it("says in words who is ahead", () => {
    const view = { headNumber: 7, headSeconds: nowSeconds + 43_008, nextBlockSeconds: null, nowMs: nowSeconds * 1_000 };
    expect(clockFinding(view).detail).to.contain("43008 s ahead of this machine's clock");
    expect(clockFinding({ ...view, headSeconds: nowSeconds - 5 }).detail).to.contain("5 s behind");
  });
});
