import { expect } from "chai";
import fc from "fast-check";

import { freeTariff, taxedAlike } from "../../../services/domain/tariff.ts";
import {
  formatBps,
  formatExactKwh,
  formatKwh,
  formatMicro,
  formatSeconds,
  parseMicro,
  plainMicro,
} from "../../../services/web/page/text/amounts.ts";
import { coinOf } from "../../../services/web/page/text/coin.ts";
import {
  formatExactMoney,
  formatMoney,
  formatSum,
  formatUnitPrice,
  moneyUnit,
} from "../../../services/web/page/text/money.ts";
import { formatDuration, formatMoment, formatUtcDay } from "../../../services/web/page/text/times.ts";
import { numberLabels, timeLabels } from "../../../services/web/page/text/chart-labels.ts";
import { languages } from "../../../services/web/page/text/languages.ts";
import { wordsOf } from "../../../services/web/page/text/tariff-words.ts";
import { demoTariff } from "../../../scripts/local-world/tariff.ts";

const demo = coinOf("DEMO");

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
    expect(formatKwh(1_999_999_999n, "en")).to.equal("1.99 kWh");
    expect(formatKwh(1_999_999_999n, "en", 3)).to.equal("1.999 kWh");
    expect(formatBps(810, "en")).to.equal("8.1%");
    expect(formatSeconds(3_661.9)).to.equal("01:01:01");
    expect(formatSeconds(-5)).to.equal("00:00:00");
  });

  it("are typed again as they were read", function () {
    for (const micro of [1n, 1_000_000n, 12_500_000n, 123_456_789n]) {
      for (const locale of languages) expect(parseMicro(plainMicro(micro, locale)), locale).to.equal(micro);
    }
  });
});

describe("Amounts beside their total", function () {
  it("add up as printed, in every language, whatever they are", function () {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 0n, max: 10n ** 14n }), { minLength: 1, maxLength: 5 }),
        fc.constantFrom(...languages),
        (partsMicro, language) => {
          const { parts, figures, total } = formatSum(partsMicro, demo, language);
          const sum = figures.reduce((micro, part) => micro + readBack(part, language), 0n);
          expect(sum).to.equal(readBack(total.replace(" DEMO", ""), language));
          expect(figures.map((figure) => `${figure} DEMO`)).to.deep.equal(parts);
          const exact = partsMicro.reduce((micro, part) => micro + part, 0n);
          const difference = readBack(total.replace(" DEMO", ""), language) - exact;
          expect(difference <= 5_000n && difference >= -5_000n).to.equal(true);
        },
      ),
    );
  });

  it("have two decimals, rounded once to the nearest", function () {
    expect(formatSum([5_437_430n, 14_562_570n], demo, "de").figures).to.deep.equal(["5,44", "14,56"]);
    // 3.166 kWh × 0.42 is 1.32972 with its tax at six decimals, and nobody prints 1.329999.
    expect(formatSum([1_329_999n, 18_670_001n], demo, "en")).to.deep.equal({
      parts: ["1.33 DEMO", "18.67 DEMO"],
      figures: ["1.33", "18.67"],
      total: "20.00 DEMO",
    });
    expect(formatMoney(1_329_999n, demo, "en")).to.equal("1.33 DEMO");
    expect(formatExactMoney(1_329_999n, demo, "en")).to.equal("1.329999 DEMO");
  });

  it("carry the sign of the money that the coin stands for, as people of the locale write it", function () {
    const written = (symbol: string, locale: string): string => plain(formatMoney(17_034_999n, coinOf(symbol), locale));
    expect(written("XCHF", "de-CH")).to.equal("CHF 17.03");
    expect(written("EURe", "de-DE")).to.equal("17,03 €");
    expect(written("EURC", "fr-CH")).to.equal("17.03 €");
    expect(written("USDC", "en-GB")).to.equal("US$17.03");
    expect(written("DEMO", "it-CH")).to.equal("17.03 DEMO");
    expect(moneyUnit(coinOf("EURC"), "de-DE")).to.equal("€");
    expect(moneyUnit(coinOf("DEMO"), "de-DE")).to.equal("DEMO");
  });

  it("name a price per kilowatt-hour with four decimals, never below what is charged", function () {
    expect(formatUnitPrice(490_000_000n, 810, demo, "en", 4)).to.equal("0.5297 DEMO");
    expect(formatUnitPrice(490_000_000n, 810, demo, "en")).to.equal("0.52969 DEMO");
    expect(formatUnitPrice(520_000_000n, 0, demo, "en", 4)).to.equal("0.52 DEMO");
  });
});

describe("Numbers, times and charts", function () {
  it("are written as the page's language writes them", function () {
    const micro = 1_234_567_890n;
    expect(languages.map((language) => plain(formatMicro(micro, language)))).to.deep.equal([
      "1,234.56789",
      "1.234,56789",
      "1 234,56789",
      "1234,56789",
    ]);
    expect(languages.map((language) => plain(formatExactKwh(7_654_321_000n, language)))).to.deep.equal([
      "7.654321 kWh",
      "7,654321 kWh",
      "7,654321 kWh",
      "7,654321 kWh",
    ]);
    for (const language of languages) {
      const time = formatMoment(1_796_000_000, language);
      // No times of twelve hours, no month before the day, and the year with it.
      expect(time).to.not.match(/[AP]M/i);
      expect(time).to.match(/^[^0-9]*[0-9]{2}[ .].*2026/u);
    }
    const day = Date.UTC(2026, 10, 1) / 1_000;
    expect(languages.map((language) => plain(formatUtcDay(day, language)))).to.deep.equal([
      ...["1 Nov 2026", "1. Nov. 2026", "1 nov. 2026", "1 nov 2026"],
    ]);
    expect(plain(formatDuration(2_470, "en"))).to.equal("41 min");
    expect(plain(formatDuration(3_720, "de"))).to.equal("1 Std. 2 Min.");
    expect(plain(formatDuration(7, "en"))).to.equal("7 sec");
    expect(languages.map((language) => plainMicro(1_500_000n, language))).to.deep.equal(["1.5", "1,5", "1,5", "1,5"]);
    expect(plain(formatBps(810, "de"))).to.equal("8,1 %");
  });

  it("stand at the ticks of a chart, with the day where it begins or changes", function () {
    const midnight = Date.UTC(2026, 10, 29) / 1_000;
    const ticks = [midnight - 7_200, midnight, midnight + 7_200];
    const labels = (language: string): readonly string[] => timeLabels(ticks, 7_200, language, "UTC");
    expect(labels("de")).to.deep.equal(["22:00\n28.11.", "00:00\n29.11.", "02:00"]);
    expect(labels("en")).to.deep.equal(["22:00\n28/11", "00:00\n29/11", "02:00"]);
    expect(labels("fr")).to.deep.equal(["22:00\n28/11", "00:00\n29/11", "02:00"]);
    expect(labels("it")).to.deep.equal(["22:00\n28/11", "00:00\n29/11", "02:00"]);
    expect(timeLabels([midnight, midnight + 30], 30, "de", "UTC")).to.deep.equal(["00:00:00\n29.11.", "00:00:30"]);
    expect(timeLabels([midnight, midnight + 86_400], 86_400, "de", "UTC")).to.deep.equal(["29.11.", "30.11."]);
    expect(timeLabels([], 60, "de", "UTC")).to.deep.equal([]);
  });

  it("have the same decimals at all ticks of an axis", function () {
    expect(numberLabels([0, 0.25, 0.5], "de", "kWh")).to.deep.equal(["0,00 kWh", "0,25 kWh", "0,50 kWh"]);
    expect(numberLabels([0, 1_000, 2_000], "en")).to.deep.equal(["0", "1,000", "2,000"]);
    expect(numberLabels([0.1 + 0.2], "en")).to.deep.equal(["0.3"]);
    expect(numberLabels([], "en")).to.deep.equal([]);
  });
});

/** The amount that a printed one says, in 10⁻⁶ token. */
function readBack(printed: string, language: string): bigint {
  const mark = language === "en" ? "." : ",";
  const [whole = "0", fraction = ""] = printed.split(mark);
  return BigInt(whole.replace(/[^0-9]/gu, "")) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
}

/** Languages separate by spaces of several kinds. */
function plain(text: string): string {
  return text.replace(/[\u00a0\u202f]/gu, " ");
}

describe("A tariff in words", function () {
  it("says every component that there is, and nothing that there is not", function () {
    expect(wordsOf(demoTariff, demo, "en").map(({ key }) => key)).to.deep.equal([
      "priceEnergy",
      "priceCharging",
      "priceConnected",
      "priceConnectedMaximum",
      "priceFlat",
      "priceMinimum",
      "priceTax",
      "priceNothingWithoutEnergy",
    ]);
    expect(wordsOf(freeTariff, demo, "en").map(({ key }) => key)).to.deep.equal([
      "priceFree",
      "priceNothingWithoutEnergy",
    ]);
  });

  it("names prices with their tax, none below what is charged, and each band of energy", function () {
    const tariff = {
      ...{ ...freeTariff, ...taxedAlike(1_900) },
      ...{ priceNanoPerKwh: 333_333_333n, flatFeeMicro: 350_000n, flatTaxBps: 0 },
      energyBands: [{ fromWh: 20_500, priceNanoPerKwh: 200_000_000n }],
    };
    const words = wordsOf(tariff, coinOf("X"), "en");
    // 0.333333333 × 1.19 = 0.39666666627
    expect(words.slice(0, 4)).to.deep.equal([
      { key: "priceEnergy", values: { amount: "0.396667 X" } },
      { key: "priceEnergyBeyond", values: { amount: "0.238 X", from: "20.5 kWh" } },
      { key: "priceFlat", values: { amount: "0.35 X" } },
      { key: "priceTax", values: { percent: "19%" } },
    ]);
  });

  it("says it when time is charged without energy", function () {
    const words = wordsOf(
      { ...demoTariff, chargesWithoutEnergy: true, maximumMicro: 5n, maximumGrossMicro: 6n, energyStepWh: 100 },
      coinOf("X"),
      "en",
    );
    expect(words.map(({ key }) => key)).to.include.members(["priceAlsoWithoutEnergy", "priceMaximum", "priceSteps"]);
    expect(words.find(({ key }) => key === "priceMaximum")?.values).to.deep.equal({ amount: "0.000006 X" });
  });
});
