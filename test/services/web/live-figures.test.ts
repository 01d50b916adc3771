import { expect } from "chai";
import fc from "fast-check";

import { liveFiguresOf } from "../../../services/web/page/service/live-figures.ts";
import { emptyView, type SessionView } from "../../../services/web/page/service/session-view.ts";

const live = { kind: "live" } as const;
const result = {
  energyMicroWh: 7_000_000n,
  chargingSeconds: 1_234,
  connectedSeconds: 1_234,
  chargedMicro: 5n,
  returnedMicro: 6n,
};
const settled = { kind: "settled", txHash: "0xt", ...result } as const;
const said = (atMs: number, energyMicroWh: bigint, durationMs: number, sinceMs: number) => ({
  ...{ atMs, energyMicroWh, durationMs, sinceMs },
});

function viewWith(part: Partial<SessionView>): SessionView {
  return { ...emptyView, connection: "open", ...part };
}

describe("The figures of a session that is looked at", function () {
  it("are none, and no zeros, while nobody has said anything", function () {
    const figures = liveFiguresOf(viewWith({}), live, true, 1e12);
    expect(figures).to.deep.equal({ source: "none", energyMicroWh: 0n, seconds: 0, powerW: null });
  });

  it("are the charger's, and marked, where its meter signs at the end alone", function () {
    const unsigned = [said(500_000, 1_000_000_000n, 60_000, 2_000), said(560_000, 2_000_000_000n, 120_000, 2_000)];
    const begin = [{ atMs: 1_000, energyMicroWh: 0n }];
    for (const readings of [[], begin]) {
      const figures = liveFiguresOf(viewWith({ unsigned, readings }), live, true, 125_000);
      expect(figures).to.deep.equal({
        source: "unsigned",
        energyMicroWh: 2_000_000_000n,
        // By the service's clock, whatever the charger's says.
        seconds: 123,
        powerW: 60_000,
      });
    }
    expect(liveFiguresOf(viewWith({ unsigned }), live, false, 9e9).seconds).to.equal(120);
  });

  it("are the meter's where it signs on the way, whatever the charger says", function () {
    const readings = [
      { atMs: 1_000, energyMicroWh: 0n },
      { atMs: 61_000, energyMicroWh: 500_000_000n },
    ];
    const unsigned = [said(90_000, 9_000_000_000n, 90_000, 0)];
    const figures = liveFiguresOf(viewWith({ readings, unsigned }), live, true, 91_000);
    expect(figures).to.deep.include({ source: "signed", energyMicroWh: 500_000_000n, seconds: 90, powerW: 30_000 });
    expect(liveFiguresOf(viewWith({ readings }), live, false, 91_000).seconds).to.equal(60);
  });

  it("are those of the receipt as soon as the settlement is known, and of the record that it goes by before", function () {
    const readings = [
      { atMs: 1_000, energyMicroWh: 0n },
      { atMs: 3_000, energyMicroWh: 1n },
    ];
    const cdr = { energyMicroWh: 8_000_000n, chargingSeconds: 77 };
    const view = viewWith({ readings, cdr, unsigned: [said(1, 2n, 3, 4)] });
    expect(liveFiguresOf(view, settled, false, 9e9)).to.deep.include({
      ...{ source: "final", energyMicroWh: settled.energyMicroWh, seconds: settled.chargingSeconds },
    });
    expect(liveFiguresOf(view, live, false, 9e9)).to.deep.include({
      ...{ source: "final", energyMicroWh: cdr.energyMicroWh, seconds: cdr.chargingSeconds },
    });
  });

  it("are never negative, whatever comes in whatever order", function () {
    const reading = fc.record({ atMs: fc.nat(), energyMicroWh: fc.bigInt({ min: -5n, max: 5n }) });
    const unsigned = fc.record({
      ...{ atMs: fc.nat(), energyMicroWh: fc.bigInt({ min: -5n, max: 5n }) },
      ...{ durationMs: fc.integer(), sinceMs: fc.integer() },
    });
    fc.assert(
      fc.property(
        fc.array(reading),
        fc.array(unsigned),
        fc.boolean(),
        fc.nat(),
        (readings, told, isCharging, nowMs) => {
          const figures = liveFiguresOf(viewWith({ readings, unsigned: told }), live, isCharging, nowMs);
          expect(figures.seconds >= 0 && figures.energyMicroWh >= 0n && (figures.powerW ?? 0) >= 0).to.equal(true);
        },
      ),
    );
  });
});
