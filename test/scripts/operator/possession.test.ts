import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { generateMeterKey } from "../../../scripts/simulator/demo-key.ts";
import { createSimulatedMeter } from "../../../scripts/simulator/meter.ts";
import { connectCharger, type Charger } from "../../helpers/charger.ts";
import { registerStation } from "../../helpers/ocpp-service.ts";
import { operatorKey, runService, type RunningService } from "../../helpers/running-service.ts";
import { errorCodeOf, errorDetailOf, openOperatorWorld, type JsonRun, type OperatorWorld } from "./operator-world.ts";

describe("wattproof meter possession", function () {
  this.timeout(300_000);
  let world: OperatorWorld;
  let running: RunningService;
  let charger: Charger;
  let evse: number;
  let evseWithoutStation: number;
  let path: string;

  const meter = createSimulatedMeter({ key: generateMeterKey("secp256r1"), serial: "NEW1", evseId: "DE*WTP*E1" });
  const point = Buffer.from(meter.key.publicKeyPoint).toString("hex");

  before(async () => {
    world = await openOperatorWorld();
    running = await runService(world.chain);
    evse = await world.chain.addEvse("DE*WTP*E1");
    evseWithoutStation = await world.chain.addEvse("DE*WTP*E2");
    await registerStation(running.service.store, "CS-1", { evses: [evse] });
    charger = await connectCharger(running.service.url, "CS-1", "ocpp1.6");
    path = join(world.folder, "possession.ocmf");
  });
  after(async () => {
    await charger.close();
    await running.close();
    await world.close();
  });

  const run = (parameters: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<JsonRun> =>
    world.runJson(["meter", ...parameters, "--key", point], {
      WATTPROOF_SERVICE_URL: running.service.url,
      WATTPROOF_OPERATOR_KEY: operatorKey,
      ...environment,
    });

  async function charge(idTag: string): Promise<string> {
    const record = meter.possessionRecord(idTag, Math.floor(Date.now() / 1_000));
    const timestamp = new Date().toISOString();
    const { transactionId, idTagInfo } = await charger.call("StartTransaction", {
      ...{ connectorId: 1, idTag, meterStart: 0, timestamp },
    });
    expect(idTagInfo).to.deep.equal({ status: "Accepted" });
    const transactionData = [{ timestamp, sampledValue: [{ value: record, format: "SignedData" }] }];
    await charger.call("StopTransaction", { transactionId, meterStop: 0, timestamp, transactionData });
    await running.service.ocpp.handedOn();
    return record;
  }

  it("says by its code what is missing, and writes nothing", async () => {
    const runs = [
      await run(["possession", String(evse)]),
      await run(["possession", String(evse), "--record", path], { WATTPROOF_OPERATOR_KEY: "x".repeat(40) }),
      await run(["possession", String(evse), "--record", path], { WATTPROOF_SERVICE_URL: "http://127.0.0.1:1" }),
      await run(["possession", String(evseWithoutStation), "--record", path]),
      await run(["possession", "4000000000", "--record", path]),
    ];
    expect(runs.map(errorCodeOf)).to.deep.equal([
      ...["USAGE_INVALID", "OPERATOR_UNAUTHENTICATED", "SERVICE_UNREACHABLE", "EVSE_UNKNOWN"],
      "REGISTRY_ENTRY_UNKNOWN",
    ]);
    expect(() => readFileSync(path)).to.throw();
  });

  it("has the charger take the tag, waits for the record, and the registry takes it", async () => {
    const tag = (await run(["tag", String(evse)])).document["possessionTag"] as string;
    const early = await run(["possession", String(evse), "--record", path]);
    expect([early.code, errorCodeOf(early)]).to.deep.equal([1, "POSSESSION_RECORD_MISSING"]);
    expect(errorDetailOf(early)).to.include(tag).and.to.include("CS-1");

    const waiting = run(["possession", String(evse), "--record", path, "--wait"]);
    const record = await charge(tag);
    expect((await waiting).document).to.deep.equal({
      ...{ evse, curve: "secp256r1", possessionTag: tag, stationId: "CS-1", record: path },
    });
    expect(readFileSync(path, "utf8")).to.equal(record);

    const added = await run(["add", String(evse), "--record", path, "--calibrated-until", "2034-12-31"]);
    expect(added.document).to.include({ evse, status: "active", possessionTag: tag });
  });
});
