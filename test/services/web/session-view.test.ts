import { expect } from "chai";

import { emptyView, powerOf, viewAfter } from "../../../services/web/page/service/session-view.ts";

describe("What the page knows of a running session", function () {
  const session = { sessionId: "0x1", idTag: "A", state: "charging", reason: null, dispute: null };
  const event = (state: string, readings: readonly (readonly [number, string])[] = []): string =>
    JSON.stringify({
      session: { ...session, state },
      readings: readings.map(([atMs, energyMicroWh]) => ({ atMs, energyMicroWh })),
    });

  it("is not changed by what is no event of ours", function () {
    for (const data of ["", "{", "null", "{}", event("exploded"), '{"session":1}']) {
      expect(viewAfter(emptyView, data), data).to.equal(emptyView);
    }
  });

  it("keeps each reading once, in the order of time, whatever is repeated", function () {
    const first = viewAfter(emptyView, event("charging", [[1_000, "0"]]));
    const next = viewAfter(
      first,
      event("charging", [
        [3_000, "20"],
        [2_000, "10"],
        [1_000, "0"],
      ]),
    );
    expect(next.readings.map(({ atMs, energyMicroWh }) => [atMs, energyMicroWh])).to.deep.equal([
      [1_000, 0n],
      [2_000, 10n],
      [3_000, 20n],
    ]);
    expect(next.connection).to.equal("open");
  });

  it("notices that a settlement was undone, until there is one again", function () {
    const settled = viewAfter(emptyView, event("settled"));
    expect(settled.isReorganised).to.equal(false);
    const undone = viewAfter(settled, event("batched"));
    expect(undone.isReorganised).to.equal(true);
    expect(viewAfter(undone, event("batched")).isReorganised).to.equal(true);
    expect(viewAfter(undone, event("settled")).isReorganised).to.equal(false);
  });

  it("tells power from the last two readings, and none from one", function () {
    expect(powerOf([{ atMs: 0, energyMicroWh: 0n }])).to.equal(null);
    const power = powerOf([
      { atMs: 0, energyMicroWh: 0n },
      { atMs: 60_000, energyMicroWh: 183_333_333n },
    ]);
    expect(Math.round(power ?? 0)).to.equal(11_000);
    const late = [
      { atMs: 0, energyMicroWh: 0n },
      { atMs: 5, energyMicroWh: 1_000_000_000n },
    ];
    expect(powerOf(late)).to.equal(null);
  });
});
