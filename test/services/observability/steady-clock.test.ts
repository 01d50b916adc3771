import { expect } from "chai";

import { createSparingAlerts } from "../../../services/http/entrance/sparing-alerts.ts";
import { createSteadyClock, createSteadyMark, markPauseMs } from "../../../services/observability/steady-clock.ts";

const hourMs = 3_600_000;
const noonMs = Date.UTC(2026, 10, 30, 12);

describe("The clock for waits", function () {
  let wallMs: number;
  let elapsedMs: number;
  const create = (markMs: number | null) =>
    createSteadyClock({ now: () => wallMs, elapsedMs: () => elapsedMs, markMs });

  beforeEach(function () {
    wallMs = noonMs;
    elapsedMs = 17;
  });

  it("goes on as time passes, whether the clock on the wall is set forward or back", function () {
    const steadyNow = create(null);
    const seen: number[] = [];
    for (const stepMs of [0, 12 * hourMs, -36 * hourMs]) {
      wallMs += stepMs;
      elapsedMs += 1_000;
      seen.push(steadyNow() - noonMs);
    }
    expect(seen).to.deep.equal([1_000, 2_000, 3_000]);
  });

  it("goes on from where an earlier run was when the wall clock was set back between them", function () {
    wallMs -= 2 * hourMs;
    expect(create(noonMs)()).to.equal(noonMs);
  });

  it("begins with the wall clock where an earlier run was behind that, or there was none", function () {
    expect(create(noonMs - hourMs)()).to.equal(noonMs);
    expect(create(null)()).to.equal(noonMs);
  });

  it("is written down at once and then every ten seconds", async function () {
    const marks: number[] = [];
    const steadyNow = create(null);
    const mark = createSteadyMark({
      steadyNow,
      store: {
        moveSteadyMark(atMs) {
          marks.push(atMs - noonMs);
          return Promise.resolve();
        },
      },
    });
    for (const passedMs of [0, markPauseMs - 1, 1, 5, markPauseMs]) {
      elapsedMs += passedMs;
      await mark();
    }
    expect(marks).to.deep.equal([0, markPauseMs, 2 * markPauseMs + 5]);
  });
});

describe("Alerts that are given sparingly", function () {
  it("come again after ten minutes of time that passed, whatever the wall clock says", function () {
    let elapsedMs = 0;
    const given: string[] = [];
    const alertOnce = createSparingAlerts({
      desk: { alert: (alert) => given.push(alert) },
      elapsedMs: () => elapsedMs,
    });
    alertOnce("connections-limited", "1.2.3.4");
    elapsedMs = 599_999;
    alertOnce("connections-limited", "1.2.3.4");
    expect(given.length).to.equal(1);
    elapsedMs = 600_000;
    alertOnce("connections-limited", "1.2.3.4");
    expect(given.length).to.equal(2);
  });
});
