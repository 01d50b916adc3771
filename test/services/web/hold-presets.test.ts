import { expect } from "chai";
import fc from "fast-check";

import { demoTariff } from "../../../scripts/local-world/tariff.ts";
import { freeTariff, priceOf } from "../../../services/domain/tariff.ts";
import { assumedPowerW, energyWithin, presetHolds } from "../../../services/web/page/chain/hold-presets.ts";

describe("The holds that the page proposes", function () {
  it("are enough for their energy at the assumed power", function () {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 300 }), (batteryKwh) => {
        for (const { energyMicroWh, holdMicro } of presetHolds(demoTariff, batteryKwh)) {
          const seconds = Math.ceil((Number(energyMicroWh / 1_000_000n) / assumedPowerW) * 3_600);
          expect(priceOf(demoTariff, energyMicroWh, seconds, seconds).grossMicro <= holdMicro).to.equal(true);
          expect(holdMicro % 100_000n).to.equal(0n);
        }
      }),
    );
  });

  it("are never zero, because the contract holds no nothing", function () {
    expect(presetHolds(freeTariff, 60).map(({ holdMicro }) => holdMicro)).to.deep.equal([100_000n, 100_000n, 100_000n]);
    expect(energyWithin(freeTariff, 100_000n)).to.equal(null);
  });

  it("buy the energy that the page says they buy, and not a tenth of a kilowatt-hour more", function () {
    const within = energyWithin(demoTariff, 10_000_000n) ?? 0n;
    const cost = (energyMicroWh: bigint): bigint =>
      priceOf(demoTariff, energyMicroWh, Math.ceil((Number(energyMicroWh / 1_000_000n) / assumedPowerW) * 3_600), 0)
        .grossMicro;
    expect(cost(within) <= 10_000_000n).to.equal(true);
    expect(cost(within + 100_000_000n) > 10_000_000n).to.equal(true);
  });
});
