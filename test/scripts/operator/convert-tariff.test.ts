import { expect } from "chai";

import type { Conversion } from "../../../scripts/operator/ocpi/conversion.ts";
import { convertTariff } from "../../../scripts/operator/ocpi/convert-tariff.ts";
import { scaled } from "../../../scripts/operator/ocpi/exact-number.ts";
import { tariff221, tariff230, withoutNulls, withVat } from "../../../scripts/operator/ocpi/tariff-schema.ts";
import { freeTariff } from "../../../services/domain/tariff.ts";

const choices = { currency: "EUR", roundsStepsDown: false, chargesWithoutEnergy: false, nowSeconds: 1_800_000_000 };
const energy = { type: "ENERGY", price: 0.49, vat: 19, step_size: 1 };
const base = {
  country_code: "DE",
  party_id: "WTP",
  id: "1",
  currency: "EUR",
  elements: [{ price_components: [energy] }],
  last_updated: "2026-11-01T00:00:00Z",
};

function convert(change: object, more: Partial<typeof choices> = {}): Conversion {
  const content = withoutNulls({ ...base, ...change }) as object;
  const ocpi = "tax_included" in content ? tariff230.parse(content) : tariff221.parse(content);
  return convertTariff(ocpi, { ...choices, ...more });
}

const refusedPaths = (conversion: Conversion): string[] =>
  conversion.verdicts.filter(({ verdict }) => verdict === "refused").map(({ path }) => path);
const withComponents = (...components: object[]): object => ({ elements: [{ price_components: components }] });

describe("The translation of OCPI tariffs", () => {
  const refusals: readonly (readonly [title: string, change: object, paths: readonly string[]])[] = [
    ["another currency", { currency: "CHF" }, ["currency"]],
    ["a type that it does not know", { type: "PROFILE_NIGHT" }, ["type"]],
    ["one that begins later", { start_date_time: "2099-01-01T00:00:00Z" }, ["start_date_time"]],
    ["one whose beginning cannot be read", { start_date_time: "soon" }, ["start_date_time"]],
    ["a beginning that could be two days", { start_date_time: "01.12.2026" }, ["start_date_time"]],
    ["a beginning on a day that does not exist", { start_date_time: "2026-02-30T00:00:00Z" }, ["start_date_time"]],
    ["a beginning without a time", { start_date_time: "2026-11-01" }, ["start_date_time"]],
    ["one whose end cannot be read", { end_date_time: "2099" }, ["end_date_time"]],
    [
      "prices by power, current and reservation, each by its name",
      {
        elements: [
          { price_components: [energy], restrictions: { max_power: 11 } },
          { price_components: [energy], restrictions: { min_current: 16, reservation: "RESERVATION" } },
          { price_components: [energy], restrictions: { weather: "sunny" } },
          { price_components: [energy] },
        ],
      },
      [
        "elements[0].restrictions.max_power",
        "elements[1].restrictions.min_current",
        "elements[1].restrictions.reservation",
        "elements[2].restrictions.weather",
      ],
    ],
    [
      "energy by duration, which no meter proves",
      {
        elements: [
          { price_components: [energy], restrictions: { max_duration: 1_800 } },
          { price_components: [energy] },
        ],
      },
      ["elements[0].restrictions.max_duration"],
    ],
    [
      "charging time by duration",
      { elements: [{ price_components: [{ ...energy, type: "TIME" }], restrictions: { min_duration: 3_600 } }] },
      ["elements[0].restrictions.min_duration"],
    ],
    [
      "a fee by energy",
      { elements: [{ price_components: [{ ...energy, type: "FLAT" }], restrictions: { min_kwh: 10 } }] },
      ["elements[0].restrictions.min_kwh"],
    ],
    [
      "energy with two rates of tax",
      {
        elements: [
          { price_components: [energy], restrictions: { max_kwh: 10 } },
          { price_components: [{ ...energy, vat: 7 }] },
        ],
      },
      ["elements[1].price_components[0].vat"],
    ],
    [
      "five prices of energy",
      {
        elements: [10, 20, 30, 40, 50].map((most, index) => ({
          price_components: [{ ...energy, price: index + 1 }],
          restrictions: { max_kwh: most },
        })),
      },
      ["elements[4].price_components[0]"],
    ],
    [
      "a part of a watt-hour as the edge of a price",
      { elements: [{ price_components: [energy], restrictions: { max_kwh: 1.0005 } }] },
      ["elements[0].restrictions.max_kwh"],
    ],
    [
      "a time of day that is none",
      { elements: [{ price_components: [energy], restrictions: { start_time: "25:00" } }] },
      ["elements[0].restrictions.start_time"],
    ],
    [
      "a component that never applies",
      { elements: [{ price_components: [energy] }, { price_components: [{ ...energy, price: 0.3 }] }] },
      ["elements[1].price_components[0]"],
    ],
    [
      "a rate of tax with three decimals",
      withComponents({ ...energy, vat: 19.125 }),
      ["elements[0].price_components[0].vat"],
    ],
    [
      "a price with more than nine decimals",
      withComponents({ ...energy, price: 0.1234567891 }),
      ["elements[0].price_components[0].price"],
    ],
    [
      "a fee with more than six decimals",
      withComponents({ ...energy, type: "FLAT", price: 0.1234567 }),
      ["elements[0].price_components[0].price"],
    ],
    ["a negative price", withComponents({ ...energy, price: -0.1 }), ["elements[0].price_components[0].price"]],
    ["a maximum that is less with tax", { max_price: { excl_vat: 10, incl_vat: 9.99 } }, ["max_price.incl_vat"]],
    [
      "a maximum with two rates of tax that says nothing of tax",
      { max_price: { excl_vat: 10 }, ...withComponents(energy, { type: "FLAT", price: 1, vat: 7, step_size: 1 }) },
      ["max_price.incl_vat"],
    ],
    ["a maximum of nothing, which the contract takes as none", { max_price: { excl_vat: 0 } }, ["max_price.excl_vat"]],
    ["a minimum above the maximum", { min_price: { excl_vat: 11 }, max_price: { excl_vat: 10 } }, ["min_price"]],
    ["prices with tax inside (2.3.0)", { tax_included: "YES" }, ["tax_included"]],
    [
      "a price for parking, which nobody can prove",
      withComponents(energy, { type: "PARKING_TIME", price: 3, vat: 19, step_size: 1 }),
      ["elements[0].price_components[1]"],
    ],
    [
      "parking that costs something else than charging does",
      withComponents({ ...energy, type: "TIME", price: 3 }, { ...energy, type: "PARKING_TIME", price: 5 }),
      ["elements[0].price_components[1]"],
    ],
    [
      "parking by time of day: no plan makes it proven",
      {
        elements: [
          {
            price_components: [energy, { ...energy, type: "PARKING_TIME", price: 5 }],
            restrictions: { start_time: "08:00", end_time: "20:00" },
          },
        ],
      },
      ["elements[0].price_components[1]"],
    ],
    ["tax where there is said to be none (2.3.0)", { tax_included: "N/A" }, ["tax_included"]],
  ];
  for (const [title, change, paths] of refusals) {
    it(`refuses ${title}`, () => {
      const conversion = convert(change);
      expect(refusedPaths(conversion)).to.deep.equal(paths);
      expect(conversion.tariff).to.equal(null);
    });
  }

  it("refuses fields that it does not know", () => {
    expect(tariff221.safeParse({ ...base, surcharge: 3 }).success).to.equal(false);
    expect(
      tariff221.safeParse({ ...base, elements: [{ price_components: [{ ...energy, peak: 3 }] }] }).success,
    ).to.equal(false);
  });

  it("prices every component with its tax, minimum and maximum, and says so", () => {
    const conversion = convert({
      type: "REGULAR",
      tariff_alt_text: [{ language: "en", text: "fair" }],
      min_price: { excl_vat: 0.5, incl_vat: 0.6 },
      max_price: { excl_vat: 50, incl_vat: 59.5 },
      ...withComponents(
        { type: "FLAT", price: 0.35, vat: 20, step_size: 1 },
        { ...energy, price: 0.289256208 },
        { type: "TIME", price: 1, vat: 5.2, step_size: 1 },
        { type: "PARKING_TIME", price: 0, vat: 19, step_size: 0 },
      ),
    });
    expect(refusedPaths(conversion)).to.deep.equal([]);
    expect(conversion.tariff).to.deep.equal({
      ...freeTariff,
      flatFeeMicro: 350_000n,
      flatTaxBps: 2_000,
      priceNanoPerKwh: 289_256_208n,
      energyTaxBps: 1_900,
      priceNanoPerChargingHour: 1_000_000_000n,
      chargingTaxBps: 520,
      minimumMicro: 500_000n,
      minimumGrossMicro: 600_000n,
      maximumMicro: 50_000_000n,
      maximumGrossMicro: 59_500_000n,
    });
    expect(conversion.verdicts.map(({ path, verdict }) => `${verdict} ${path}`)).to.deep.equal([
      "informative tariff_alt_text",
      "priced elements[0].price_components[0]",
      "priced elements[0].price_components[1]",
      "priced elements[0].price_components[2]",
      "priced min_price",
      "priced max_price",
    ]);
  });

  it("charges what was delivered where OCPI rounds up to a step, and says so, or whole steps where the operator agrees", () => {
    const stepped = {
      tax_included: "NO",
      preauthorize_amount: 40,
      max_price: { before_taxes: 10 },
      ...withComponents({ ...energy, step_size: 500 }, { ...energy, type: "TIME", price: 3, step_size: 300 }),
    };
    const exact = convert(stepped);
    expect(exact.tariff).to.deep.include({ energyStepWh: 0, chargingStepSeconds: 0, maximumGrossMicro: 11_900_000n });
    expect(exact.verdicts.filter(({ verdict }) => verdict === "informative").map(({ path }) => path)).to.deep.equal([
      "preauthorize_amount",
      "elements[0].price_components[0].step_size",
      "elements[0].price_components[1].step_size",
    ]);
    const whole = convert(stepped, { roundsStepsDown: true });
    expect(whole.tariff).to.deep.include({ energyStepWh: 500, chargingStepSeconds: 300 });
  });

  it("makes bands of energy of elements by kWh, whatever their order, and a gap free", () => {
    const elements = [
      { price_components: [{ ...energy, price: 0.5 }], restrictions: { min_kwh: 20.5 } },
      { price_components: [{ ...energy, price: 0.3 }], restrictions: { min_kwh: 1, max_kwh: 10 } },
      { price_components: [{ type: "FLAT", price: 1, vat: 19, step_size: 1 }] },
    ];
    expect(convert({ elements }).tariff).to.deep.include({
      priceNanoPerKwh: 0n,
      energyBands: [
        { fromWh: 1_000, priceNanoPerKwh: 300_000_000n },
        { fromWh: 10_000, priceNanoPerKwh: 0n },
        { fromWh: 20_500, priceNanoPerKwh: 500_000_000n },
      ],
      energyTaxBps: 1_900,
      flatFeeMicro: 1_000_000n,
    });
    const fallback = [elements[1], { price_components: [energy] }];
    expect(convert({ elements: fallback }).tariff).to.deep.include({
      priceNanoPerKwh: 490_000_000n,
      energyBands: [
        { fromWh: 1_000, priceNanoPerKwh: 300_000_000n },
        { fromWh: 10_000, priceNanoPerKwh: 490_000_000n },
      ],
    });
  });

  it("takes charging and parking at one price on top for a fee by the time connected", () => {
    const fee = { vat: 19, price: 6, step_size: 60 };
    const elements = [
      {
        price_components: [
          { ...fee, type: "TIME" },
          { ...fee, type: "PARKING_TIME" },
        ],
        restrictions: { min_duration: 14_400 },
      },
      { price_components: [energy] },
    ];
    expect(convert({ elements }).tariff).to.deep.equal({
      ...freeTariff,
      priceNanoPerKwh: 490_000_000n,
      energyTaxBps: 1_900,
      priceNanoPerConnectedHour: 6_000_000_000n,
      connectedFreeSeconds: 14_400,
      connectedTaxBps: 1_900,
    });
  });

  it("says that a price by date, weekday or time of day needs a plan, and names the paths", () => {
    const night = {
      price_components: [{ ...energy, price: 0.3 }],
      restrictions: { start_time: "22:00", end_time: "06:00" },
    };
    const weekend = {
      price_components: [{ ...energy, price: 0.4 }],
      restrictions: { day_of_week: ["SATURDAY", "SUNDAY"] },
    };
    const conversion = convert({ elements: [night, weekend, { price_components: [energy] }] });
    expect(conversion.tariff).to.equal(null);
    expect(refusedPaths(conversion)).to.deep.equal([]);
    expect(conversion.verdicts.filter(({ verdict }) => verdict === "plan").map(({ path }) => path)).to.deep.equal([
      "elements[0].restrictions.start_time",
      "elements[0].restrictions.end_time",
      "elements[1].restrictions.day_of_week",
    ]);
    const sixDays = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"];
    for (const restrictions of [
      { day_of_week: sixDays },
      { end_date: "2099-01-01" },
      { start_time: "08:00", min_kwh: 0 },
    ]) {
      const { tariff, verdicts } = convert({ elements: [{ price_components: [energy], restrictions }] });
      expect([tariff, verdicts.some(({ verdict }) => verdict === "plan")], JSON.stringify(restrictions)).to.deep.equal([
        null,
        true,
      ]);
    }
  });

  it("needs no plan where the price is the same at any time", () => {
    const restrictions = { start_time: "22:00", end_time: "06:00" };
    const same = convert({ elements: [{ price_components: [energy], restrictions }, { price_components: [energy] }] });
    expect(same.tariff).to.deep.include({ priceNanoPerKwh: 490_000_000n });
    const over = { price_components: [{ ...energy, price: 9 }], restrictions: { end_date: "2020-01-01" } };
    const halves = [
      { price_components: [energy], restrictions: { end_time: "12:00" } },
      { price_components: [energy], restrictions: { start_time: "12:00" } },
    ];
    expect(convert({ elements: halves }).tariff).to.deep.include({ priceNanoPerKwh: 490_000_000n });
    expect(refusedPaths(convert({ elements: [over, { price_components: [energy] }] }))).to.deep.equal([
      "elements[0].price_components[0]",
    ]);
  });

  it("takes the tax out of prices that contain it where that is exact, and refuses them else", () => {
    const contained = { tax_included: "YES", ...withComponents({ ...energy, price: 0.595 }) };
    expect(convert(contained).tariff).to.deep.include({ priceNanoPerKwh: 500_000_000n, energyTaxBps: 1_900 });
    expect(refusedPaths(convert({ ...contained, ...withComponents(energy) }))).to.deep.equal(["tax_included"]);
  });

  it("prices what leaves the rate of a tax out without it, and says what has to be said before it is published", () => {
    for (const taxIncluded of ["YES", "NO"]) {
      const untold = {
        tax_included: taxIncluded,
        ...withComponents({ type: "TIME", price: 2.1, vat: null, step_size: 1 }),
      };
      const conversion = convert(untold);
      expect(conversion.tariff).to.deep.include({ priceNanoPerChargingHour: 2_100_000_000n, chargingTaxBps: 0 });
      expect(conversion.obstacles.map(({ path }) => path)).to.deep.equal(["tax_included"]);
      const told = convertTariff(withVat(tariff230.parse(withoutNulls({ ...base, ...untold })), 5), choices);
      expect(told.obstacles).to.deep.equal([]);
      expect(told.tariff).to.deep.include({
        priceNanoPerChargingHour: taxIncluded === "YES" ? 2_000_000_000n : 2_100_000_000n,
        chargingTaxBps: 500,
      });
    }
  });

  it("prices a tariff that is over or made for a profile, and says that it cannot be published any more", () => {
    const conversion = convert({ type: "PROFILE_CHEAP", end_date_time: "2019-06-30T23:59:59Z" });
    expect(conversion.tariff).to.deep.include({ priceNanoPerKwh: 490_000_000n });
    expect(conversion.obstacles.map(({ path }) => path)).to.deep.equal(["end_date_time"]);
    expect(convert({ end_date_time: "2099-06-30T23:59:59Z" }).obstacles).to.deep.equal([]);
  });

  it("takes null for absent, wherever a member may be left out, and nowhere else", () => {
    const nulls = {
      type: null,
      tariff_alt_text: null,
      tariff_alt_url: null,
      min_price: null,
      max_price: null,
      start_date_time: null,
      end_date_time: null,
      energy_mix: null,
      elements: [{ price_components: [{ ...energy, vat: null }], restrictions: null }],
    };
    expect(refusedPaths(convert(nulls))).to.deep.equal([]);
    expect(convert(nulls).tariff).to.deep.include({ priceNanoPerKwh: 490_000_000n, energyTaxBps: 0 });
    expect(tariff221.safeParse(withoutNulls({ ...base, currency: null })).success).to.equal(false);
    expect(tariff221.safeParse(withoutNulls({ ...base, elements: [null] })).success).to.equal(false);
  });

  it("reads a time without a zone as UTC, whatever the zone of the machine", () => {
    const begins = 1_800_000_000;
    const convertAt = (nowSeconds: number): string[] =>
      refusedPaths(convert({ start_date_time: "2027-01-15T08:00:00.000" }, { nowSeconds }));
    expect([convertAt(begins - 1), convertAt(begins)]).to.deep.equal([["start_date_time"], []]);
    const zone = process.env["TZ"];
    try {
      process.env["TZ"] = "Pacific/Auckland";
      expect([convertAt(begins - 1), convertAt(begins)]).to.deep.equal([["start_date_time"], []]);
    } finally {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    }
  });

  it("takes restrictions that restrict nothing for none, and says so", () => {
    const days = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
    for (const restrictions of [
      { start_time: "00:00", end_time: "00:00", day_of_week: days },
      { start_time: "00:00" },
      { end_time: "00:00" },
      { day_of_week: [] },
      { min_kwh: 0, min_duration: 0, min_power: 0, min_current: 0 },
      { start_date: "2026-01-01" },
      { start_time: null, max_power: null },
      {},
    ]) {
      const conversion = convert({ elements: [{ price_components: [energy], restrictions }] });
      expect(refusedPaths(conversion), JSON.stringify(restrictions)).to.deep.equal([]);
      expect(conversion.tariff).to.deep.include({ priceNanoPerKwh: 490_000_000n });
    }
    const { verdicts } = convert({ elements: [{ price_components: [energy], restrictions: { min_kwh: 0 } }] });
    expect(verdicts[0]).to.deep.include({ path: "elements[0].restrictions.min_kwh", verdict: "informative" });
  });

  it("takes a rate of zero for what it is, a tax whose rate is told", () => {
    for (const taxIncluded of ["YES", "NO"]) {
      const conversion = convert({ tax_included: taxIncluded, ...withComponents({ ...energy, vat: 0 }) });
      expect(conversion.tariff).to.deep.include({ priceNanoPerKwh: 490_000_000n, energyTaxBps: 0 });
    }
  });

  it("reads numbers as they are written", () => {
    expect([
      scaled(0.1, 6),
      scaled(4.35, 6),
      scaled(1e-7, 6),
      scaled(1e-6, 6),
      scaled(2.5e21, 2),
      scaled(-0.5, 1),
    ]).to.deep.equal([100_000n, 4_350_000n, null, 1n, 250_000_000_000_000_000_000_000n, -5n]);
  });
});
