import { expect } from "chai";

import {
  formatBps,
  formatKwh,
  formatMicro,
  formatSeconds,
  parseMicro,
  plainMicro,
} from "../../../services/web/page/text/amounts.ts";
import { wordsOf } from "../../../services/web/page/text/tariff-words.ts";
import { demoTariff } from "../../../scripts/demo/tariff.ts";

describe("The page's amounts", function () {
  it("refuse what is no amount above zero with at most six decimals", function () {
    for (const text of ["", "0", "0.000000", "-1", "1e3", "1.0000001", "01", "1.", ".5", "1 000", "0x10", "１"]) {
      expect(parseMicro(text), text).to.equal(null);
    }
  });

  it("are read with a point or a comma", function () {
    expect(parseMicro("12.5")).to.equal(12_500_000n);
    expect(parseMicro(" 0,000001 ")).to.equal(1n);
    expect(parseMicro("999999999999")).to.equal(999_999_999_999_000_000n);
  });

  it("are written as the language writes them, and never rounded up", function () {
    expect(formatMicro(1_234_567_890n, "en")).to.equal("1,234.56789");
    expect(formatMicro(1_234_567_890n, "de")).to.equal("1.234,56789");
    expect(formatMicro(19_900_000n, "en")).to.equal("19.90");
    expect(formatMicro(-1n, "en")).to.equal("-0.000001");
    expect(formatMicro(2n ** 64n - 1n, "en")).to.equal("18,446,744,073,709.551615");
    expect(formatKwh(1_999_999_999n, "en")).to.equal("1.999 kWh");
    expect(formatBps(810, "en")).to.equal("8.1%");
    expect(formatSeconds(3_661.9)).to.equal("01:01:01");
    expect(formatSeconds(-5)).to.equal("00:00:00");
  });

  it("are typed again as they were read", function () {
    for (const micro of [1n, 1_000_000n, 12_500_000n, 123_456_789n]) {
      expect(parseMicro(plainMicro(micro))).to.equal(micro);
    }
  });
});

describe("A tariff in words", function () {
  it("says every component that there is, and nothing that there is not", function () {
    expect(wordsOf(demoTariff, "DEMO", "en").map(({ key }) => key)).to.deep.equal([
      "priceFlat",
      "priceEnergy",
      "priceCharging",
      "priceIdle",
      "priceMinimum",
      "priceTax",
      "priceNothingWithoutEnergy",
    ]);
    const free = {
      ...demoTariff,
      flatFeeMicro: 0n,
      priceMicroPerKwh: 0n,
      priceMicroPerChargingMinute: 0n,
      priceMicroPerIdleMinute: 0n,
      minimumMicro: 0n,
      taxBps: 0,
    };
    expect(wordsOf(free, "DEMO", "en").map(({ key }) => key)).to.deep.equal(["priceFree", "priceNothingWithoutEnergy"]);
  });

  it("says it when time is charged without energy", function () {
    const words = wordsOf(
      { ...demoTariff, chargesWithoutEnergy: true, maximumMicro: 5n, energyStepWh: 100 },
      "X",
      "en",
    );
    expect(words.map(({ key }) => key)).to.include.members(["priceAlsoWithoutEnergy", "priceMaximum", "priceSteps"]);
    expect(words.find(({ key }) => key === "priceMaximum")?.values).to.deep.equal({ amount: "0.000005 X" });
  });
});
