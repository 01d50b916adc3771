import { expect } from "chai";
import { recoverAddress } from "ethers";

import { offerDigestOf } from "../../../services/domain/tariff-offer.ts";
import { settlementDomainOf } from "../../../services/domain/terms.ts";
import { readDeployment } from "../../../services/chain/deployment.ts";
import { addStation, runService, type RunningService } from "../../helpers/running-service.ts";
import { errorCodeOf, errorDetailOf, openOperatorWorld, type JsonRun, type OperatorWorld } from "./operator-world.ts";

const operatorKey = "k".repeat(40);

describe("wattproof tariff plan", function () {
  this.timeout(300_000);
  let world: OperatorWorld;
  let running: RunningService;
  let evse: number;
  let nowMs = Date.parse("2027-03-27T20:30:00Z");

  before(async () => {
    world = await openOperatorWorld();
    running = await runService(world.chain, { WATTPROOF_OPERATOR_KEY: operatorKey }, { now: () => nowMs });
    evse = await world.chain.addEvse("DE*WTP*E1");
    await addStation(running.service.store, "CS-1", [evse], []);
  });
  after(async () => {
    await running.close();
    await world.close();
  });

  const environment = (): Readonly<Record<string, string>> => ({
    WATTPROOF_SERVICE_URL: running.service.url,
    WATTPROOF_OPERATOR_KEY: operatorKey,
  });
  const run = (...parameters: readonly string[]): Promise<JsonRun> =>
    world.runJson(["tariff", ...parameters], environment());
  const write = (name: string, content: unknown): string => world.write(name, JSON.stringify(content));
  const week = (more: object = {}): object => ({
    zone: "Europe/Berlin",
    tariffs: {
      day: { priceNanoPerKwh: "500000000", taxBps: 1900 },
      night: { priceNanoPerKwh: "200000000", taxBps: 1900 },
    },
    windows: [
      { tariff: "night", from: "22:00", to: "06:00" },
      { tariff: "day", from: "06:00", to: "22:00" },
    ],
    ...more,
  });
  const offers = async (): Promise<
    readonly {
      readonly tariffId: string;
      readonly untilSeconds: number | null;
      readonly offer: { readonly validUntil: number; readonly signer: string; readonly r: string; readonly vs: string };
    }[]
  > => {
    const response = await fetch(`${running.service.url}/v1/evses/${evse}/tariffs`);
    return ((await response.json()) as { readonly tariffs: Awaited<ReturnType<typeof offers>> }).tariffs;
  };

  it("refuses a bad plan by its path, and publishes nothing", async () => {
    const bad: readonly (readonly [content: object, path: RegExp])[] = [
      [week({ zone: "Europe/Atlantis" }), /^zone: /u],
      [week({ windows: [{ tariff: "day", from: "06:00", to: "22:00" }] }), /^windows: .*gap/u],
      [
        week({ windows: [{ tariff: "day" }, { tariff: "night", from: "22:00", to: "23:00" }] }),
        /^windows\[1\]: it overlaps/u,
      ],
      [
        week({ tariffs: { day: { priceNanoPerKwh: "-1" }, night: { priceNanoPerKwh: "1" } } }),
        /^tariffs\.day\.priceNanoPerKwh: /u,
      ],
      [week({ windows: [{ tariff: "noon" }] }), /^windows\[0\]\.tariff: /u],
      [week({ windows: [{ tariff: "day", from: "6:00" }] }), /^windows\[0\]\.from: /u],
    ];
    const head = await world.headBlock();
    for (const [index, [content, path]] of bad.entries()) {
      const file = write(`bad-${index}.json`, content);
      const ended = await run("plan", "publish", file, "--evse", String(evse));
      expect([ended.code, errorCodeOf(ended)]).to.deep.equal([1, "TARIFF_PLAN_INVALID"]);
      expect(errorDetailOf(ended)).to.match(path);
      const checked = await run("check", file);
      expect([checked.code, checked.document["verdict"]]).to.deep.equal([1, "refused"]);
    }
    const good = write("week.json", week());
    const unknown = await run("plan", "publish", good, "--evse", "4000000000");
    expect(errorCodeOf(unknown)).to.equal("EVSE_UNREGISTERED");
    const dear = await run("plan", "publish", good, "--evse", String(evse), "--most-gas", "200000");
    expect(errorCodeOf(dear)).to.equal("GAS_BUDGET_EXCEEDED");
    expect(await world.headBlock()).to.equal(head);
    expect(await offers()).to.deep.equal([]);
    expect((await run("check", good)).document).to.deep.include({ verdict: "plan", path: null });
  });

  it("has charging points offer each tariff in its turn, as a signed offer, and says whose turn it is", async () => {
    const published = await run("plan", "publish", write("week.json", week()), "--evse", String(evse));
    expect(published.code).to.equal(0);
    expect(published.document["transactions"]).to.have.length(2);
    const [first] = await offers();
    // 21:30 there; the night begins at 22:00.
    expect(first?.untilSeconds).to.equal(Date.parse("2027-03-27T21:00:00Z") / 1_000);
    const deployment = readDeployment(world.chain.deploymentPath);
    const { validUntil, signer, r, vs } = first?.offer ?? { validUntil: 0, signer: "", r: "", vs: "" };
    expect(validUntil).to.equal(nowMs / 1_000 + 900);
    const domain = { chainId: deployment.chainId, verifyingContract: deployment.contracts.chargingSettlement };
    expect(settlementDomainOf(domain).chainId).to.equal(deployment.chainId);
    const digest = offerDigestOf({ evse, tariffId: first?.tariffId ?? "", validUntil }, domain);
    expect(recoverAddress(digest, { r, yParityAndS: vs })).to.equal(signer);
    expect(signer).to.equal(world.chain.oracle.address);

    nowMs = Date.parse("2027-03-27T21:00:00Z");
    await running.service.synchronise();
    const [second, ...others] = await offers();
    expect(others).to.deep.equal([]);
    expect(second?.tariffId).to.not.equal(first?.tariffId);
    // The clock goes forward in this night.
    expect(second?.untilSeconds).to.equal(Date.parse("2027-03-28T04:00:00Z") / 1_000);

    const shown = await run("plan", "show", "--evse", String(evse));
    const [plan] = shown.document["plans"] as readonly {
      readonly evses: readonly number[];
      readonly tariffId: string;
    }[];
    expect(plan).to.deep.include({ evses: [evse], tariffId: second?.tariffId });
    const tried = await run("plan", "end", "--evse", String(evse), "--dry-run");
    expect(tried.document).to.deep.equal({ isDryRun: true, evses: [evse] });
    expect(await offers()).to.have.length(1);
    expect((await run("plan", "end", "--evse", String(evse))).document).to.deep.equal({
      isDryRun: false,
      evses: [evse],
    });
    expect(await offers()).to.deep.equal([]);
    expect((await run("plan", "end", "--evse", String(evse))).document["evses"]).to.deep.equal([]);
  });

  it("makes a plan of an OCPI tariff with times, in the zone that is named, and refuses one with a gap", async () => {
    const energy = (price: number, restrictions?: object): object => ({
      price_components: [{ type: "ENERGY", price, vat: 19, step_size: 1 }],
      ...(restrictions === undefined ? {} : { restrictions }),
    });
    const ocpi = (elements: readonly object[]): object => ({
      ...{ country_code: "DE", party_id: "WTP", id: "42", currency: "EUR", elements },
      last_updated: "2026-11-01T00:00:00Z",
    });
    const evening = { start_time: "17:00", end_time: "20:00", day_of_week: ["MONDAY", "TUESDAY"] };
    const file = write("ocpi.json", ocpi([energy(0.5, evening), energy(0.3)]));
    const session = ["--energy-wh", "10000", "--zone", "Europe/Berlin"];
    const [untold, simulated, atSix, atNoon] = await Promise.all([
      run("plan", "simulate", file, "--energy-wh", "10000"),
      run("plan", "simulate", file, ...session, "--at", "2027-01-11T00:00:00+01:00", "--days", "3"),
      run("simulate", file, ...session, "--at", "2027-01-11T18:00:00+01:00"),
      run("simulate", file, ...session, "--at", "2027-01-11T12:00:00+01:00"),
    ]);
    expect(errorDetailOf(untold)).to.contain("--zone");
    const turns = simulated.document["turns"] as readonly {
      readonly fromSeconds: number;
      readonly grossMicro: string;
    }[];
    expect(
      turns.map(({ fromSeconds, grossMicro }) => [new Date(fromSeconds * 1_000).toISOString(), grossMicro]),
    ).to.deep.equal([
      ["2027-01-10T23:00:00.000Z", "3570000"],
      ["2027-01-11T16:00:00.000Z", "5950000"],
      ["2027-01-11T19:00:00.000Z", "3570000"],
      ["2027-01-12T16:00:00.000Z", "5950000"],
      ["2027-01-12T19:00:00.000Z", "3570000"],
    ]);
    expect(atSix.document).to.deep.include({ netMicro: "5000000", grossMicro: "5950000" });
    expect(atNoon.document).to.deep.include({ netMicro: "3000000", grossMicro: "3570000" });
    const gap = await run("plan", "simulate", write("gap.json", ocpi([energy(0.5, evening)])), ...session);
    expect([gap.code, errorCodeOf(gap)]).to.deep.equal([1, "TARIFF_PLAN_INVALID"]);
    expect(errorDetailOf(gap)).to.match(/^elements: .*gap/u);
  });

  it("makes a plan of prices of the coming day with a margin, in which equal prices share a tariff", async () => {
    const base = write("base.json", { priceNanoPerKwh: "400000000" });
    const csv = [
      "from,to,price",
      "2027-03-27T22:00:00+01:00,2027-03-27T23:00:00+01:00,0.0911",
      "2027-03-27T23:00:00+01:00,2027-03-28T00:00:00+01:00,0.0919",
      "2027-03-28T00:00:00+01:00,2027-03-28T01:00:00+01:00,-0.3",
    ].join("\n");
    const file = world.write("tomorrow.csv", csv);
    const dayAhead = ["--base", base, "--margin", "0.12", "--step", "0.01"];
    const at = ["--at", "2027-03-27T20:30:00Z", "--energy-wh", "1000", "--days", "2"];
    const simulated = await run("plan", "simulate", file, ...dayAhead, ...at);
    const turns = simulated.document["turns"] as readonly {
      readonly fromSeconds: number;
      readonly grossMicro: string;
    }[];
    expect(
      turns.map(({ fromSeconds, grossMicro }) => [new Date(fromSeconds * 1_000).toISOString(), grossMicro]),
    ).to.deep.equal([
      ["2027-03-27T20:30:00.000Z", "400000"],
      // Both hours are rounded up to 0.22.
      ["2027-03-27T21:00:00.000Z", "220000"],
      ["2027-03-27T23:00:00.000Z", "0"],
      ["2027-03-28T00:00:00.000Z", "400000"],
    ]);
    const published = await run("plan", "publish", file, ...dayAhead, "--evse", String(evse), "--dry-run");
    expect(Object.keys(published.document["tariffs"] as object)).to.have.length(3);
    const faults: readonly (readonly [text: string, detail: RegExp])[] = [
      [csv.replace("0.0911", "cheap"), /row 1: the price/u],
      [csv.replaceAll("+01:00", ""), /row 1: a time/u],
      [csv.replaceAll("2027-03-27", "2027-02-29"), /row 1: a time/u],
      [csv.replace("2027-03-27T23:00:00+01:00,0.0911", "2027-03-27T23:30:00+01:00,0.0911"), /overlap/u],
      ["from,to\n", /heading/u],
      ["from,to,price\n", /no price/u],
    ];
    for (const [text, detail] of faults) {
      const ended = await run("plan", "simulate", world.write("faulty.csv", text), ...dayAhead, ...at);
      expect([ended.code, errorCodeOf(ended)]).to.deep.equal([2, "INPUT_UNREADABLE"]);
      expect(errorDetailOf(ended)).to.match(detail);
    }
  });
});
