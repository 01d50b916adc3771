import { expect } from "chai";

import { convertTariff, type Conversion } from "../../../scripts/operator/ocpi/convert-tariff.ts";
import { scaled } from "../../../scripts/operator/ocpi/exact-number.ts";
import { tariff221, tariff230, withoutNulls } from "../../../scripts/operator/ocpi/tariff-schema.ts";

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
    ["a tariff by charging preference", { type: "PROFILE_GREEN" }, ["type"]],
    ["one that begins later", { start_date_time: "2099-01-01T00:00:00Z" }, ["start_date_time"]],
    ["one whose beginning cannot be read", { start_date_time: "soon" }, ["start_date_time"]],
    ["a beginning that could be two days", { start_date_time: "01.12.2026" }, ["start_date_time"]],
    ["a beginning on a day that does not exist", { start_date_time: "2026-02-30T00:00:00Z" }, ["start_date_time"]],
    ["a beginning without a time", { start_date_time: "2026-11-01" }, ["start_date_time"]],
    ["one that ends", { end_date_time: "2099-01-01T00:00:00Z" }, ["end_date_time"]],
    [
      "prices by time of day, each by its name, and what they restrict",
      {
        elements: [
          { price_components: [energy], restrictions: { start_time: "08:00", day_of_week: ["MONDAY"] } },
          { price_components: [energy] },
        ],
      },
      [
        "elements[0].restrictions.start_time",
        "elements[0].restrictions.day_of_week",
        "elements[0].price_components[0]",
      ],
    ],
    [
      "a component that never applies",
      { elements: [{ price_components: [energy] }, { price_components: [{ ...energy, price: 0.3 }] }] },
      ["elements[1].price_components[0]"],
    ],
    [
      "two rates of tax",
      withComponents(energy, { type: "FLAT", price: 1, vat: 7, step_size: 1 }),
      ["elements[0].price_components[1].vat"],
    ],
    [
      "tax on one component alone",
      withComponents(energy, { type: "FLAT", price: 1, step_size: 1 }),
      ["elements[0].price_components[1].vat"],
    ],
    [
      "a price with too many decimals",
      withComponents({ ...energy, price: 0.1234567 }),
      ["elements[0].price_components[0].price"],
    ],
    ["a negative price", withComponents({ ...energy, price: -0.1 }), ["elements[0].price_components[0].price"]],
    [
      "an hourly price that is no whole amount for a minute",
      withComponents({ type: "TIME", price: 1, vat: 19, step_size: 1 }),
      ["elements[0].price_components[0].price"],
    ],
    [
      "steps that OCPI rounds up",
      withComponents({ ...energy, step_size: 500 }),
      ["elements[0].price_components[0].step_size"],
    ],
    ["a maximum that says two things", { max_price: { excl_vat: 10, incl_vat: 10 } }, ["max_price.incl_vat"]],
    ["a maximum of nothing, which the contract takes as none", { max_price: { excl_vat: 0 } }, ["max_price.excl_vat"]],
    ["a minimum above the maximum", { min_price: { excl_vat: 11 }, max_price: { excl_vat: 10 } }, ["min_price"]],
    ["prices with tax inside (2.3.0)", { tax_included: "YES" }, ["tax_included"]],
    [
      "prices with a tax inside whose rate nobody says (2.3.0)",
      { tax_included: "YES", ...withComponents({ type: "ENERGY", price: 0.5, step_size: 1 }) },
      ["tax_included"],
    ],
    [
      "prices with a tax on top whose rate nobody says (2.3.0)",
      { tax_included: "NO", ...withComponents({ type: "ENERGY", price: 0.5, vat: null, step_size: 1 }) },
      ["tax_included"],
    ],
    [
      "a price for parking, which nobody can prove",
      withComponents(energy, { type: "PARKING_TIME", price: 3, vat: 19, step_size: 1 }),
      ["elements[0].price_components[1]"],
    ],
    [
      "a part of the day, although other restrictions restrict nothing",
      {
        elements: [
          {
            price_components: [energy],
            restrictions: { start_time: "08:00", end_time: "00:00", min_kwh: 0, day_of_week: [] },
          },
        ],
      },
      ["elements[0].restrictions.start_time", "elements[0].restrictions.end_time", "elements[0].price_components[0]"],
    ],
    [
      "six days of the week",
      {
        elements: [
          {
            price_components: [energy],
            restrictions: { day_of_week: ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"] },
          },
        ],
      },
      ["elements[0].restrictions.day_of_week", "elements[0].price_components[0]"],
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

  it("prices every component, minimum, maximum and tax, and says so", () => {
    const conversion = convert({
      type: "REGULAR",
      tariff_alt_text: [{ language: "en", text: "fair" }],
      min_price: { excl_vat: 0.5, incl_vat: 0.6 },
      max_price: { excl_vat: 50, incl_vat: 59.5 },
      ...withComponents(
        { type: "FLAT", price: 0.35, vat: 19, step_size: 1 },
        energy,
        { type: "TIME", price: 0.6, vat: 19, step_size: 1 },
        { type: "PARKING_TIME", price: 0, vat: 19, step_size: 0 },
      ),
    });
    expect(refusedPaths(conversion)).to.deep.equal([]);
    expect(conversion.tariff).to.deep.equal({
      flatFeeMicro: 350_000n,
      priceNanoPerKwh: 490_000_000n,
      priceNanoPerChargingHour: 600_000_000n,
      priceNanoPerConnectedHour: 0n,
      connectedFreeSeconds: 0,
      energyStepWh: 0,
      chargingStepSeconds: 0,
      connectedStepSeconds: 0,
      minimumMicro: 500_000n,
      maximumMicro: 50_000_000n,
      taxBps: 1_900,
      chargesWithoutEnergy: false,
    });
    expect(conversion.verdicts.map(({ path, verdict }) => `${verdict} ${path}`)).to.deep.equal([
      "informative tariff_alt_text",
      "priced vat",
      "priced elements[0].price_components[0]",
      "priced elements[0].price_components[1]",
      "priced elements[0].price_components[2]",
      "priced elements[0].price_components[3]",
      "priced min_price",
      "priced max_price",
    ]);
  });

  it("rounds steps down where the operator agrees, and takes limits and hold of 2.3.0", () => {
    const conversion = convert(
      {
        tax_included: "NO",
        preauthorize_amount: 40,
        max_price: { before_taxes: 10, after_taxes: 11.9 },
        ...withComponents({ ...energy, step_size: 500 }),
      },
      { roundsStepsDown: true },
    );
    expect(conversion.tariff).to.deep.include({ energyStepWh: 500, maximumMicro: 10_000_000n, taxBps: 1_900 });
    expect(conversion.verdicts[0]).to.deep.include({ path: "preauthorize_amount", verdict: "informative" });
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
    expect(convert(nulls).tariff).to.deep.include({ priceNanoPerKwh: 490_000_000n, taxBps: 0 });
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
    expect(verdicts[1]).to.deep.include({ path: "elements[0].restrictions.min_kwh", verdict: "informative" });
  });

  it("says what the next contracts will hold where a price has too many decimals for these", () => {
    for (const component of [
      { ...energy, price: 0.2892562 },
      { type: "TIME", price: 1, vat: 19, step_size: 1 },
      { type: "TIME", price: 2, vat: 19, step_size: 1 },
      { type: "TIME", price: 5, vat: 19, step_size: 1 },
    ]) {
      const [refusal] = convert(withComponents(component)).verdicts.filter(({ verdict }) => verdict === "refused");
      expect(refusal?.path).to.equal("elements[0].price_components[0].price");
      expect(refusal?.detail).to.contain("nine decimals");
    }
    const six = convert(withComponents({ type: "TIME", price: 6, vat: 19, step_size: 1 }));
    expect(six.tariff).to.deep.include({ priceNanoPerChargingHour: 6_000_000_000n });
  });

  it("takes a rate of zero for what it is, a tax whose rate is told", () => {
    for (const taxIncluded of ["YES", "NO"]) {
      const conversion = convert({ tax_included: taxIncluded, ...withComponents({ ...energy, vat: 0 }) });
      expect(conversion.tariff).to.deep.include({ priceNanoPerKwh: 490_000_000n, taxBps: 0 });
    }
  });

  it("says to which step OCPI rounds energy up", () => {
    expect(convert({}).roundsUpToWh).to.equal(1);
    expect(convert(withComponents({ ...energy, step_size: 0 })).roundsUpToWh).to.equal(0);
    expect(convert(withComponents({ ...energy, step_size: 500 }), { roundsStepsDown: true }).roundsUpToWh).to.equal(0);
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
