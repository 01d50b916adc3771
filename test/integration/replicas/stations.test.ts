import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import { connectCharger, type Charger } from "../../helpers/charger.ts";
import { registerStation } from "../../helpers/ocpp-service.ts";
import { openReplicas, type ReplicaUnderTest, type ReplicaWorld } from "../../helpers/replicas.ts";
import { getAsOperator, operatorKey } from "../../helpers/running-service.ts";
import { startServiceChain, type ServiceChain } from "../../helpers/service-chain.ts";

const key = { authorization: `Bearer ${operatorKey}` };

describe("A station of several replicas", function () {
  let chain: ServiceChain;
  let world: ReplicaWorld;
  let first: ReplicaUnderTest;
  let second: ReplicaUnderTest;
  const chargers: Charger[] = [];

  before(async function () {
    chain = await startServiceChain();
  });
  after(async function () {
    await chain.close();
  });
  beforeEach(async function () {
    world = await openReplicas(chain, 2, { WATTPROOF_REPLICA_LEASE_MS: "1000" });
    const [one, two] = world.replicas;
    if (one === undefined || two === undefined) expect.fail("There are two.");
    [first, second] = [one, two];
  });
  afterEach(async function () {
    for (const charger of chargers.splice(0)) await charger.close();
    await world.close();
  });

  async function connect({ service }: ReplicaUnderTest, stationId: string, evses: readonly number[]): Promise<Charger> {
    if ((await world.store.findStation(stationId)) === null) await registerStation(world.store, stationId, { evses });
    const charger = await connectCharger(service.url, stationId, "ocpp1.6");
    chargers.push(charger);
    return charger;
  }

  async function command(
    { service }: ReplicaUnderTest,
    stationId: string,
    action = "ClearCache",
  ): Promise<{ status: number; body: unknown }> {
    const url = `${service.url}/v1/stations/${stationId}/commands/${action}`;
    const response = await fetch(url, { method: "POST", headers: key, body: "{}" });
    return { status: response.status, body: await response.json() };
  }

  async function isConnectedAt({ service }: ReplicaUnderTest, stationId: string): Promise<boolean> {
    const { body } = await getAsOperator(service.url, `/v1/stations/${stationId}`);
    return (body as { readonly station: { readonly isConnected: boolean } }).station.isConnected;
  }

  async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
    for (let waitedMs = 0; waitedMs < 8_000; waitedMs += 20) {
      if (await isSo()) return;
      await sleep(20);
    }
    expect.fail(`Not in time: ${what}`);
  }

  it("is let in where it comes, although its old connection still stands at another replica, and that one is closed", async function () {
    const { evse } = await chain.addChargingPoint();
    await connect(first, "CS-1", [evse]);
    const charger = await connect(second, "CS-1", [evse]);
    expect(await charger.call("Heartbeat", {})).to.have.property("currentTime");
    await until(() => first.service.ocpp.door.connections.size === 0, "the older connection is closed");
    expect(second.service.ocpp.door.connections.size).to.equal(1);
    expect((await world.store.findStationHold("CS-1"))?.replicaId).to.equal("r2");
  });

  it("has a message of its old connection neither kept nor answered", async function () {
    const { evse } = await chain.addChargingPoint();
    const zombie = await connect(first, "CS-1", [evse]);
    await zombie.call("Heartbeat", {});
    // The replica does not hear that the station has gone, as one that was cut off.
    first.freeze();
    const charger = await connect(second, "CS-1", [evse]);
    let isAnswered = false;
    const late = zombie.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Faulted" });
    late.then(
      () => {
        isAnswered = true;
      },
      () => undefined,
    );
    await charger.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Available" });
    first.thaw();
    await until(() => first.service.ocpp.door.connections.size === 0, "the older connection is closed");
    expect(isAnswered).to.equal(false);
    const frames = await world.store.listFrames("CS-1", 0, 99);
    expect(frames.map(({ stationOrdinal }) => stationOrdinal)).to.deep.equal(frames.map((_frame, index) => index + 1));
    expect(frames.filter(({ text }) => text.includes("Faulted"))).to.deep.equal([]);
    expect((await world.store.findOcppStation("CS-1"))?.connectors.map(({ status }) => status)).to.deep.equal([
      "Available",
    ]);
  });

  it("gets a command that was asked at any replica, once, and its answer comes back", async function () {
    const { evse } = await chain.addChargingPoint();
    const charger = await connect(first, "CS-1", [evse]);
    charger.answers = () => ({ status: "Accepted" });
    const asked = await Promise.all([command(first, "CS-1"), command(second, "CS-1"), command(second, "CS-1")]);
    expect(asked).to.deep.equal(Array(3).fill({ status: 200, body: { status: "Accepted" } }));
    expect(charger.taken).to.have.length(3);
    expect(await isConnectedAt(second, "CS-1")).to.equal(true);
  });

  it("has what it refuses, and that it is not there, told at any replica", async function () {
    const { evse } = await chain.addChargingPoint();
    const charger = await connect(first, "CS-1", [evse]);
    expect((await command(second, "CS-1", "GetBaseReport")).status).to.equal(400);
    await charger.close();
    await until(async () => !(await isConnectedAt(second, "CS-1")), "the station is known to be gone");
    expect((await command(second, "CS-1")).status).to.equal(503);
    expect((await command(second, "CS-9")).status).to.equal(404);
  });

  it("has the frames handed on by another replica that one has answered for and died with", async function () {
    const point = await chain.addChargingPoint();
    const session = await chain.openSession(point);
    await world.settle();
    const charger = await connect(first, "CS-1", [point.evse]);
    // Answered, kept, and not handed on: the process is gone in the next moment.
    const started = charger.call("StartTransaction", {
      ...{ connectorId: 1, idTag: session.idTag, meterStart: 0, timestamp: new Date().toISOString() },
    });
    await until(async () => (await world.store.listFrames("CS-1", 0, 9)).length > 0, "the frame is kept");
    first.kill();
    started.catch(() => undefined);
    await sleep(1_100);
    await until(async () => {
      await second.service.synchronise();
      return (await world.store.findFrameBacklog("CS-1")) === null;
    }, "the frames are handed on");
    expect((await world.store.findTransactionOfSession(session.sessionId))?.isOpen).to.equal(true);
    const charging = await world.store.findSession(session.sessionId);
    expect(charging?.state.status).to.equal("charging");
  });

  it("charges on when its replica dies in the middle, and is settled once", async function () {
    const point = await chain.addChargingPoint();
    const session = await chain.openSession(point);
    await world.settle();
    const at = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
    let charger = await connect(first, "CS-1", [point.evse]);
    const { transactionId } = await charger.call("StartTransaction", {
      ...{ connectorId: 1, idTag: session.idTag, meterStart: 0, timestamp: at(-900) },
    });
    await world.settle();
    first.kill();
    charger = await connect(second, "CS-1", [point.evse]);
    const record = point.device.record({
      ...{ idTag: session.idTag, energyMicroWh: 5_000_000n },
      ...{ beginSeconds: Math.floor(Date.now() / 1_000) - 900, endSeconds: Math.floor(Date.now() / 1_000) - 100 },
    });
    const signed = { value: record, format: "SignedData", context: "Transaction.End" };
    await charger.call("StopTransaction", {
      ...{ transactionId, meterStop: 5, timestamp: at(-100) },
      transactionData: [{ timestamp: at(-100), sampledValue: [signed] }],
    });
    await sleep(1_100);
    await until(async () => {
      await world.settle();
      return (await world.store.findSession(session.sessionId))?.state.status === "settled";
    }, "the session is settled");
    const { leases } = second.service.replica;
    expect(leases.settlement.isHeld && leases.charging.isHeld).to.equal(true);
    expect((await world.store.listReplicas()).map(({ replicaId }) => replicaId)).to.deep.equal(["r2"]);
  });

  it("is told to go when its replica is stopped, and finds everything at the next one at once", async function () {
    const { evse } = await chain.addChargingPoint();
    const charger = await connect(first, "CS-1", [evse]);
    await charger.call("Heartbeat", {});
    await world.settle();
    await first.service.close();
    expect((await world.store.listReplicas()).map(({ replicaId }) => replicaId)).to.deep.equal(["r2"]);
    expect((await world.store.listLeases()).filter(({ replicaId }) => replicaId === "r1")).to.deep.equal([]);
    await second.service.synchronise();
    expect(second.service.replica.leases.settlement.isHeld).to.equal(true);
    const again = await connect(second, "CS-1", [evse]);
    expect(await again.call("Heartbeat", {})).to.have.property("currentTime");
  });
});
