import { expect } from "chai";

import { errorCodeOf, errorDetailOf, openOperatorWorld, type OperatorWorld } from "./operator-world.ts";

describe("wattproof tariff", function () {
  this.timeout(300_000);
  let world: OperatorWorld;

  before(async () => {
    world = await openOperatorWorld();
  });
  after(async () => {
    await world.close();
  });

  const ocpi = (components: readonly object[], more: object = {}): string =>
    JSON.stringify({
      country_code: "DE",
      party_id: "WTP",
      id: "42",
      currency: "EUR",
      elements: [{ price_components: components }],
      last_updated: "2026-11-01T00:00:00Z",
      ...more,
    });

  it("refuses by its path what the contract cannot price, and what it does not know", async () => {
    const restricted = world.write(
      "restricted.json",
      ocpi([], {
        elements: [
          { price_components: [{ type: "ENERGY", price: 0.4, step_size: 1 }], restrictions: { max_power: 16 } },
          { price_components: [{ type: "ENERGY", price: 0.5, step_size: 100 }] },
        ],
      }),
    );
    const [run, unknown, unreadable] = await Promise.all([
      world.runJson(["tariff", "publish", restricted, "--currency", "EUR", "--dry-run"]),
      world.runJson(["tariff", "publish", world.write("own.json", '{"priceNanoPerKwh":1,"surcharge":2}'), "--dry-run"]),
      world.runJson(["tariff", "publish", world.write("broken.json", "{"), "--dry-run"]),
    ]);
    expect([run.code, errorCodeOf(run)]).to.deep.equal([1, "TARIFF_NOT_PRICEABLE"]);
    expect(
      errorDetailOf(run)
        .split("; ")
        .map((part) => part.split(": ")[0]),
    ).to.deep.equal(["elements[0].restrictions.max_power"]);
    expect([unknown.code, errorCodeOf(unknown)]).to.deep.equal([1, "TARIFF_NOT_PRICEABLE"]);
    expect(errorDetailOf(unknown)).to.contain("surcharge");
    expect([unreadable.code, errorCodeOf(unreadable)]).to.deep.equal([2, "INPUT_UNREADABLE"]);
  });

  it("does not publish what needs a plan, is over, or leaves a rate of tax out, and does once it is said", async () => {
    const energy = { type: "ENERGY", price: 0.21, step_size: 1 };
    const night = { price_components: [{ ...energy, price: 0.1 }], restrictions: { end_time: "06:00" } };
    const files = [
      ocpi([], { elements: [night, { price_components: [energy] }] }),
      ocpi([energy], { end_date_time: "2019-06-30T23:59:59Z" }),
      ocpi([energy], { tax_included: "YES" }),
    ].map((content, index) => world.write(`obstacle-${index}.json`, content));
    const publish = (file: string, ...more: readonly string[]): ReturnType<OperatorWorld["runJson"]> =>
      world.runJson(["tariff", "publish", file, "--currency", "EUR", "--dry-run", ...more]);
    const runs = await Promise.all(files.map((file) => publish(file)));
    expect(runs.map((run) => [run.code, errorCodeOf(run), errorDetailOf(run).split(": ")[0]])).to.deep.equal([
      [1, "TARIFF_NOT_PRICEABLE", "elements[0].restrictions.end_time"],
      [1, "TARIFF_NOT_PRICEABLE", "end_date_time"],
      [1, "TARIFF_NOT_PRICEABLE", "tax_included"],
    ]);
    const told = await publish(files[2] ?? "", "--vat", "5");
    expect(told.code).to.equal(0);
    expect(told.document["tariff"]).to.deep.include({ priceNanoPerKwh: "200000000", energyTaxBps: 500 });
  });

  it("prices a session before publishing, here and by the contract, which agree", async () => {
    const file = world.write(
      "own.json",
      JSON.stringify({ flatFeeMicro: 350_000, priceNanoPerKwh: "490000000", taxBps: 1_900 }),
    );
    const session = ["tariff", "simulate", file, "--energy-kwh", "18.234", "--charging-minutes", "42", "--hold", "10"];
    const [asked, alone] = await Promise.all([
      world.runJson(session),
      world.runJson(session, { WATTPROOF_RPC_URL: "http://127.0.0.1:1" }),
    ]);
    expect(asked.document).to.deep.include({ contract: "agrees", chargedMicro: "10000000", returnedMicro: "0" });
    expect(asked.document["price"]).to.deep.include({
      energyMicro: "8934660",
      netMicro: "9284660",
      grossMicro: "11048745",
    });
    expect([alone.code, errorCodeOf(alone)]).to.deep.equal([2, "CHAIN_UNAVAILABLE"]);
  });

  it("publishes a tariff of OCPI once, shows it in words, and retires it", async () => {
    const file = world.write("ocpi.json", ocpi([{ type: "ENERGY", price: 0.59, vat: 19, step_size: 1 }]));
    const publish = ["tariff", "publish", file, "--currency", "EUR"];
    const before = await world.headBlock();
    const planned = await world.runJson([...publish, "--dry-run"]);
    expect(await world.headBlock()).to.equal(before);
    const published = await world.runJson(publish);
    const { tariffId } = published.document;
    expect([published.document["form"], planned.document["tariffId"]]).to.deep.equal(["ocpi-2.2.1", tariffId]);
    expect(errorDetailOf(await world.runJson(publish))).to.match(/^TariffAlreadyPublished/u);

    const words = await world.run(["tariff", "show", String(tariffId)]);
    expect(words.stdout).to.contain("0.7021 with 19 % tax (0.59 before) for a kWh");
    expect((await world.runJson(["tariff", "retire", String(tariffId)])).code).to.equal(0);
    const shown = await world.runJson(["tariff", "show", "--operator", world.chain.operator]);
    const tariffs = shown.document["tariffs"] as { tariffId: string; isOffered: boolean }[];
    expect(tariffs.map(({ isOffered }) => isOffered)).to.deep.equal([true, false]);
    const unknown = await world.runJson(["tariff", "show", `0x${"00".repeat(32)}`]);
    expect([unknown.code, errorCodeOf(unknown)]).to.deep.equal([1, "REGISTRY_ENTRY_UNKNOWN"]);
  });
});
