import { expect } from "chai";

import type { Charger } from "../../helpers/charger.ts";
import { openChargingWorld, start16, stop16, type ChargingWorld } from "../../helpers/charging-world.ts";
import { addStation, get, post } from "../../helpers/running-service.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../../helpers/service-chain.ts";

const confirmations = 3;
const hourSeconds = 3_600;

describe("Openings and reorganisations", function () {
  let chain: ServiceChain;
  let world: ChargingWorld;
  let point: ChargingPoint;
  let charger: Charger;

  before(async function () {
    chain = await startServiceChain();
  });
  after(async function () {
    await chain.close();
  });
  beforeEach(async function () {
    await chain.reset();
    point = await chain.addChargingPoint("secp256r1", { isProven: true });
    world = await openChargingWorld(chain, { WATTPROOF_CONFIRMATIONS: String(confirmations) });
    charger = await world.connect("CS-1", "ocpp1.6", [point.evse]);
    charger.answers = () => ({ status: "Accepted" });
  });
  afterEach(async function () {
    await world.close();
  });

  const startsAsked = () =>
    charger.taken.filter(({ action }) => action === "RemoteStartTransaction").map(({ payload }) => payload["idTag"]);

  async function mine(blocks: number): Promise<void> {
    for (let block = 0; block < blocks; block += 1) await chain.request("evm_mine");
  }

  async function confirm(): Promise<void> {
    await mine(confirmations);
    await world.settle();
  }

  /** Opens a session, undoes its block, and opens it again in another one; the service sees both. */
  async function openTwice(between: (orphaned: OpenedSession) => Promise<void>): Promise<OpenedSession> {
    const snapshot = await chain.request("evm_snapshot");
    const orphaned = await chain.openSession(point, { chargedSeconds: 0 });
    await confirm();
    await between(orphaned);
    await chain.request("evm_revert", [snapshot]);
    await chain.pass(60);
    await mine(2 * confirmations);
    await world.settle();
    expect((await world.show(orphaned)).session.state).to.equal("unconfirmed");
    const session = await chain.reopenSession(orphaned);
    await chain.pass(hourSeconds);
    await confirm();
    return session;
  }

  function recordFor({ idTag }: OpenedSession): string {
    const beginSeconds = 1_700_000_000;
    return point.device.record({
      ...{ idTag, energyMicroWh: 1_500_000_000n },
      ...{ beginSeconds, endSeconds: beginSeconds + 600 },
    });
  }

  it("asks no charger to begin before the opening has the configured confirmations", async function () {
    const session = await chain.openSession(point, { chargedSeconds: 0 });
    for (let depth = 1; depth < confirmations; depth += 1) {
      await world.settle();
      expect(startsAsked()).to.deep.equal([]);
      await chain.request("evm_mine");
    }
    await world.settle();
    expect(startsAsked()).to.deep.equal([session.idTag]);
  });

  it("starts with the tag of the present opening, and finds the session by each that it has had", async function () {
    const orphans: OpenedSession[] = [];
    const session = await openTwice((orphaned) => {
      orphans.push(orphaned);
      return Promise.resolve();
    });
    const [orphaned] = orphans;
    if (orphaned === undefined) expect.fail("It was opened.");
    expect(session.sessionId).to.equal(orphaned.sessionId);
    expect(session.idTag).not.to.equal(orphaned.idTag);
    const { store } = world.service;
    expect(await store.listIdTags(session.sessionId)).to.deep.equal([orphaned.idTag, session.idTag]);
    for (const idTag of [orphaned.idTag, session.idTag]) {
      expect((await store.findSessionByIdTag(idTag))?.sessionId).to.equal(session.sessionId);
    }
    world.nowMs += 60_000;
    await world.settle();
    expect(startsAsked().at(-1)).to.equal(session.idTag);
  });

  it("takes a record with the tag of an opening that was undone, and does not call it bound", async function () {
    let record = "";
    const session = await openTwice((orphaned) => {
      record = recordFor(orphaned);
      return Promise.resolve();
    });
    const station = await addStation(world.service.store, "CS-HTTP", [point.evse]);
    expect((await post(world.service.url, station, record)).status).to.equal(200);
    const [kept] = await world.service.store.listRecords(session.sessionId);
    expect(kept).to.deep.include({ isBoundToSession: false, isSettleableByMeter: false });
    expect((await world.show(session)).cdr?.evidence.grade).to.equal("meter-signed");
  });

  it("binds a record no more once its session opened elsewhere, and says so in the receipt", async function () {
    const session = await openTwice(async (orphaned) => {
      await chain.pass(hourSeconds);
      const station = await addStation(world.service.store, "CS-HTTP", [point.evse]);
      expect((await post(world.service.url, station, recordFor(orphaned))).status).to.equal(200);
      expect((await world.show(orphaned)).cdr?.evidence.grade).to.equal("meter-signed-bound");
    });
    expect((await world.show(session)).cdr?.evidence.grade).to.equal("meter-signed");
    expect((await world.service.store.listRecords(session.sessionId))[0]?.isBoundToSession).to.equal(false);
    await confirm();
    await confirm();
    expect((await world.show(session)).session.state).to.equal("settled");
    const { body } = await get(world.service.url, `/v1/receipts/${session.sessionId}`);
    expect(body).to.deep.include({ idTag: session.idTag, isBoundToSession: false });
    expect(body).to.have.nested.property("evidence.grade", "meter-signed");
  });

  it("goes on with a charge that began under a tag of an opening that was undone", async function () {
    let transactionId = 0;
    const session = await openTwice(async (orphaned) => {
      transactionId = await start16(world, charger, { idTag: orphaned.idTag });
      await world.settle();
      expect((await world.show(orphaned)).session.state).to.equal("charging");
    });
    await stop16(world, charger, { transactionId, atSeconds: 600, meterStop: 2_500 });
    await world.settle();
    const { session: shown, ocppTransaction } = await world.show(session);
    expect(ocppTransaction).to.deep.include({ ocppTransactionId: String(transactionId), isOpen: false });
    expect(shown.assessment).to.deep.include({ energyWh: "1500" });
    expect(shown.assessment?.reasons).not.to.include("OTHER_SESSION_PRESENTED");
  });
});
