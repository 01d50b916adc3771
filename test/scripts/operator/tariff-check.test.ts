import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { runScript, type ScriptRun } from "../run-script.ts";

const sharedFolder = "../shared/trials/tariffs";
const exampleFolder = "../shared/ocpi";

interface CheckedLine {
  readonly file: string;
  readonly id: string | null;
  readonly verdict: string;
  readonly path: string | null;
  readonly reason: string | null;
}

function linesOf({ stdout }: ScriptRun): readonly CheckedLine[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as CheckedLine);
}

describe("wattproof tariff check and simulate, without chain and service", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "wattproof-tariffs-"));
  const run = (...parameters: readonly string[]): Promise<ScriptRun> =>
    runScript("wattproof", ["tariff", ...parameters]);
  const write = (name: string, content: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  };
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const ocpi = (component: object, more: object = {}): object => ({
    country_code: "DE",
    party_id: "WTP",
    id: "42",
    currency: "EUR",
    elements: [{ price_components: [{ type: "ENERGY", price: 0.25, step_size: 1, ...component }] }],
    last_updated: "2026-11-01T00:00:00Z",
    ...more,
  });

  it("says one line for each tariff, of both forms and of lists, and ends with 1 if one is refused", async () => {
    const good = write("good.json", ocpi({}));
    const own = write("own.json", { priceNanoPerKwh: "490000000" });
    const list = write("list.json", { data: [ocpi({}), ocpi({ price: -1 })], status_code: 1000 });
    const unknown = write("unknown.json", ocpi({}, { surcharge: 3 }));
    const [all, fine, words] = await Promise.all([
      run("check", good, own, list, unknown, "--json"),
      run("check", good, own, "--json"),
      run("check", list),
    ]);
    expect([all.code, fine.code, words.code]).to.deep.equal([1, 0, 1]);
    expect(linesOf(all).map(({ file, verdict, path }) => [file, verdict, path])).to.deep.equal([
      [good, "priced", null],
      [own, "priced", null],
      [list, "priced", null],
      [list, "refused", "elements[0].price_components[0].price"],
      [unknown, "refused", "surcharge"],
    ]);
    expect(linesOf(all).map(({ id }) => id?.slice(0, 2))).to.deep.equal(["42", "0x", "42", "42", "42"]);
    expect(Object.keys(linesOf(all)[0] ?? {})).to.deep.equal(["file", "id", "verdict", "path", "reason"]);
    expect(linesOf(all)[0]?.reason).to.equal(null);
    expect(words.stdout).to.match(/^priced {2}.*\n.*\nrefused /u);
  });

  it("looks at the currency only where one is named", async () => {
    const canadian = write("canadian.json", ocpi({}, { currency: "CAD" }));
    const [any, one] = await Promise.all([
      run("check", canadian),
      run("check", canadian, "--currency", "EUR", "--json"),
    ]);
    expect([any.code, one.code]).to.deep.equal([0, 1]);
    expect(linesOf(one)[0]).to.deep.include({ verdict: "refused", path: "currency" });
  });

  it("ends with 2, and says nothing of the others, if a file cannot be read", async () => {
    const broken = await run("check", write("fine.json", ocpi({})), write("broken.json", "{"), "--json");
    expect(broken.code).to.equal(2);
    expect(broken.stdout).to.match(/^\{"error":\{"code":"INPUT_UNREADABLE"[^\n]*\n$/u);
    expect((await run("check", "--json")).code).to.equal(2);
  });

  it("ends with 2 at a list without a tariff, which is no good one", async () => {
    for (const [name, content] of [
      ["list.json", []],
      ["answer.json", { data: [], status_code: 1000 }],
    ] as const) {
      const empty = await run("check", write("good.json", ocpi({})), write(name, content), "--json");
      expect(empty.code, name).to.equal(2);
      expect(empty.stdout).to.match(/^\{"error":\{"code":"INPUT_UNREADABLE"[^\n]*\n$/u);
    }
  });

  it("prices a session by the tariff's own rules, and says what the contract charges", async () => {
    const file = write("step.json", ocpi({ vat: 20 }));
    const session = [
      "--charging-seconds",
      "3600",
      "--connected-seconds",
      "4000",
      "--at",
      "2027-01-15T08:00:00Z",
      "--json",
    ];
    const [broken, whole, contrary] = await Promise.all([
      run("simulate", file, "--energy-wh", "20000.5", ...session),
      run("simulate", file, "--energy-wh", "20000", ...session),
      run("simulate", file, "--energy-wh", "20000", "--charging-seconds", "3600", "--connected-seconds", "3599"),
    ]);
    // 20.001 kWh × 0.25, and 20 % of it; the contract charges 20.0005 kWh.
    expect(JSON.parse(broken.stdout)).to.deep.include({
      netMicro: "5000250",
      taxMicro: "1000050",
      grossMicro: "6000300",
      parts: [{ part: "energy", netMicro: "5000250", taxMicro: "1000050" }],
      chargedMicro: "6000150",
      chargingSeconds: 3600,
      connectedSeconds: 4000,
      contract: "not-asked",
    });
    expect(JSON.parse(whole.stdout)).to.deep.include({
      netMicro: "5000000",
      grossMicro: "6000000",
      chargedMicro: "6000000",
    });
    expect(contrary.code).to.equal(2);
  });

  it("gives parts that add up, whatever minimum or maximum says", async () => {
    const file = write("limited.json", {
      flatFeeMicro: 350_000,
      priceNanoPerKwh: 490_000_000,
      priceNanoPerChargingHour: 600_000_000,
      maximumMicro: 5_000_000,
      maximumGrossMicro: 5_000_000,
      minimumMicro: 1_000_000,
      minimumGrossMicro: 1_000_000,
    });
    const priced = await Promise.all(
      ["100", "20000"].map((energyWh) =>
        run("simulate", file, "--energy-wh", energyWh, "--charging-seconds", "600", "--json"),
      ),
    );
    const parts = priced.map(
      ({ stdout }) => JSON.parse(stdout) as { netMicro: string; parts: { part: string; netMicro: string }[] },
    );
    expect(parts.map((one) => one.parts.map(({ part }) => part).at(-1))).to.deep.equal(["minimum", "maximum"]);
    for (const { netMicro, parts: each } of parts) {
      expect(each.reduce((sum, one) => sum + BigInt(one.netMicro), 0n).toString()).to.equal(netMicro);
    }
  });

  it("gives a tariff by time of day the verdict plan, with the path, and ends with 0", async () => {
    const night = {
      price_components: [{ type: "ENERGY", price: 0.2, step_size: 1 }],
      restrictions: { end_time: "06:00" },
    };
    const day = { price_components: [{ type: "ENERGY", price: 0.3, step_size: 1 }] };
    const file = write("night.json", ocpi({}, { elements: [night, day] }));
    const [checked, early, late] = await Promise.all([
      run("check", file, "--json"),
      run("simulate", file, "--energy-wh", "1000", "--at", "2027-01-15T05:59:59Z", "--json"),
      run("simulate", file, "--energy-wh", "1000", "--at", "2027-01-15T06:00:00Z", "--json"),
    ]);
    expect(checked.code).to.equal(0);
    expect(linesOf(checked)[0]).to.deep.include({ verdict: "plan", path: "elements[0].restrictions.end_time" });
    expect([early, late].map(({ stdout }) => (JSON.parse(stdout) as { netMicro: string }).netMicro)).to.deep.equal([
      "200000",
      "300000",
    ]);
  });

  it("takes the rate of a tax that the tariff leaves out", async () => {
    const file = write("canada.json", ocpi({ price: 0.21 }, { tax_included: "YES" }));
    const [untold, told] = await Promise.all([
      run("simulate", file, "--energy-wh", "10000", "--json"),
      run("simulate", file, "--energy-wh", "10000", "--vat", "5", "--json"),
    ]);
    expect(JSON.parse(untold.stdout)).to.deep.include({ netMicro: "2100000", taxMicro: "0", grossMicro: "2100000" });
    expect(JSON.parse(told.stdout)).to.deep.include({ netMicro: "2000000", taxMicro: "100000", grossMicro: "2100000" });
  });

  const verdicts: Readonly<Record<string, readonly [verdict: string, path: string | null]>> = {
    "06-restrictions-null.json": ["priced", null],
    "07-optional-nulls.json": ["priced", null],
    "10-230-no-tax-not-included.json": ["priced", null],
    "11-230-tax-included-no-vat.json": ["priced", null],
    "13-hour-price-1.json": ["priced", null],
    "14-hour-price-2.json": ["priced", null],
    "15-hour-price-5-parking.json": ["refused", "elements[0].price_components[1]"],
    "16-hour-price-6.json": ["priced", null],
    "18-step-1-energy.json": ["priced", null],
    "19-vat-two-rates-equal-price.json": ["priced", null],
    "38-no-op-restrictions.json": ["priced", null],
    "39-price-8-decimals.json": ["priced", null],
  };

  it("judges the tariffs of the trials", async function () {
    if (!existsSync(sharedFolder)) {
      // The reference material is no part of the repository.
      this.skip();
    }
    const files = Object.keys(verdicts).map((name) => join(sharedFolder, name));
    const lines = linesOf(await run("check", ...files, "--json"));
    expect(lines.map(({ file, verdict, path }) => [file, verdict, path])).to.deep.equal(
      Object.entries(verdicts).map(([name, expected]) => [join(sharedFolder, name), ...expected]),
    );
    const step = ["simulate", join(sharedFolder, "18-step-1-energy.json"), "--energy-wh", "20000.5", "--json"];
    expect(JSON.parse((await run(...step)).stdout)).to.deep.include({ netMicro: "5000250" });
    // Its beginning has no zone, and is UTC.
    const later = [join(sharedFolder, "36-start-without-z.json"), "--energy-wh", "1000", "--json", "--at"];
    const [before, after] = await Promise.all([
      run("simulate", ...later, "2026-11-30T02:49:38Z"),
      run("simulate", ...later, "2026-11-30T02:49:39Z"),
    ]);
    expect([before.code, after.code]).to.deep.equal([1, 0]);
    expect(before.stdout).to.contain("start_date_time");
  });

  it("prices at least 10 of 18 and 12 of 20 tariffs of the specification, and says which part of the others cannot be", async function () {
    if (!existsSync(exampleFolder)) {
      // The reference material is no part of the repository.
      this.skip();
    }
    const counts = await Promise.all(
      ["2.2.1", "2.3.0"].map(async (version) => {
        const folderOfVersion = join(exampleFolder, version);
        const files = readdirSync(folderOfVersion).filter((name) => name.startsWith("tariff_"));
        const lines = linesOf(await run("check", ...files.map((name) => join(folderOfVersion, name)), "--json"));
        for (const { verdict, path } of lines) expect(path === null).to.equal(verdict === "priced");
        return [lines.filter(({ verdict }) => verdict === "priced").length, lines.length];
      }),
    );
    expect(counts).to.deep.equal([
      [10, 18],
      [12, 20],
    ]);
  });

  // The sessions and costs that the specification works out beside its tariffs (mod_tariffs, Examples).
  const worked: readonly (readonly [
    file: string,
    energyWh: number,
    chargingSeconds: number,
    net: number,
    gross: number,
  ])[] = [
    ["tariff_8_simple_025kwh.json", 20_000, 0, 5, 5.5],
    ["tariff_9_025kwh_start.json", 20_000, 0, 5.5, 6.1],
    ["tariff_12_025kwh_min_price.json", 20_000, 0, 5, 5.5],
    ["tariff_12_025kwh_min_price.json", 1_999, 0, 0.5, 0.55],
    ["tariff_6_025kwh_start_max_price.json", 50_000, 0, 10, 11],
    ["tariff_6_025kwh_start_max_price.json", 30_000, 0, 8, 8.85],
    ["tariff_1_simple_2hour.json", 20_000, 9_000, 5, 5.5],
    ["tariff_2_alt_text.json", 20_000, 9_000, 4.75, 4.997],
    ["tariff_5_free_of_charge.json", 20_000, 9_000, 0, 0],
  ];

  it("gives the specification's worked figures, which the contract charges, too", async function () {
    if (!existsSync(exampleFolder)) {
      // The reference material is no part of the repository.
      this.skip();
    }
    for (const [file, energyWh, chargingSeconds, net, gross] of worked) {
      const priced = await Promise.all(
        ["2.2.1", "2.3.0"].map((version) =>
          run(
            "simulate",
            join(exampleFolder, version, file),
            ...["--energy-wh", String(energyWh), "--charging-seconds", String(chargingSeconds), "--json"],
          ),
        ),
      );
      for (const { stdout } of priced) {
        const grossMicro = String(Math.round(gross * 1_000_000));
        expect(JSON.parse(stdout), file).to.deep.include({
          netMicro: String(Math.round(net * 1_000_000)),
          grossMicro,
          chargedMicro: grossMicro,
        });
      }
    }
  });
});
