import { expect } from "chai";

import { connectRefused, connectStation, openOcppWorld, type OcppWorld } from "../helpers/ocpp-service.ts";
import { startScript, type ScriptRun } from "./run-script.ts";

describe("The command that registers stations", function () {
  let world: OcppWorld;

  before(async function () {
    world = await openOcppWorld();
  });
  after(async function () {
    await world.close();
  });

  const run = (parameters: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<ScriptRun> =>
    startScript("station", parameters, environment).finished;

  it("cannot do what it is not told clearly", async function () {
    const runs = await Promise.all([
      run(["add", "CS-1", "--data", world.folder]),
      run(["add", "CS-1", "--evse", "1", "--profile", "4", "--data", world.folder]),
      run(["command", "CS-1"]),
      run(["command", "CS-1", "Reset", "{}"]),
      run(["command", "CS-1", "Reset", "{}", "--url", "http://127.0.0.1:1"], {
        WATTPROOF_OPERATOR_KEY: "k".repeat(32),
      }),
    ]);
    expect(runs.map(({ code }) => code)).to.deep.equal([2, 2, 2, 2, 2]);
  });

  it("registers a station with keys that let it in, beside the running service", async function () {
    await connectRefused(world.url, "CS-1");
    const before = await run(["list", "--json", "--data", world.folder]);
    expect(JSON.parse(before.stdout)).to.have.nested.property("wantsToJoin[0].stationId", "CS-1");

    const added = await run(["add", "CS-1", "--evse", "7", "--evse", "3", "--json", "--data", world.folder]);
    expect(added.code).to.equal(0);
    const { ocppKey } = JSON.parse(added.stdout) as { readonly ocppKey: string };
    const station = await connectStation(world.url, "CS-1", { password: ocppKey });
    await station.close();

    const listed = JSON.parse((await run(["list", "--json", "--data", world.folder])).stdout) as object;
    expect(listed).to.have.deep.property("wantsToJoin", []);
    expect(listed).to.have.deep.nested.property("stations[0].evses", [7, 3]);
    expect(await world.store.findStationOfEvse(3)).to.deep.equal({ stationId: "CS-1", stationEvse: 2 });
    expect((await run(["add", "CS-1", "--evse", "7", "--data", world.folder])).code).to.equal(1);
    expect((await run(["remove", "CS-1", "--data", world.folder])).code).to.equal(0);
    expect(await connectRefused(world.url, "CS-1", { password: ocppKey })).to.have.property("status", 404);
  });
});
