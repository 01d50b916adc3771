import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { parse } from "csv-parse/sync";

import { generateMeterKey } from "../../../scripts/simulator/demo-key.ts";
import { createSimulatedMeter } from "../../../scripts/simulator/meter.ts";
import { connectCharger } from "../../helpers/charger.ts";
import { operatorKey, runService, type RunningService } from "../../helpers/running-service.ts";
import { testTariff } from "../../helpers/service-chain.ts";
import { errorCodeOf, errorDetailOf, openOperatorWorld, type JsonRun, type OperatorWorld } from "./operator-world.ts";

/** What the program says of a charging point. */
interface PointView {
  readonly line: number;
  readonly evseId: string;
  readonly evse: number | null;
  readonly meter: number | null;
  readonly meterStep: string;
  readonly possessionTag: string | null;
  readonly hasStation: boolean;
  readonly hasTariff: boolean;
  readonly problems: readonly string[];
}

const head =
  "evse_id,maximum_power_w,station_id,tariff_id,meter_key,calibrated_until,site,operator_name,town,latitude,longitude,opening_times,plug";
const place = "Bahnhof Süd,Alpstrom AG,Zürich,47.3769,8.5417,every day";

describe("wattproof import", function () {
  this.timeout(300_000);
  let world: OperatorWorld;
  let running: RunningService;
  let tariffId: string;

  before(async () => {
    world = await openOperatorWorld();
    running = await runService(world.chain);
    tariffId = await world.chain.publishTariff({ ...testTariff, priceNanoPerKwh: 330_000_000n });
  });
  after(async () => {
    await running.close();
    await world.close();
  });

  const run = (parameters: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<JsonRun> =>
    world.runJson(["import", ...parameters], {
      WATTPROOF_SERVICE_URL: running.service.url,
      WATTPROOF_OPERATOR_KEY: operatorKey,
      WATTPROOF_DATA: running.dataPath,
      ...environment,
    });
  const pointsOf = ({ document }: JsonRun): readonly PointView[] => document["chargingPoints"] as readonly PointView[];
  const methodsOf = ({ document }: JsonRun): readonly string[] =>
    (document["transactions"] as { method: string }[]).map(({ method }) => method);

  it("refuses a file as a whole, names each wrong line, and sends nothing", async () => {
    const before = await world.headBlock();
    const key = generateMeterKey("secp256r1").publicKeySpkiHex;
    const file = world.write(
      "wrong.csv",
      [
        "evse_id,maximum_power_w,station_id,meter_key,calibrated_until,latitude,longitude,site,operator_name",
        "DE*WTP*E1,22000,CS 1,,,,,,",
        `DE*WTP*E2,0,CS-2,${key},,,,,`,
        "XX*WTP*E3,22000,,,,,,,",
        "DE*WTP*E4,many,,,,91,8,Hof,Alpstrom",
        "DE*WTP*E5,22000,,,,,,,",
        "DE*WTP*E5,22000,,,,,,Hof,",
      ].join("\n"),
    );
    const refused = await run([file]);
    expect([refused.code, errorCodeOf(refused)]).to.deep.equal([2, "INPUT_UNREADABLE"]);
    expect(errorDetailOf(refused).split("\n").slice(1)).to.deep.equal([
      "line 2, station_id must have 1 to 48 characters of A-Z a-z 0-9 _ . : * -",
      "line 3, maximum_power_w must be a whole number from 1 to 16777215",
      "line 3, meter_key needs calibrated_until",
      "line 4, evse_id must begin with a country of ISO 3166-1, like DE",
      "line 5, maximum_power_w must be a number",
      "line 5, latitude must be from -90 to 90",
      "line 7, site needs operator_name",
    ]);
    const twice = world.write("twice.csv", `evse_id,maximum_power_w\nDE*WTP*E5,22000\nDE*WTP*E5,11000\n`);
    expect(errorDetailOf(await run([twice]))).to.contain("line 3: DE*WTP*E5 is in line 2 already");
    const details = await Promise.all(
      [
        ["no.csv", ""],
        ["head.csv", "evse_id,maximum_power_w\n"],
        ["column.csv", "evse_id,maximum_power_w,colour\nDE*WTP*E5,22000,red\n"],
        ["short.csv", "evse_id,maximum_power_w\nDE*WTP*E5\n"],
        ["list.json", '{"chargers": []}'],
        ["latin.csv", Buffer.from("evse_id,maximum_power_w,site\nDE*WTP*E5,22000,S\xfcd\n", "latin1")],
      ].map(async ([name = "", text = ""]) => errorDetailOf(await run([world.write(String(name), text)]))),
    );
    expect(details.join("\n")).to.match(
      /it has no charging point[\s\S]*colour: there is no such field[\s\S]*not a table[\s\S]*"chargingPoints"[\s\S]*UTF-8/u,
    );
    expect(errorCodeOf(await run([join(world.folder, "none.csv")]))).to.equal("INPUT_UNREADABLE");
    expect(await world.headBlock()).to.equal(before);
  });

  it("takes two hundred charging points in by five transactions, and by none when they are there", async () => {
    const count = 200;
    const lines = Array.from({ length: count }, (_, index) => `DE*WTP*E2${String(index).padStart(3, "0")},22000`);
    const file = world.write(
      "many.csv",
      ["evse_id;maximum_power_w", ...lines.map((line) => line.replace(",", ";"))].join("\r\n"),
    );
    const planned = await run([file, "--dry-run"]);
    expect([planned.code, planned.document["left"], methodsOf(planned).length]).to.deep.equal([0, count, 5]);

    const first = await run([file]);
    expect([first.code, first.document["left"]]).to.deep.equal([0, 0]);
    expect(methodsOf(first)).to.deep.equal(Array<string>(5).fill("multicall"));
    const numbers = pointsOf(first).map(({ evse }) => evse);
    expect(new Set(numbers).size).to.equal(count);
    const listed = await world.runJson(["evse", "list", "--operator", world.chain.operator]);
    const registered = new Map(
      (listed.document["evses"] as { evse: number; evseId: string }[]).map((one) => [one.evseId, one.evse]),
    );
    for (const { evseId, evse } of pointsOf(first)) expect(registered.get(evseId)).to.equal(evse);

    const again = await run([file]);
    expect([again.code, methodsOf(again)]).to.deep.equal([0, []]);
    expect(pointsOf(again).map(({ evse }) => evse)).to.deep.equal(numbers);
  });

  it("brings stations, tariff, site and meters in, and activates a meter once it has signed at its charger", async () => {
    const meters = [1, 2].map((number) =>
      createSimulatedMeter({
        key: generateMeterKey("secp256r1"),
        serial: `IMP${number}`,
        evseId: `DE*WTP*E9${number}`,
      }),
    );
    const [first, second] = meters;
    if (first === undefined || second === undefined) throw new Error("There are too few meters");
    const lines = meters.map(
      ({ key }, index) =>
        `DE*WTP*E9${index + 1},22000,CS-IMPORT,${tariffId},${key.publicKeySpkiHex},2040-01-01,${place},IEC_62196_T2`,
    );
    const file = world.write("site.csv", [head, ...lines].join("\n"));
    const [keys, out, sites] = ["keys.csv", "done.csv", "sites.json"].map((name) => join(world.folder, name));
    const parameters = [file, "--keys", keys ?? "", "--out", out ?? "", "--sites", sites ?? ""];

    const planned = await run([...parameters, "--dry-run"]);
    expect([planned.code, existsSync(keys ?? ""), existsSync(out ?? "")]).to.deep.equal([0, false, false]);
    const keyless = await run([file, "--out", out ?? ""]);
    expect([keyless.code, errorCodeOf(keyless)]).to.deep.equal([2, "USAGE_INVALID"]);
    expect(await running.service.store.findStation("CS-IMPORT")).to.equal(null);

    const begun = await run(parameters);
    expect(begun.code).to.equal(1);
    const evses = pointsOf(begun).map(({ evse }) => evse ?? 0);
    expect(
      pointsOf(begun).map(({ meterStep, hasStation, hasTariff, problems }) => ({
        meterStep,
        hasStation,
        hasTariff,
        problems,
      })),
    ).to.deep.equal(Array(2).fill({ meterStep: "pending", hasStation: true, hasTariff: true, problems: [] }));
    expect((await running.service.store.findStation("CS-IMPORT"))?.evses).to.deep.equal(evses);
    expect(statSync(keys ?? "").mode & 0o777).to.equal(0o600);
    const [station] = parse<Record<string, string>>(readFileSync(keys ?? "", "utf8"), { columns: true });
    expect(station?.["station_id"]).to.equal("CS-IMPORT");
    expect(JSON.parse(readFileSync(sites ?? "", "utf8"))).to.deep.equal({
      sites: [
        {
          ...{ name: "Bahnhof Süd", operator: "Alpstrom AG", town: "Zürich", latitude: 47.3769, longitude: 8.5417 },
          openingTimes: "every day",
          evses: evses.map((evse) => ({ evse, plug: "IEC_62196_T2" })),
        },
      ],
    });

    // The charger is asked to begin, and the meter signs the tag at it; the other's record lies in a file.
    const password = station?.["ocpp_key"] ?? "";
    const charger = await connectCharger(running.service.url, "CS-IMPORT", "ocpp1.6", { password });
    const tags = pointsOf(begun).map(({ possessionTag }) => possessionTag ?? "");
    const asked = await run([file, "--start"]);
    const started = charger.taken.filter(({ action }) => action === "RemoteStartTransaction");
    expect([asked.code, started.map(({ payload }) => payload["idTag"])]).to.deep.equal([1, tags]);
    const timestamp = new Date().toISOString();
    const { transactionId } = await charger.call("StartTransaction", {
      connectorId: 1,
      idTag: tags[0],
      meterStart: 0,
      timestamp,
    });
    const record = first.possessionRecord(tags[0] ?? "", Math.floor(Date.now() / 1_000));
    const transactionData = [{ timestamp, sampledValue: [{ value: record, format: "SignedData" }] }];
    await charger.call("StopTransaction", { transactionId, meterStop: 0, timestamp, transactionData });
    await running.service.ocpp.handedOn();
    world.write("second.ocmf", second.possessionRecord(tags[1] ?? "", Math.floor(Date.now() / 1_000)));
    const withRecord = world.write(
      "records.csv",
      [`${head},possession_record`, `${lines[0] ?? ""},`, `${lines[1] ?? ""},second.ocmf`].join("\n"),
    );

    const done = await run([withRecord, "--out", out ?? ""]);
    await charger.close();
    expect([done.code, methodsOf(done)]).to.deep.equal([0, ["multicall"]]);
    expect(pointsOf(done).map(({ meterStep, possessionTag }) => [meterStep, possessionTag])).to.deep.equal(
      Array(2).fill(["active", null]),
    );
    const rows = parse<Record<string, string>>(readFileSync(out ?? "", "utf8"), { columns: true });
    expect(rows.map((row) => [row["evse"], row["meter_step"], row["has_tariff"]])).to.deep.equal(
      evses.map((evse) => [String(evse), "active", "yes"]),
    );
  });

  it("says of each charging point what keeps it back, and goes on with the others", async () => {
    const taken = await world.chain.addEvse("DE*WTP*E950");
    const key = generateMeterKey("secp256r1").publicKeySpkiHex;
    const lines = [
      { evseId: "DE*WTP*E950", maximumPowerW: 1_000 },
      { evseId: "DE*WTP*E951", maximumPowerW: 22_000, tariffId: `0x${"12".repeat(32)}` },
      { evseId: "DE*WTP*E952", maximumPowerW: 22_000, meterKey: "3045022100", calibratedUntil: "2040-01-01" },
      { evseId: "DE*WTP*E953", maximumPowerW: 22_000, meterKey: key, calibratedUntil: "2001-01-01" },
      { evseId: "DE*WTP*E954", maximumPowerW: 22_000, stationId: "CS-IMPORT" },
      { evseId: "DE*WTP*E955", maximumPowerW: 22_000 },
    ];
    const file = world.write("mixed.json", JSON.stringify({ chargingPoints: lines }));
    const mixed = await run([file]);
    expect([mixed.code, mixed.document["left"]]).to.deep.equal([1, 5]);
    const problems = pointsOf(mixed).map((point) => point.problems.join("; "));
    expect(problems[0]).to.match(new RegExp(`^EVSE ${taken} has \\d+ W in the registry$`, "u"));
    expect(problems[1]).to.match(/^tariff: /u);
    expect(problems[2]).to.match(/^meter_key: /u);
    expect(problems[3]).to.match(/^registerMeter: (ValidityEmpty|CalibrationExpired)/u);
    expect(problems[4]).to.match(/^station CS-IMPORT: it reports for EVSE/u);
    expect(problems[5]).to.equal("");
    expect(pointsOf(mixed)[5]?.evse).to.be.a("number");
  });
});
