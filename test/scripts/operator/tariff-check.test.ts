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
    const own = write("own.json", { priceMicroPerKwh: "490000" });
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
      parts: [{ part: "energy", netMicro: "5000250" }],
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
      priceMicroPerKwh: 490_000,
      priceMicroPerChargingMinute: 10_000,
      maximumMicro: 5_000_000,
      minimumMicro: 1_000_000,
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

  const verdicts: Readonly<Record<string, readonly [verdict: string, path: string | null]>> = {
    "06-restrictions-null.json": ["priced", null],
    "07-optional-nulls.json": ["priced", null],
    "10-230-no-tax-not-included.json": ["refused", "tax_included"],
    "11-230-tax-included-no-vat.json": ["refused", "tax_included"],
    "13-hour-price-1.json": ["refused", "elements[0].price_components[0].price"],
    "14-hour-price-2.json": ["refused", "elements[0].price_components[0].price"],
    "15-hour-price-5-parking.json": ["refused", "elements[0].price_components[1]"],
    "16-hour-price-6.json": ["priced", null],
    "18-step-1-energy.json": ["priced", null],
    "19-vat-two-rates-equal-price.json": ["refused", "elements[0].price_components[1].vat"],
    "38-no-op-restrictions.json": ["priced", null],
    "39-price-8-decimals.json": ["refused", "elements[0].price_components[0].price"],
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

  it("says of every tariff of the specification's examples which part cannot be priced", async function () {
    if (!existsSync(exampleFolder)) {
      // The reference material is no part of the repository.
      this.skip();
    }
    const files = readdirSync(exampleFolder, { recursive: true, encoding: "utf8" })
      .filter((name) => /tariff_[0-9]+_.*\.json$/u.test(name))
      .map((name) => join(exampleFolder, name));
    const lines = linesOf(await run("check", ...files, "--json"));
    expect(lines).to.have.length(files.length);
    for (const { verdict, path } of lines) expect(path === null).to.equal(verdict === "priced");
  });
});
