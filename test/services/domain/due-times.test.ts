import { expect } from "chai";

import { agoMs, greatestPauseMs, isDue } from "../../../services/domain/due-times.ts";

const nowMs = Date.UTC(2026, 2, 1, 10);

describe("A time that something was put off until", function () {
  it("is due when it has come, and not before", function () {
    expect(isDue(nowMs, nowMs)).to.equal(true);
    expect(isDue(nowMs - 1, nowMs)).to.equal(true);
    expect(isDue(nowMs + 1, nowMs)).to.equal(false);
    expect(isDue(nowMs + greatestPauseMs, nowMs)).to.equal(false);
  });
  it("is due where it is further ahead than any pause: the clock was set back", function () {
    expect(isDue(nowMs + greatestPauseMs + 1, nowMs)).to.equal(true);
    expect(isDue(nowMs + 172_800_000, nowMs)).to.equal(true);
  });
});

describe("A time at which something was done", function () {
  it("is as long ago as the clock says, and for ever where it lies ahead", function () {
    expect(agoMs(nowMs - 5, nowMs)).to.equal(5);
    expect(agoMs(nowMs, nowMs)).to.equal(0);
    expect(agoMs(nowMs + 1, nowMs)).to.equal(Infinity);
  });
});
