import { expect } from "chai";

import { priceOf } from "../../services/domain/tariff.ts";
import { addStation, get, post, runService, type RunningService } from "../helpers/running-service.ts";
import { depositMicro, startServiceChain, testTariff, type ServiceChain } from "../helpers/service-chain.ts";

describe("The main path, from a signed record to a receipt", function () {
  let chain: ServiceChain;
  let running: RunningService;

  before(async function () {
    chain = await startServiceChain();
    running = await runService(chain);
  });
  after(async function () {
    await running.close();
    await chain.close();
  });

  it("settles a session whose meter signed begin and end in one record", async function () {
    const { url, store } = { ...running.service };
    const point = await chain.addChargingPoint();
    const session = await chain.openSession(point);
    const station = await addStation(store, "CS-1", [point.evse]);
    await running.service.synchronise();

    const record = point.device.record({
      idTag: session.idTag,
      energyMicroWh: 7_420_500_000n,
      beginSeconds: 1_700_000_000,
      endSeconds: 1_700_003_600,
    });
    const answer = await post(url, station, record);
    expect(answer.status).to.equal(200);
    expect(answer.body).to.deep.include({
      outcome: "accepted",
      sessionId: session.sessionId,
      sessionState: "completed",
      energyWh: "7420.5",
      duplicate: false,
    });

    const creditBefore = await chain.readCredit();
    await running.service.synchronise();
    const { grossMicro } = priceOf(testTariff, 7_420_500_000n, 3_600, 0);
    expect(await chain.readCredit()).to.equal(creditBefore + grossMicro);
    expect(await chain.readFree(session)).to.equal(depositMicro - grossMicro);

    const receipt = await get(url, `/v1/receipts/${session.sessionId}`);
    expect(receipt.status).to.equal(200);
    expect(receipt.body).to.deep.include({
      version: 3,
      sessionId: session.sessionId,
      idTag: session.idTag,
      energyWh: "7420.5",
      energyMicroWh: "7420500000",
      chargingSeconds: 3_600,
      connectedSeconds: 3_600,
      chargedMicro: grossMicro.toString(),
      returnedMicro: (session.terms.holdMicro - grossMicro).toString(),
      isBoundToSession: true,
    });
    const again = await post(url, station, record);
    expect(again.body).to.deep.include({ sessionState: "settled", energyWh: "7420.5", duplicate: true });
  });

  it("settles a session whose begin and end are two records, in whatever order they come", async function () {
    const { url, store } = { ...running.service };
    const point = await chain.addChargingPoint("secp256k1");
    const session = await chain.openSession(point);
    const station = await addStation(store, "CS-2", [point.evse]);
    await running.service.synchronise();

    const [begin, end] = point.device.recordPair({
      idTag: session.idTag.toLowerCase(),
      energyMicroWh: 1_000_000n,
      beginSeconds: 1_700_000_000,
      endSeconds: 1_700_000_061,
    });
    expect((await post(url, station, end)).body).to.deep.include({ sessionState: "opened", energyWh: null });
    expect((await post(url, station, begin)).body).to.deep.include({ sessionState: "completed", energyWh: "1" });
    await running.service.synchronise();
    expect((await get(url, `/v1/receipts/${session.sessionId}`)).body).to.deep.include({ energyMicroWh: "1000000" });
  });

  it("closes a session without energy free of charge", async function () {
    const { url, store } = { ...running.service };
    const point = await chain.addChargingPoint();
    const session = await chain.openSession(point);
    const station = await addStation(store, "CS-3", [point.evse]);
    await running.service.synchronise();
    const record = point.device.record({ idTag: session.idTag, energyMicroWh: 0n, beginSeconds: 1, endSeconds: 999 });
    expect((await post(url, station, record)).status).to.equal(200);
    await running.service.synchronise();
    expect(await chain.readFree(session)).to.equal(depositMicro);
    expect((await get(url, `/v1/receipts/${session.sessionId}`)).body).to.deep.include({ chargedMicro: "0" });
  });

  it("is ready, lives and counts", async function () {
    const { url } = running.service;
    expect(await get(url, "/v1/health")).to.deep.equal({ status: 200, body: { status: "alive" } });
    expect((await get(url, "/v1/ready")).body).to.deep.equal({
      status: "ready",
      checks: ["store", "chain", "oracle", "events", "settlement"],
    });
    expect((await get(url, "/metrics")).body).to.include('wattproof_sessions{status="settled"} 3');
  });
});
