import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";

import { bindingOf, createFleet, type Fleet } from "../helpers/fleet.ts";
import { connectRefused, connectStation, openOcppWorld, type OcppWorld } from "../helpers/ocpp-service.ts";
import { operatorKey, runService, type RunningService } from "../helpers/running-service.ts";
import { startServiceChain, type ServiceChain } from "../helpers/service-chain.ts";
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

  it("takes no key or password in an argument, which others can see, and takes it from a file", async function () {
    const environment = { WATTPROOF_OPERATOR_KEY: "k".repeat(32) };
    const secret = "00ff10a1b2c3d4e5f60718293a4b5c6d";
    const payloads = [
      { key: "AuthorizationKey", value: secret },
      { setVariableData: [{ attributeValue: secret, component: {}, variable: { name: "BasicAuthPassword" } }] },
      { connectionData: { vpn: { password: secret } } },
    ];
    for (const payload of payloads) {
      const refused = await run(["command", "CS-1", "ChangeConfiguration", JSON.stringify(payload)], environment);
      expect(refused.code).to.equal(2);
      expect(refused.stderr).to.include("--payload-file").and.not.include(secret);
    }
    const file = join(world.folder, "payload.json");
    await writeFile(file, JSON.stringify(payloads[0]));
    const away = ["--payload-file", file, "--url", "http://127.0.0.1:1"];
    const taken = await run(["command", "CS-1", "ChangeConfiguration", ...away], environment);
    expect([taken.code, taken.stderr.includes("SERVICE_UNREACHABLE")], taken.stderr).to.deep.equal([2, true]);
    const missing = await run(["command", "CS-1", "Reset", "--payload-file", `${file}.no`], environment);
    expect(missing.code).to.equal(2);
  });

  it("registers a station with keys that let it in, beside the running service", async function () {
    await connectRefused(world.url, "CS-1");
    const before = await run(["list", "--json", "--data", world.folder]);
    expect(JSON.parse(before.stdout)).to.have.nested.property("wantsToJoin[0].stationId", "CS-1");

    const added = await run(["add", "CS-1", "--evse", "7", "--evse", "3", "--json", "--data", world.folder]);
    expect(added.code).to.equal(0);
    const { ocppKey, evsesWithoutTariff } = JSON.parse(added.stdout) as {
      readonly ocppKey: string;
      readonly evsesWithoutTariff: readonly number[];
    };
    expect(evsesWithoutTariff).to.deep.equal([7, 3]);
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

describe("The command that registers stations, asking the chain", function () {
  let chain: ServiceChain;
  let world: OcppWorld;

  before(async function () {
    chain = await startServiceChain();
    world = await openOcppWorld();
  });
  after(async function () {
    await world.close();
    await chain.close();
  });

  const add = (stationId: string, ...evses: readonly number[]): Promise<ScriptRun> =>
    startScript("station", [
      ...["add", stationId, ...evses.flatMap((evse) => ["--evse", String(evse)])],
      ...["--data", world.folder, "--rpc", chain.rpcUrl, "--deployment", chain.deploymentPath],
    ]).finished;

  it("refuses EVSEs that do not exist, that another station has, and that are named twice", async function () {
    const { evse } = await chain.addChargingPoint();
    const unknown = await add("CS-A", evse, 4_000);
    expect([unknown.code, unknown.stdout]).to.deep.equal([1, ""]);
    expect(unknown.stderr).to.contain("The registry has no EVSE 4000");
    expect((await add("CS-A", evse, evse)).code).to.equal(1);
    expect(await world.store.listStations()).to.deep.equal([]);
    expect((await add("CS-A", evse)).code).to.equal(0);
    const taken = await add("CS-B", evse);
    expect([taken.code, taken.stderr]).to.deep.equal([
      1,
      `The station CS-A reports for EVSE ${evse}. Remove it there first.\n`,
    ]);
    expect((await world.store.listStations()).map(({ stationId }) => stationId)).to.deep.equal(["CS-A"]);
  });

  it("says so where nobody was asked, and ends where the chain that was named does not answer", async function () {
    const data = ["--data", world.folder];
    const unasked = await startScript("station", ["add", "CS-C", "--evse", "77", ...data]).finished;
    expect([unasked.code, unasked.stderr.split(":")[0]]).to.deep.equal([
      0,
      "Nobody was asked whether these EVSEs exist",
    ]);
    const away = await startScript("station", [
      ...["add", "CS-D", "--evse", "78", ...data],
      ...["--rpc", "http://127.0.0.1:1", "--deployment", chain.deploymentPath],
    ]).finished;
    expect([away.code, away.stderr.split(":")[0]]).to.deep.equal([2, "CHAIN_UNAVAILABLE"]);
    expect(await world.store.findStation("CS-D")).to.equal(null);
  });
});

describe("The command that binds cards and contracts", function () {
  let chain: ServiceChain;
  let fleet: Fleet;
  let running: RunningService;

  before(async function () {
    chain = await startServiceChain();
    fleet = await createFleet(chain);
    running = await runService(chain, fleet.environment);
  });
  after(async function () {
    await running.close();
    await chain.close();
  });

  const run = (parameters: readonly string[], key = operatorKey): Promise<ScriptRun> =>
    startScript("station", [...parameters, "--url", running.service.url, "--json"], { WATTPROOF_OPERATOR_KEY: key })
      .finished;

  it("says what it lacks, and what the service refuses", async function () {
    const missing = join(running.dataPath, "no-such-file");
    const broken = join(running.dataPath, "broken.json");
    await writeFile(broken, "{");
    const runs = await Promise.all([
      run(["bind-token"]),
      run(["bind-token", "04AA"]),
      run(["bind-token", "04AA", "--consent", missing, "--tariff", "0x12"]),
      run(["bind-token", "04AA", "--consent", broken, "--tariff", "0x12"]),
      run(["list-tokens", "04AA"]),
      run(["list-tokens"], "w".repeat(32)),
      run(["unbind-token", "04AA"]),
    ]);
    expect(runs.map(({ code }) => code)).to.deep.equal([2, 2, 2, 2, 2, 2, 1]);
    expect(runs[2].stderr).to.include(missing);
    expect(JSON.parse(runs[5].stdout)).to.have.nested.property("error.code", "OPERATOR_UNAUTHENTICATED");
    expect(JSON.parse(runs[6].stdout)).to.have.nested.property("error.code", "ID_TOKEN_UNKNOWN");
  });

  it("binds a card under the consent in a file, lists it and unbinds it", async function () {
    const binding = bindingOf("04AA", await fleet.consent());
    const file = join(running.dataPath, "consent.json");
    await writeFile(file, JSON.stringify(binding["consent"]));
    const bind = ["bind-token", "04aa", "--consent", file, "--tariff", String(binding["tariffId"])];
    const bound = await run([...bind, "--hold-micro", "5000000"]);
    expect(bound.code, bound.stderr).to.equal(0);
    expect(JSON.parse(bound.stdout)).to.deep.include({ idToken: "04AA", type: "ISO14443", holdMicro: "5000000" });
    const listed = await run(["list-tokens"]);
    expect(JSON.parse(listed.stdout)).to.have.deep.property("idTokens", [JSON.parse(bound.stdout)]);
    expect((await run(["unbind-token", "04Aa"])).code).to.equal(0);
    const both = await run([...bind, "--type", "ISO14443", "--type", "Local"]);
    expect(JSON.parse(both.stdout)).to.have.deep.property("types", ["ISO14443", "Local"]);
    expect((await run(["unbind-token", "04AA", "--type", "Local", "--type", "ISO14443"])).code).to.equal(2);
    expect((await run(["unbind-token", "04AA", "--type", "Local"])).code).to.equal(0);
  });
});
