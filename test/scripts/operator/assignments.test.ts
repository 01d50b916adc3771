import { expect } from "chai";

import { atEvse } from "../../../services/domain/tariff-scope.ts";
import { taxedAlike } from "../../../services/domain/tariff.ts";
import { addStation, runService, type RunningService } from "../../helpers/running-service.ts";
import { testTariff } from "../../helpers/service-chain.ts";
import { errorCodeOf, openOperatorWorld, type JsonRun, type OperatorWorld } from "./operator-world.ts";

const operatorKey = "k".repeat(40);

describe("wattproof tariff assign, unassign, assignments", function () {
  this.timeout(300_000);
  let world: OperatorWorld;
  let running: RunningService;
  let evses: readonly number[];
  let foreignEvse: number;
  let dear: string;
  let cheap: string;

  before(async () => {
    world = await openOperatorWorld();
    running = await runService(world.chain, { WATTPROOF_OPERATOR_KEY: operatorKey });
    evses = [await world.chain.addEvse("DE*WTP*E1"), await world.chain.addEvse("DE*WTP*E2")];
    foreignEvse = await world.chain.addEvse("DE*ELS*E1", 3);
    dear = await world.chain.publishTariff({ ...testTariff, priceNanoPerKwh: 520_000_000n });
    cheap = await world.chain.publishTariff({ ...testTariff, priceNanoPerKwh: 100_000_000n });
    await addStation(running.service.store, "CS-1", evses, []);
  });
  after(async () => {
    await running.close();
    await world.close();
  });

  function run(parameters: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<JsonRun> {
    return world.runJson(["tariff", ...parameters], {
      WATTPROOF_SERVICE_URL: running.service.url,
      WATTPROOF_OPERATOR_KEY: operatorKey,
      ...environment,
    });
  }
  const evse = (index: number): readonly string[] => ["--evse", String(evses[index])];
  const current = async (index: number): Promise<readonly string[]> =>
    (await running.service.store.listAssignmentsIn(atEvse(evses[index] ?? 0)))
      .filter(({ until }) => until === null)
      .map(({ tariffId }) => tariffId);

  it("refuses by its code what cannot be assigned, and changes nothing", async () => {
    const other = await world.chain.publishTariff({ ...testTariff, ...taxedAlike(77) }, 3);
    const retired = await world.chain.publishTariff({ ...testTariff, ...taxedAlike(78) });
    await world.chain.retireTariff(retired);
    const runs = await Promise.all([
      run(["assign", dear]),
      run(["assign", dear, ...evse(0), "--all"]),
      run(["assign", "0x12", ...evse(0)]),
      run(["assign", `0x${"12".repeat(32)}`, ...evse(0)]),
      run(["assign", other, ...evse(0)]),
      run(["assign", retired, ...evse(0)]),
      run(["assign", dear, ...evse(0), "--evse", "4000000000"]),
      run(["assign", dear, ...evse(0), "--evse", String(foreignEvse)]),
      run(["assign", dear, ...evse(0)], { WATTPROOF_OPERATOR_KEY: "x".repeat(40) }),
      run(["assign", dear, ...evse(0)], { WATTPROOF_SERVICE_URL: "http://127.0.0.1:1" }),
    ]);
    expect(runs.map(errorCodeOf)).to.deep.equal([
      ...["USAGE_INVALID", "USAGE_INVALID", "USAGE_INVALID", "TARIFF_UNPUBLISHED", "TARIFF_NOT_OFFERED"],
      ...["TARIFF_NOT_OFFERED", "EVSE_UNREGISTERED", "EVSE_OF_ANOTHER_OPERATOR", "OPERATOR_UNAUTHENTICATED"],
      "SERVICE_UNREACHABLE",
    ]);
    expect(runs.every(({ code }) => code !== 0)).to.equal(true);
    expect(await current(0)).to.deep.equal([]);
  });

  it("finds charging points without a price by doctor, until there is one", async () => {
    const pricesOf = async (environment: Readonly<Record<string, string>>): Promise<unknown> => {
      const { document } = await world.runJson(["doctor", "--service", running.service.url], environment);
      const findings = document["findings"] as { check: string; outcome: string; detail: string }[];
      return findings.find(({ check }) => check === "prices");
    };
    expect(await pricesOf({})).to.deep.include({ outcome: "warning" });
    expect(await pricesOf({ WATTPROOF_OPERATOR_KEY: operatorKey })).to.deep.include({
      outcome: "fails",
      detail: `nobody can charge at EVSE ${evses.join(", ")}: no tariff is offered there`,
    });
    await run(["assign", dear, "--all"]);
    expect(await pricesOf({ WATTPROOF_OPERATOR_KEY: operatorKey })).to.deep.include({ outcome: "ok" });
    await run(["unassign", dear, "--all"]);
  });

  it("assigns, adds, replaces and ends, each once, and tells before what it would do", async () => {
    const step = { ...atEvse(evses[0] ?? 0), tariffId: dear, step: "assigned" };
    const planned = await run(["assign", dear, ...evse(0), "--dry-run"]);
    expect([planned.code, planned.document["isDryRun"], planned.document["changes"]]).to.deep.equal([0, true, [step]]);
    expect(await current(0)).to.deep.equal([]);
    const done = await run(["assign", dear, ...evse(0)]);
    expect(done.document).to.deep.equal({
      ...{ isDryRun: false, tariffId: dear, changes: [step] },
      scopes: [{ ...atEvse(evses[0] ?? 0), tariffIds: [dear] }],
    });
    const again = await run(["assign", dear, ...evse(0)]);
    expect([again.code, again.document["changes"]]).to.deep.equal([0, []]);

    await run(["assign", cheap, "--all"]);
    expect([await current(0), await current(1)]).to.deep.equal([[dear, cheap], [cheap]]);
    await run(["assign", cheap, ...evse(0), ...evse(1), "--replace"]);
    expect([await current(0), await current(1)]).to.deep.equal([[cheap], [cheap]]);
    const ended = await world.run(["tariff", "unassign", cheap, ...evse(1)], {
      WATTPROOF_SERVICE_URL: running.service.url,
      WATTPROOF_OPERATOR_KEY: operatorKey,
    });
    expect(ended.stdout).to.contain(
      `EVSE ${evses[1]} has no price of its own: without one of its site nobody can charge there`,
    );
    expect([await current(0), await current(1)]).to.deep.equal([[cheap], []]);
  });

  it("gives a group of drivers a price of its own, lists who is in it, and takes them out again", async () => {
    const driver = "0x00000000000000000000000000000000000000A1";
    const refused = await Promise.all([
      run(["assign", dear, ...evse(0), "--group", "staff"]),
      run(["assign", dear, "--site", "nowhere"]),
      run(["assign", dear, "--site", "nowhere", "--connector", "1"]),
      run(["assign", dear, "--site", "nowhere", "--all"]),
      run(["add-drivers", "staff"]),
      run(["remove-drivers", "staff", "--driver", driver]),
    ]);
    expect(refused.map(errorCodeOf)).to.deep.equal([
      ...["DRIVER_GROUP_UNKNOWN", "SITE_UNKNOWN", "USAGE_INVALID", "USAGE_INVALID", "USAGE_INVALID"],
      "DRIVER_GROUP_UNKNOWN",
    ]);
    const added = await run(["add-drivers", "staff", "--driver", driver]);
    expect(added.document).to.deep.equal({ group: "staff", added: [driver] });
    const assigned = await run(["assign", dear, ...evse(0), "--group", "staff"]);
    expect(assigned.document).to.have.nested.property("changes[0].group", "staff");
    const { document } = await run(["drivers", "--group", "staff"]);
    expect(document).to.have.nested.property("members[0].driver", driver);
    await run(["unassign", dear, ...evse(0), "--group", "staff"]);
    const removed = await run(["remove-drivers", "staff", "--driver", driver]);
    expect(removed.document).to.deep.equal({ group: "staff", removed: [driver] });
    expect((await run(["drivers"])).document).to.deep.equal({ members: [] });
  });

  it("lists what is offered and who said so, with what an EVSE offered before", async () => {
    const { document } = await run(["assignments"]);
    const now = document["assignments"] as Readonly<Record<string, unknown>>[];
    expect(now.map(({ evse: number, tariffId }) => [number, tariffId])).to.deep.equal([[evses[0], cheap]]);
    expect(now[0]).to.deep.include({ isOffered: true, assignedBy: world.chain.operator, endedBy: null });
    expect(document["evsesWithoutTariff"]).to.deep.equal([evses[1]]);
    const one = (await run(["assignments", ...evse(0)])).document;
    const past = one["assignments"] as Readonly<Record<string, unknown>>[];
    expect(past.map(({ tariffId, endedAtMs }) => [tariffId, endedAtMs === null])).to.deep.equal([
      [dear, false],
      [dear, false],
      [cheap, true],
      // That of the group.
      [dear, false],
    ]);
    expect(one["evsesWithoutTariff"]).to.deep.equal([]);
  });

  it("publishes and assigns at once, and publishes nothing where it could not assign", async () => {
    const file = world.write("both.json", JSON.stringify({ priceNanoPerKwh: 480_000_000, taxBps: 1_900 }));
    const head = await world.headBlock();
    const refused = await run(["publish", file, ...evse(1)], { WATTPROOF_SERVICE_URL: "http://127.0.0.1:1" });
    expect(errorCodeOf(refused)).to.equal("SERVICE_UNREACHABLE");
    expect(await world.headBlock()).to.equal(head);
    const { code, document } = await run(["publish", file, ...evse(1)]);
    expect(code).to.equal(0);
    expect(await current(1)).to.deep.equal([document["tariffId"]]);
  });
});
