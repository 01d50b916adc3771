import { expect } from "chai";

import { bucketsUntil, energyWhOf, fillBuckets, quarterMs, sumOf } from "../../../services/domain/energy-totals.ts";

const hourMs = 3_600_000;

describe("Totals of energy and money", function () {
  it("refuse a time zone that is none", function () {
    expect(() => bucketsUntil(0, "day", 1, "Mars/Olympus")).to.throw(RangeError);
  });

  it("have hours without gaps up to the one that is not over", function () {
    const nowMs = Date.UTC(2026, 0, 1, 0, 59, 59, 999);
    expect(bucketsUntil(nowMs, "hour", 2, "UTC")).to.deep.equal([
      { startsAtMs: Date.UTC(2025, 11, 31, 23), endsAtMs: Date.UTC(2026, 0, 1) },
      { startsAtMs: Date.UTC(2026, 0, 1), endsAtMs: Date.UTC(2026, 0, 1, 1) },
    ]);
  });

  const zones: readonly (readonly [string, number, readonly number[], number])[] = [
    ["Europe/Zurich", Date.UTC(2026, 9, 26, 12), [24, 25, 24], Date.UTC(2026, 9, 23, 22)],
    ["Asia/Kathmandu", Date.UTC(2026, 5, 10, 18, 15), [24, 24, 24], Date.UTC(2026, 5, 8, 18, 15)],
    ["Australia/Lord_Howe", Date.UTC(2026, 9, 4, 12), [24, 24, 23.5], Date.UTC(2026, 9, 1, 13, 30)],
  ];
  for (const [timeZone, nowMs, hours, firstMs] of zones) {
    it(`have the days of ${timeZone}`, function () {
      const days = bucketsUntil(nowMs, "day", 3, timeZone);
      expect(days.map(({ startsAtMs, endsAtMs }) => (endsAtMs - startsAtMs) / hourMs)).to.deep.equal(hours);
      expect(days[0]?.startsAtMs).to.equal(firstMs);
      expect(days.slice(1).map(({ startsAtMs }) => startsAtMs)).to.deep.equal(days.slice(0, -1).map((d) => d.endsAtMs));
    });
  }

  it("count what was written on a boundary once, in what begins there, and nothing twice", function () {
    const frames = [
      { startsAtMs: 0, endsAtMs: hourMs },
      { startsAtMs: hourMs, endsAtMs: 2 * hourMs },
    ];
    const quarters = Array.from({ length: 8 }, (_unused, index) => ({
      startsAtMs: index * quarterMs,
      sessions: 1,
      energyMicroWh: 10n ** 18n,
      billedMicro: BigInt(index),
      settledMicro: 0n,
    }));
    const filled = fillBuckets(frames, quarters);
    expect(filled.map(({ sessions, billedMicro }) => [sessions, billedMicro])).to.deep.equal([
      [4, 6n],
      [4, 22n],
    ]);
    expect(sumOf(filled)).to.deep.equal(sumOf(quarters));
    expect(energyWhOf(sumOf(filled).energyMicroWh + 1n)).to.equal("8000000000000.000001");
  });
});
