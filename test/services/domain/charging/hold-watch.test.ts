import { expect } from "chai";
import fc from "fast-check";

import { defaultStopAtBps, watchHold } from "../../../../services/domain/charging/hold-watch.ts";
import { freeTariff, priceOf, taxedAlike, type Tariff } from "../../../../services/domain/tariff.ts";

const tariff: Tariff = { ...freeTariff, priceNanoPerKwh: 500_000_000n };
const holdMicro = 10_000_000n;
const kwh = 1_000_000_000n;
const after = (energyMicroWh: bigint, chargingSeconds = 0) => ({
  energyMicroWh,
  chargingSeconds,
  connectedSeconds: chargingSeconds,
});
const watch = (changes: Partial<Tariff>, session: ReturnType<typeof after>) =>
  watchHold({ ...tariff, ...changes }, holdMicro, session, defaultStopAtBps);

describe("The watch over a hold", function () {
  it("refuses a share to stop at that is none", function () {
    for (const bps of [0, 10_001, 0.5, NaN])
      expect(() => watchHold(tariff, holdMicro, after(0n), bps)).to.throw(RangeError);
  });
  it("stops at 95 % of what the hold can pay, and not before", function () {
    expect(watch({}, after(19n * kwh - 2_000n))).to.deep.equal({
      usedMicro: 9_499_999n,
      remainingMicro: 500_001n,
      usedBps: 9_499,
      isStopDue: false,
    });
    expect(watch({}, after(19n * kwh))).to.deep.equal({
      usedMicro: 9_500_000n,
      remainingMicro: 500_000n,
      usedBps: 9_500,
      isStopDue: true,
    });
  });
  it("leaves nothing when the hold is outgrown", function () {
    const expected = { usedMicro: 15_000_000n, remainingMicro: 0n, usedBps: 10_000, isStopDue: true };
    expect(watch({}, after(30n * kwh))).to.deep.equal(expected);
  });
  it("counts tax, and time although no energy has flowed", function () {
    expect(watch(taxedAlike(1_900), after(10n * kwh)).usedMicro).to.equal(5_950_000n);
    expect(watch({ priceNanoPerChargingHour: 6_000_000_000n }, after(0n, 6_000)).isStopDue).to.equal(true);
  });
  it("does not stop for a minimum price that the hold just covers", function () {
    expect(watch({ minimumMicro: holdMicro, minimumGrossMicro: holdMicro }, after(kwh)).isStopDue).to.equal(false);
    expect(watch({ minimumMicro: holdMicro, minimumGrossMicro: holdMicro }, after(19n * kwh)).isStopDue).to.equal(true);
  });
  it("never stops a session whose greatest price the hold can pay", function () {
    expect(watch({ maximumMicro: holdMicro, maximumGrossMicro: holdMicro }, after(900n * kwh)).isStopDue).to.equal(
      false,
    );
    expect(
      watch({ maximumMicro: holdMicro, maximumGrossMicro: holdMicro + 1n, ...taxedAlike(1) }, after(900n * kwh))
        .isStopDue,
    ).to.equal(true);
  });
  it("always stops before the price is beyond the hold by what flows in between", function () {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 40n * kwh }), fc.integer({ min: 0, max: 36_000 }), (energy, seconds) => {
        const priced = {
          ...{ ...tariff, ...taxedAlike(700) },
          ...{ priceNanoPerChargingHour: 1_200_000_000n, flatFeeMicro: 300_000n },
        };
        const state = watchHold(priced, holdMicro, after(energy, seconds), defaultStopAtBps);
        const { grossMicro } = priceOf(priced, energy, seconds, seconds);
        if (!state.isStopDue) expect(grossMicro * 100n < holdMicro * 95n).to.equal(true);
        expect(state.usedMicro >= grossMicro).to.equal(true);
      }),
    );
  });
});
