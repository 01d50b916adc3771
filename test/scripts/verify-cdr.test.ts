import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { checkCdrs, type CdrVerdict } from "../../scripts/verify/cdr/check-cdr.ts";
import { readTariffDocument } from "../../scripts/verify/cdr/find-tariff.ts";
import type { ErrorCode } from "../../services/errors.ts";
import {
  beginReading,
  endReading,
  payloadText,
  recordOf,
  testKey,
  verifier,
  type RawMembers,
} from "../helpers/ocmf.ts";
import { runScript } from "./run-script.ts";

type Json = Readonly<Record<string, unknown>>;

const key = testKey("secp256r1");
const keyText = Buffer.from(key.spkiHex, "hex").toString("base64");
// 12.345 kWh from 10:00 to 11:30 in the zone +01:00.
const readings = { begin: beginReading, end: endReading };

function signedData(header: RawMembers = {}, ends: readonly RawMembers[] = [readings.begin, readings.end]): Json {
  const payload = payloadText(header, ends);
  const record = recordOf(payload, key);
  return {
    encoding_method: "OCMF",
    public_key: keyText,
    signed_values: [{ nature: "End", plain_data: payload, signed_data: Buffer.from(record).toString("base64") }],
  };
}

const tariff = {
  country_code: "DE",
  party_id: "WTP",
  id: "T1",
  currency: "EUR",
  elements: [
    {
      price_components: [
        { type: "FLAT", price: 0.5, vat: 20, step_size: 1 },
        { type: "ENERGY", price: 0.25, vat: 10, step_size: 1 },
        { type: "TIME", price: 2, vat: 20, step_size: 60 },
      ],
    },
  ],
  last_updated: "2026-01-01T00:00:00Z",
};

// 0.50 + 12.345 × 0.25 = 3.08625 + 1.5 × 2 = 3; with tax 0.60 + 3.394875 + 3.60.
const cdr = {
  country_code: "DE",
  party_id: "WTP",
  id: "C1",
  start_date_time: "2026-03-01T09:00:00Z",
  end_date_time: "2026-03-01T10:30:00Z",
  session_id: "S1",
  cdr_token: { country_code: "DE", party_id: "WTP", uid: "aabbccdd", type: "RFID", contract_id: "DE8AA1" },
  auth_method: "WHITELIST",
  cdr_location: { id: "L1" },
  currency: "EUR",
  tariffs: [tariff],
  charging_periods: [
    {
      start_date_time: "2026-03-01T09:00:00Z",
      dimensions: [
        { type: "ENERGY", volume: 10 },
        { type: "TIME", volume: 1 },
      ],
      tariff_id: "T1",
    },
    {
      start_date_time: "2026-03-01T10:00:00Z",
      dimensions: [
        { type: "ENERGY", volume: 2.345 },
        { type: "TIME", volume: 0.5 },
      ],
      tariff_id: "T1",
    },
  ],
  signed_data: signedData(),
  total_cost: { excl_vat: 6.58625, incl_vat: 7.594875 },
  total_fixed_cost: { excl_vat: 0.5, incl_vat: 0.6 },
  total_energy: 12.345,
  total_energy_cost: { excl_vat: 3.08625, incl_vat: 3.394875 },
  total_time: 1.5,
  total_time_cost: { excl_vat: 3, incl_vat: 3.6 },
  last_updated: "2026-03-01T11:00:00Z",
};

function check(...contents: readonly unknown[]): readonly CdrVerdict[] {
  return checkCdrs(contents, null, verifier);
}

function found(change: object): readonly string[] {
  const [verdict] = check({ ...cdr, ...change });
  const reasons = verdict?.reasons ?? [];
  expect(verdict?.verdict).to.equal(reasons.length === 0 ? "accepted" : "refused");
  return reasons.map(({ code, where }) => `${code} ${where}`);
}

const periods = (...all: readonly (readonly [start: string, energy: number, hours: number])[]): object => ({
  charging_periods: all.map(([start, energy, hours]) => ({
    start_date_time: `2026-03-01T${start}Z`,
    dimensions: [
      { type: "ENERGY", volume: energy },
      { type: "TIME", volume: hours },
    ],
    tariff_id: "T1",
  })),
});
const without = (name: keyof typeof cdr): object => ({ [name]: undefined });
const huge = 1e300;

describe("The check of charge detail records", () => {
  const refusals: readonly (readonly [code: ErrorCode, where: string, title: string, change: object])[] = [
    ["CDR_FIELD_MISSING", "total_cost", "no total", without("total_cost")],
    ["CDR_FIELD_MISSING", "cdr_token", "no token", without("cdr_token")],
    ["CDR_FIELD_INVALID", "currency", "a currency in small letters", { currency: "eur" }],
    ["CDR_FIELD_INVALID", "start_date_time", "a beginning that is no time", { start_date_time: "01.12.2026" }],
    [
      "CDR_FIELD_INVALID",
      "total_cost",
      "a price of two versions",
      { total_cost: { ...cdr.total_cost, before_taxes: 1 } },
    ],
    ["CDR_NUMBER_AS_TEXT", "total_energy", "a number as text", { total_energy: "12.345" }],
    ["CDR_NUMBER_OUT_OF_RANGE", "total_energy", "a huge number", { total_energy: huge }],
    ["CDR_NUMBER_OUT_OF_RANGE", "total_time", "a time that is not finite", { total_time: Infinity }],
    ["CDR_NUMBER_OUT_OF_RANGE", "total_energy", "a negative energy", { total_energy: -1 }],
    ["CDR_TIMES_INVALID", "end_date_time", "an end before the begin", { end_date_time: "2026-03-01T08:00:00Z" }],
    ["CDR_TARIFF_MISSING", "charging_periods[0].tariff_id", "no tariff", { tariffs: [] }],
    [
      "CDR_TARIFF_MISSING",
      "charging_periods[0].tariff_id",
      "a tariff of another id",
      { tariffs: [{ ...tariff, id: "T2" }] },
    ],
    ["CDR_TARIFF_INVALID", "tariffs[0]", "a tariff with an unknown field", { tariffs: [{ ...tariff, surcharge: 1 }] }],
    ["CDR_CURRENCY_DIFFERS", "currency", "another currency than the tariff's", { currency: "CHF" }],
    [
      "CDR_TARIFF_UNSUPPORTED",
      "tariffs[0].elements[0].restrictions.max_power",
      "a price by power",
      { tariffs: [{ ...tariff, elements: [{ ...tariff.elements[0], restrictions: { max_power: 11 } }] }] },
    ],
    [
      "CDR_PERIODS_UNSORTED",
      "charging_periods[1].start_date_time",
      "periods that are not sorted",
      periods(["10:00:00", 10, 0.5], ["09:00:00", 2.345, 1]),
    ],
    [
      "CDR_PERIODS_OVERLAP",
      "charging_periods[0]",
      "periods that overlap",
      periods(["09:00:00", 10, 1], ["09:30:00", 2.345, 0.5]),
    ],
    [
      "CDR_PERIOD_OUTSIDE",
      "charging_periods[0].start_date_time",
      "a period before the begin",
      periods(["08:59:00", 10, 1], ["10:00:00", 2.345, 0.5]),
    ],
    ["CDR_ENERGY_SUM_DIFFERS", "total_energy", "another energy in the periods", periods(["09:00:00", 12.346, 1.5])],
    ["CDR_TIME_SUM_DIFFERS", "total_time", "another time in the periods", { total_time: 1.501 }],
    [
      "CDR_ENERGY_UNEXPLAINED",
      "charging_periods",
      "energy that is in no period",
      {
        charging_periods: [
          { start_date_time: cdr.start_date_time, dimensions: [{ type: "TIME", volume: 1.5 }], tariff_id: "T1" },
        ],
      },
    ],
    [
      "CDR_ENERGY_COST_WITHOUT_ENERGY",
      "total_energy_cost",
      "a cost of energy without any",
      { total_energy: 0, ...periods(["09:00:00", 0, 1.5]) },
    ],
    [
      "CDR_TOTAL_COST_DIFFERS",
      "total_cost.excl_vat",
      "a total that is one off in its last digit",
      { total_cost: { excl_vat: 6.58626, incl_vat: 7.594875 } },
    ],
    [
      "CDR_TOTAL_COST_DIFFERS",
      "total_cost.excl_vat",
      "a total that is one off in its sixth decimal",
      { total_cost: { excl_vat: 6.586251, incl_vat: 7.594875 } },
    ],
    [
      "CDR_TAX_DIFFERS",
      "total_cost.incl_vat",
      "a total with tax that is one off",
      { total_cost: { excl_vat: 6.58625, incl_vat: 7.594876 } },
    ],
    [
      "CDR_COMPONENT_COST_DIFFERS",
      "total_time_cost.excl_vat",
      "a part that is one off",
      { total_time_cost: { excl_vat: 3.01, incl_vat: 3.6 } },
    ],
    ["CDR_COST_NEGATIVE", "total_cost", "money back without a credit", { total_cost: { excl_vat: -6.58625 } }],
    [
      "CDR_CREDIT_REFERENCE_MISSING",
      "credit_reference_id",
      "a credit of nothing",
      { credit: true, total_cost: { excl_vat: -6.58625, incl_vat: -7.594875 } },
    ],
    ["CDR_CREDIT_POSITIVE", "total_cost", "a credit that asks for money", { credit: true, credit_reference_id: "C0" }],
    [
      "CDR_SIGNED_FORMAT_UNSUPPORTED",
      "signed_data.encoding_method",
      "another format",
      { signed_data: { ...cdr.signed_data, encoding_method: "Alfen Eichrecht" } },
    ],
    [
      "CDR_SIGNED_KEY_INVALID",
      "signed_data.public_key",
      "a key in hexadecimal",
      { signed_data: { ...cdr.signed_data, public_key: key.spkiHex } },
    ],
    [
      "CDR_SIGNED_VALUE_INVALID",
      "signed_data.signed_values[0].signed_data",
      "a signed value that is no base64",
      { signed_data: { ...cdr.signed_data, signed_values: [{ nature: "End", signed_data: "OCMF|{}|{}" }] } },
    ],
    [
      "CDR_SIGNED_PLAIN_DIFFERS",
      "signed_data.signed_values[0].plain_data",
      "a readable form of something else",
      {
        signed_data: {
          ...cdr.signed_data,
          signed_values: (cdr.signed_data["signed_values"] as readonly object[]).map((value) => ({
            ...value,
            plain_data: "{}",
          })),
        },
      },
    ],
    [
      "CDR_SIGNED_INCOMPLETE",
      "signed_data.signed_values",
      "a begin without an end",
      { signed_data: signedData({}, [beginReading]) },
    ],
    [
      "CDR_SIGNED_SESSION_DIFFERS",
      "signed_data.signed_values[0]",
      "signed data of another user",
      { signed_data: signedData({ ID: '"11223344"' }) },
    ],
    [
      "CDR_SIGNED_TIME_DIFFERS",
      "signed_data.signed_values[0]",
      "signed data of another day",
      {
        signed_data: signedData({}, [
          { ...beginReading, TM: '"2026-03-02T10:00:00,000+0100 S"' },
          { ...endReading, TM: '"2026-03-02T11:30:00,000+0100 S"' },
        ]),
      },
    ],
    [
      "CDR_SIGNED_ENERGY_DIFFERS",
      "total_energy",
      "signed data of another energy",
      { signed_data: signedData({}, [beginReading, { ...endReading, RV: "112.346" }]) },
    ],
  ];
  for (const [code, where, title, change] of refusals) {
    it(`refuses ${title}`, () => {
      expect(found(change)).to.include(`${code} ${where}`);
    });
  }

  it("accepts a record that is right, and says what it recomputed", () => {
    expect(check(cdr)).to.deep.equal([
      {
        id: "C1",
        verdict: "accepted",
        reasons: [],
        energyWh: "12345",
        totalCost: { net: "6.58625", gross: "7.594875" },
        recomputed: { net: "6.58625", gross: "7.594875" },
      },
    ]);
  });

  it("finds one fault where there is one", () => {
    expect(found({ total_cost: { excl_vat: 6.58626, incl_vat: 7.594875 } })).to.have.length(1);
    expect(found({ signed_data: signedData({ ID: '"11223344"' }) })).to.have.length(1);
    expect(found({ total_time_cost: { excl_vat: 3.01, incl_vat: 3.6 } })).to.have.length(1);
  });

  it("says the verifier's own reason of a signed value that was changed", () => {
    const [first] = cdr.signed_data["signed_values"] as readonly { signed_data: string }[];
    const bytes = Buffer.from(first?.signed_data ?? "", "base64");
    const changed = Buffer.from(bytes.toString("utf8").replace("112.345", "112.346")).toString("base64");
    const signed = { ...cdr.signed_data, signed_values: [{ nature: "End", signed_data: changed }] };
    expect(found({ signed_data: signed })).to.deep.equal([
      "OCMF_SIGNATURE_MISMATCH signed_data.signed_values[0].signed_data",
    ]);
  });

  it("takes amounts rounded to cents, and credits and what they take back", () => {
    const cents = {
      total_cost: { excl_vat: 6.59, incl_vat: 7.59 },
      total_energy_cost: { excl_vat: 3.09, incl_vat: 3.39 },
    };
    expect(found(cents)).to.deep.equal([]);
    const credit = {
      ...cdr,
      id: "C1-C",
      credit: true,
      credit_reference_id: "C1",
      total_cost: { excl_vat: -6.58625, incl_vat: -7.594875 },
    };
    expect(check(cdr, credit).map(({ verdict }) => verdict)).to.deep.equal(["accepted", "accepted"]);
    const other = { ...cdr, ...cents };
    expect(check(other, credit).at(-1)?.reasons).to.deep.equal([{ code: "CDR_CREDIT_DIFFERS", where: "total_cost" }]);
    expect(check(credit, other).at(0)?.reasons).to.deep.equal([{ code: "CDR_CREDIT_DIFFERS", where: "total_cost" }]);
    expect(check(cdr, cdr).at(-1)?.reasons).to.deep.equal([{ code: "CDR_ID_REPEATED", where: "id" }]);
  });

  it("refuses what the meter signed once for two sessions", () => {
    const second = { ...cdr, id: "C2", session_id: "S2" };
    expect(check(cdr, second).map(({ reasons }) => reasons)).to.deep.equal([
      [],
      [{ code: "CDR_SIGNED_SESSION_DIFFERS", where: "signed_data" }],
    ]);
  });

  it("knows the taxes of 2.3.0: one or several, contained or not, with a rate in the tariff or beside the amount", () => {
    const one = (taxIncluded: string, vat: number | undefined, cost: Json): Json => ({
      ...cdr,
      tariffs: [
        {
          ...tariff,
          tax_included: taxIncluded,
          elements: [{ price_components: [{ type: "TIME", price: 2.1, vat, step_size: 1 }] }],
        },
      ],
      total_cost: cost,
      total_fixed_cost: undefined,
      total_energy_cost: undefined,
      total_time_cost: undefined,
    });
    const tax = (amount: number, percentage?: number, name = "VAT"): Json => ({ name, amount, percentage });
    const codes = (content: Json): readonly string[] => check(content)[0]?.reasons.map(({ code }) => code) ?? [];
    // 1.5 h × 2.10 = 3.15.
    expect(codes(one("NO", 10, { before_taxes: 3.15, taxes: [tax(0.315)] }))).to.deep.equal([]);
    expect(codes(one("NO", 10, { before_taxes: 3.15, taxes: [tax(0.215), tax(0.1)] }))).to.deep.equal([]);
    expect(codes(one("NO", 10, { before_taxes: 3.15, taxes: [tax(0.316)] }))).to.deep.equal(["CDR_TAX_DIFFERS"]);
    expect(codes(one("YES", 5, { before_taxes: 3, taxes: [tax(0.15)] }))).to.deep.equal([]);
    expect(codes(one("YES", 5, { before_taxes: 3.15, taxes: [tax(0.15)] }))).to.deep.equal(["CDR_TOTAL_COST_DIFFERS"]);
    expect(codes(one("YES", undefined, { before_taxes: 3, taxes: [tax(0.15, 5, "GST")] }))).to.deep.equal([]);
    expect(codes(one("NO", undefined, { before_taxes: 3.15, taxes: [tax(0.16, 5)] }))).to.deep.equal([]);
    expect(codes(one("NO", undefined, { before_taxes: 3.15, taxes: [tax(0.26, 5)] }))).to.deep.equal([
      "CDR_TAX_DIFFERS",
    ]);
    expect(codes(one("NO", undefined, { before_taxes: 3.15, taxes: [tax(0.16)] }))).to.deep.equal(["CDR_TAX_UNTOLD"]);
    expect(codes(one("N/A", undefined, { before_taxes: 3.15 }))).to.deep.equal([]);
  });

  it("prices by the tariff that is given instead, which has to be that of the periods", () => {
    const dearer = readTariffDocument({
      ...tariff,
      elements: [{ price_components: [{ type: "ENERGY", price: 0.3, vat: 10, step_size: 1 }] }],
    });
    const other = readTariffDocument({ ...tariff, id: "T2" });
    if (dearer === null || other === null) expect.fail("The tariffs are not read.");
    expect(checkCdrs([cdr], [dearer], verifier)[0]?.recomputed).to.deep.equal({ net: "3.7035", gross: "4.07385" });
    expect(checkCdrs([cdr], [other], verifier)[0]?.reasons).to.deep.include({
      code: "CDR_TARIFF_DIFFERS",
      where: "charging_periods[0].tariff_id",
    });
  });

  it("has a record for every field that is needed, and a reason for any value of it", () => {
    for (const name of Object.keys(cdr)) {
      for (const value of [undefined, null, "x", -1, huge, [], {}, true]) {
        const [verdict] = check({ ...cdr, [name]: value });
        expect(verdict?.verdict, `${name}: ${JSON.stringify(value)}`).to.be.oneOf(["accepted", "refused"]);
      }
    }
    const deep = Array.from({ length: 50_000 }).reduce<unknown>((inner) => [inner], 1);
    expect(check({ ...cdr, cdr_location: { deep } })[0]?.verdict).to.equal("accepted");
    for (const content of [null, 1, "x", [], {}, deep]) expect(check(content)[0]?.verdict).to.equal("refused");
  });
});

describe("Command verify:cdr", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "wattproof-cdr-"));
  const write = (name: string, content: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  };
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("writes a line for each record, and ends with 1 if one is refused and with 2 if nothing can be read", async () => {
    const good = write("good.json", cdr);
    const list = write("list.json", { data: [cdr, { ...cdr, id: "C2", total_energy: "12" }] });
    const [fine, mixed, broken, none, noTariff] = await Promise.all([
      runScript("verify:cdr", [good, "--json"]),
      runScript("verify:cdr", [list]),
      runScript("verify:cdr", [write("broken.json", "{"), "--json"]),
      runScript("verify:cdr", [write("none.json", [])]),
      runScript("verify:cdr", [good, "--tariff", write("tariff.json", {})]),
    ]);
    expect([fine, mixed, broken, none, noTariff].map(({ code }) => code)).to.deep.equal([0, 1, 2, 2, 2]);
    expect(Object.keys(JSON.parse(fine.stdout) as object)).to.deep.equal([
      ...["id", "verdict", "reasons", "energyWh", "totalCost", "recomputed"],
    ]);
    expect(mixed.stdout.trimEnd().split("\n")).to.have.length(2);
    expect(mixed.stderr).to.contain("1 accepted, 1 refused");
    expect([broken.stdout, broken.stderr.includes("INPUT_UNREADABLE")]).to.deep.equal(["", true]);
  });

  it("has every reason on its page", () => {
    const page = readFileSync("docs/cdr.md", "utf8");
    const catalogue = readFileSync("services/errors/charge-detail-records.ts", "utf8");
    for (const [code] of catalogue.matchAll(/CDR_[A-Z_]+/gu)) expect(page).to.contain(`\`${code}\``);
  });
});
