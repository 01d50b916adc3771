import { expect } from "chai";

import { setUpReport } from "../../../services/charging/set-up/set-up-station.ts";
import type { Charger } from "../../helpers/charger.ts";
import { openChargingWorld, type ChargingWorld } from "../../helpers/charging-world.ts";
import { operatorKey } from "../../helpers/running-service.ts";
import { errorCodeOf, openOperatorWorld, type JsonRun, type OperatorWorld } from "./operator-world.ts";

const stationId = "CS-1";

describe("wattproof station set-up", function () {
  this.timeout(120_000);
  let operator: OperatorWorld;
  let world: ChargingWorld;
  let charger: Charger;
  const values: Record<string, string> = {};

  before(async () => {
    operator = await openOperatorWorld();
    const { chain } = operator;
    world = await openChargingWorld(chain, {}, (await chain.headSeconds()) * 1_000);
    charger = await world.connect(stationId, "ocpp1.6", [(await chain.addChargingPoint()).evse]);
    Object.assign(values, { MeterValueSampleInterval: "900", MeterValuesSampledData: "SoC" });
    charger.answers = ({ action, payload }) => {
      if (action === "GetConfiguration") {
        const asked = payload["key"] as readonly string[];
        const known = asked.filter((key) => key in values);
        const configurationKey = known.map((key) => ({ key, value: values[key], readonly: false }));
        return { configurationKey, unknownKey: asked.filter((key) => !known.includes(key)) };
      }
      if (action !== "ChangeConfiguration") return { status: "Accepted" };
      const [key, value] = [String(payload["key"]), String(payload["value"])];
      // It takes no measurands.
      if (key === "MeterValuesSampledData") return { status: "Rejected" };
      values[key] = value;
      return { status: "Accepted" };
    };
  });
  after(async () => {
    await world.close();
    await operator.close();
  });

  const asOperator = (): Readonly<Record<string, string>> => ({
    WATTPROOF_SERVICE_URL: world.service.url,
    WATTPROOF_OPERATOR_KEY: operatorKey,
  });
  const run = (parameters: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<JsonRun> =>
    operator.runJson(["station", "set-up", ...parameters], { ...asOperator(), ...environment });
  const outcomesOf = ({ document }: JsonRun): Readonly<Record<string, string>> =>
    Object.fromEntries(setUpReport.parse(document["report"]).settings.map(({ key, outcome }) => [key, outcome]));

  it("refuses by its code what cannot be asked, and changes nothing", async () => {
    const runs = await Promise.all([
      run([stationId, "--last", "--dry-run"]),
      run(["no station"]),
      run(["NOBODY"]),
      run(["NOBODY", "--last"]),
      run([stationId], { WATTPROOF_OPERATOR_KEY: "x".repeat(40) }),
      run([stationId], { WATTPROOF_SERVICE_URL: "http://127.0.0.1:1" }),
    ]);
    expect(runs.map(errorCodeOf)).to.deep.equal([
      ...["USAGE_INVALID", "USAGE_INVALID", "STATION_UNKNOWN", "STATION_UNKNOWN"],
      ...["OPERATOR_UNAUTHENTICATED", "SERVICE_UNREACHABLE"],
    ]);
    expect(runs.every(({ code }) => code !== 0)).to.equal(true);
    expect(values["MeterValueSampleInterval"]).to.equal("900");
  });

  it("says first what it would change, then changes it, and ends with 1 where the charger refuses", async () => {
    const planned = await run([stationId, "--dry-run"]);
    expect(outcomesOf(planned)).to.deep.include({
      ...{ MeterValueSampleInterval: "changed", MeterValuesSampledData: "changed" },
    });
    expect([planned.code, values["MeterValueSampleInterval"]]).to.deep.equal([0, "900"]);
    const done = await run([stationId]);
    expect(outcomesOf(done)).to.deep.include({
      ...{ MeterValueSampleInterval: "changed", MeterValuesSampledData: "refused" },
    });
    expect([done.code, values["MeterValueSampleInterval"]]).to.deep.equal([1, "60"]);
  });

  it("tells what the last one changed, for people, too", async () => {
    const last = await run([stationId, "--last"]);
    expect([last.code, setUpReport.parse(last.document["last"]).protocol]).to.deep.equal([0, "ocpp1.6"]);
    const { stdout } = await operator.run(["station", "set-up", stationId, "--last"], asOperator());
    expect(stdout).to.match(/^MeterValueSampleInterval +changed +900 to 60/mu);
    expect(stdout).to.match(/^MeterValuesSampledData +refused /mu);
  });

  it("says that a charger is away", async () => {
    await charger.close();
    const away = await run([stationId]);
    expect([away.code, errorCodeOf(away)]).to.deep.equal([2, "STATION_OFFLINE"]);
  });
});
