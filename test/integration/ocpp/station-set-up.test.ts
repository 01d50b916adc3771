import { expect } from "chai";

import { setUpReport, type SetUpReport } from "../../../services/charging/set-up/set-up-station.ts";
import type { Charger, TakenCall } from "../../helpers/charger.ts";
import { openChargingWorld, type ChargingWorld } from "../../helpers/charging-world.ts";
import { codeOf, get, getAsOperator, operatorKey } from "../../helpers/running-service.ts";
import { startServiceChain, type ServiceChain } from "../../helpers/service-chain.ts";

const register = "Energy.Active.Import.Register";
const boot16 = { chargePointVendor: "Acme", chargePointModel: "One" };
const boot2 = { reason: "PowerUp", chargingStation: { vendorName: "Acme", model: "Two" } };
const changing = ["ChangeConfiguration", "SetVariables", "Reset"];

interface Shown {
  readonly isDue: boolean;
  readonly last: SetUpReport | null;
}

describe("A charger's configuration after its first boot", function () {
  this.timeout(120_000);
  let chain: ServiceChain;
  let world: ChargingWorld;
  let stations = 0;

  before(async function () {
    chain = await startServiceChain();
    world = await openChargingWorld(chain, { WATTPROOF_STATION_SET_UP: "on" }, (await chain.headSeconds()) * 1_000);
  });
  after(async function () {
    await world.close();
    await chain.close();
  });

  async function connect(
    protocol: string,
    answer: (call: TakenCall) => object | null,
  ): Promise<readonly [string, Charger]> {
    stations += 1;
    const point = await chain.addChargingPoint();
    const charger = await world.connect(`CS-${stations}`, protocol, [point.evse]);
    charger.answers = answer;
    return [`CS-${stations}`, charger];
  }
  const boot = (charger: Charger, payload: object) => charger.call("BootNotification", payload);
  const shownOf = async (stationId: string): Promise<Shown> => {
    const { body } = await getAsOperator(world.service.url, `/v1/stations/${stationId}/last-set-up`);
    const { isDue, last } = body as Shown;
    return { isDue, last: last === null ? null : setUpReport.parse(last) };
  };
  async function again(stationId: string, body: object = {}): Promise<SetUpReport> {
    const headers = { "content-type": "application/json", authorization: `Bearer ${operatorKey}` };
    const url = `${world.service.url}/v1/stations/${stationId}/set-up`;
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    return setUpReport.parse(((await response.json()) as { readonly report: unknown }).report);
  }
  const settled = async (stationId: string): Promise<SetUpReport> => {
    for (let round = 0; round < 20; round += 1) {
      await world.settle();
      const { last } = await shownOf(stationId);
      if (last !== null) return last;
    }
    return expect.fail("It was not set up.");
  };
  const outcomesOf = ({ settings }: SetUpReport): Readonly<Record<string, string>> =>
    Object.fromEntries(settings.map(({ key, outcome }) => [key, outcome]));

  /** A charger of 1.6 with these keys; the others it does not know. */
  function keys16(
    values: Record<string, string>,
    options: { readonly readOnly?: readonly string[]; readonly statusOf?: (key: string, value: string) => string } = {},
  ): (call: TakenCall) => object {
    return ({ action, payload }) => {
      if (action === "GetConfiguration") {
        const asked = payload["key"] as readonly string[];
        const known = asked.filter((key) => key in values);
        const configurationKey = known.map((key) => ({
          ...{ key, value: values[key], readonly: options.readOnly?.includes(key) === true },
        }));
        return { configurationKey, unknownKey: asked.filter((key) => !known.includes(key)) };
      }
      if (action !== "ChangeConfiguration") return { status: "Accepted" };
      const [key, value] = [String(payload["key"]), String(payload["value"])];
      const status = options.statusOf?.(key, value) ?? "Accepted";
      if (status === "Accepted" || status === "RebootRequired") values[key] = value;
      return { status };
    };
  }

  it("is brought to what settlement needs over OCPP 1.6, once, and says what it changed", async function () {
    const values: Record<string, string> = {
      MeterValuesSampledData: "Power.Active.Import,SoC",
      MeterValueSampleInterval: "0",
      StopTxnSampledData: "",
      StopTransactionOnInvalidId: "true",
      SampledDataSignReadings: "false",
    };
    const [stationId, charger] = await connect("ocpp1.6", keys16(values));
    await world.settle();
    expect(charger.taken).to.deep.equal([]);
    expect(await shownOf(stationId)).to.deep.equal({ isDue: true, last: null });
    await boot(charger, boot16);
    const report = await settled(stationId);
    expect(values).to.deep.equal({
      MeterValuesSampledData: `Power.Active.Import,SoC,${register}`,
      MeterValueSampleInterval: "60",
      StopTxnSampledData: register,
      StopTransactionOnInvalidId: "true",
      SampledDataSignReadings: "true",
    });
    expect(report).to.deep.include({ by: "first boot", protocol: "ocpp1.6", reboot: "none" });
    expect(outcomesOf(report)).to.deep.include({
      ...{ MeterValuesSampledData: "changed", StopTransactionOnInvalidId: "kept", MaxEnergyOnInvalidId: "unknown" },
    });
    // Whoever changes it by hand afterwards is left alone, at every later boot and connection.
    values["MeterValueSampleInterval"] = "300";
    charger.taken.length = 0;
    await boot(charger, boot16);
    await world.settle();
    const later = await world.reconnect(stationId, "ocpp1.6");
    later.answers = keys16(values);
    await boot(later, boot16);
    await world.settle();
    expect([...charger.taken, ...later.taken]).to.deep.equal([]);
    // Asked, it says first what it would do.
    const planned = await again(stationId, { dryRun: true });
    expect(outcomesOf(planned)["MeterValueSampleInterval"]).to.equal("changed");
    expect(values["MeterValueSampleInterval"]).to.equal("300");
    expect((await again(stationId)).by).to.not.equal("first boot");
    expect(values["MeterValueSampleInterval"]).to.equal("60");
    const actions = await getAsOperator(world.service.url, `/v1/operator/actions?subject=${stationId}`);
    expect(JSON.stringify(actions.body)).to.contain("station-set-up").and.to.contain("MeterValueSampleInterval");
  });

  it("takes the needed measurand alone where a charger refuses a list, and alerts where it refuses that, too", async function () {
    const alone: Record<string, string> = { MeterValuesSampledData: "SoC", MeterValueSampleInterval: "60" };
    const statusOf = (_key: string, value: string) => (value.includes(",") ? "Rejected" : "Accepted");
    const [first, taking] = await connect("ocpp1.6", keys16(alone, { statusOf }));
    await boot(taking, boot16);
    expect(outcomesOf(await settled(first))["MeterValuesSampledData"]).to.equal("changed");
    expect(alone["MeterValuesSampledData"]).to.equal(register);

    const fixed = { MeterValuesSampledData: "SoC", MeterValueSampleInterval: "900" };
    const [second, refusing] = await connect(
      "ocpp1.6",
      keys16(fixed, { readOnly: ["MeterValueSampleInterval"], statusOf: () => "Rejected" }),
    );
    await boot(refusing, boot16);
    expect(outcomesOf(await settled(second))).to.deep.include({
      ...{ MeterValuesSampledData: "refused", MeterValueSampleInterval: "read-only" },
    });
    const metrics = String((await get(world.service.url, "/metrics")).body);
    expect(metrics).to.contain('wattproof_alerts_total{alert="station-not-set-up"} 1');
  });

  it("restarts a charger that asks for it, and not while somebody charges there", async function () {
    const statusOf = () => "RebootRequired";
    const quiet = { MeterValueSampleInterval: "0" };
    const [first, idle] = await connect("ocpp1.6", keys16(quiet, { statusOf }));
    await boot(idle, boot16);
    expect((await settled(first)).reboot).to.equal("ordered");
    expect(idle.taken.at(-1)).to.deep.equal({ action: "Reset", payload: { type: "Soft" } });

    const [second, busy] = await connect("ocpp1.6", keys16({ MeterValueSampleInterval: "0" }, { statusOf }));
    const begun = { connectorId: 1, idTag: "CARD", meterStart: 0, timestamp: world.at(0) };
    await busy.call("StartTransaction", begun);
    await boot(busy, boot16);
    const report = await settled(second);
    expect([report.reboot, outcomesOf(report)["MeterValueSampleInterval"]]).to.deep.equal([
      "waits",
      "changed-at-reboot",
    ]);
    expect(busy.taken.map(({ action }) => action)).not.to.include("Reset");
  });

  for (const protocol of ["ocpp2.0.1", "ocpp2.1"] as const) {
    it(`asks over ${protocol} in messages as long as the charger takes, and sets one variable at a time`, async function () {
      const values: Record<string, string> = {
        "DeviceDataCtrlr.ItemsPerMessage:GetVariables": "2",
        "SampledDataCtrlr.TxUpdatedMeasurands": "SoC",
        "SampledDataCtrlr.TxUpdatedInterval": "900",
        "SampledDataCtrlr.TxEndedMeasurands": register,
        "SampledDataCtrlr.SignReadings": "false",
        "ClockCtrlr.TimeSource": "NTP",
      };
      const asked: number[] = [];
      const nameOf = (data: { component: { name: string }; variable: { name: string; instance?: string } }): string =>
        `${data.component.name}.${data.variable.name}${data.variable.instance === undefined ? "" : `:${data.variable.instance}`}`;
      const answer = ({ action, payload }: TakenCall): object => {
        if (action === "GetVariables") {
          const data = payload["getVariableData"] as Parameters<typeof nameOf>[0][];
          asked.push(data.length);
          return {
            getVariableResult: data.map(({ component, variable }) => {
              const value = values[nameOf({ component, variable })];
              const found = { attributeStatus: "Accepted", attributeValue: value };
              return { component, variable, ...(value === undefined ? { attributeStatus: "UnknownVariable" } : found) };
            }),
          };
        }
        if (action !== "SetVariables") return { status: "Accepted" };
        const data = payload["setVariableData"] as (Parameters<typeof nameOf>[0] & { attributeValue: string })[];
        expect(data).to.have.length(1);
        return {
          setVariableResult: data.map(({ component, variable, attributeValue }) => {
            const key = nameOf({ component, variable });
            const attributeStatus = key.endsWith("SignReadings") ? "Rejected" : "Accepted";
            if (attributeStatus === "Accepted") values[key] = attributeValue;
            return { component, variable, attributeStatus };
          }),
        };
      };
      const [stationId, charger] = await connect(protocol, answer);
      await boot(charger, boot2);
      const report = await settled(stationId);
      expect(Math.max(...asked)).to.equal(2);
      expect(values).to.deep.include({
        "SampledDataCtrlr.TxUpdatedMeasurands": `SoC,${register}`,
        "SampledDataCtrlr.TxUpdatedInterval": "60",
        "ClockCtrlr.TimeSource": "NTP,Heartbeat",
      });
      expect(outcomesOf(report)).to.deep.include({
        "SampledDataCtrlr.SignReadings": "refused",
        "SampledDataCtrlr.TxEndedMeasurands": "kept",
        "TxCtrlr.StopTxOnInvalidId": "unknown",
      });
    });
  }

  it("stays as it is where the charger tells nothing of it, and goes on at the next connection after a break", async function () {
    const [silent, telling] = await connect("ocpp1.6", ({ action }) =>
      action === "GetConfiguration" ? {} : { status: "Accepted" },
    );
    await boot(telling, boot16);
    const report = await settled(silent);
    expect(new Set(Object.values(outcomesOf(report)))).to.deep.equal(new Set(["unknown"]));
    expect(telling.taken.filter(({ action }) => changing.includes(action))).to.deep.equal([]);

    const [broken, leaving] = await connect("ocpp1.6", () => null);
    await boot(leaving, boot16);
    await world.settle();
    await leaving.close();
    await world.settle();
    expect(await shownOf(broken)).to.deep.equal({ isDue: true, last: null });
    const back = await world.reconnect(broken, "ocpp1.6");
    back.answers = keys16({ MeterValueSampleInterval: "0" });
    expect(outcomesOf(await settled(broken))["MeterValueSampleInterval"]).to.equal("changed");
  });

  it("is asked for by the operator alone, of a station that there is and that is connected", async function () {
    const path = "/v1/stations/NOBODY/last-set-up";
    expect(codeOf(await get(world.service.url, path))).to.equal("OPERATOR_UNAUTHENTICATED");
    expect(codeOf(await getAsOperator(world.service.url, path))).to.equal("STATION_UNKNOWN");
    const [stationId, charger] = await connect("ocpp1.6", () => ({}));
    await charger.close();
    const headers = { "content-type": "application/json", authorization: `Bearer ${operatorKey}` };
    const url = `${world.service.url}/v1/stations/${stationId}/set-up`;
    const offline = await fetch(url, { method: "POST", headers, body: "{}" });
    expect(codeOf({ status: offline.status, body: await offline.json() })).to.equal("STATION_OFFLINE");
  });
});
