import { expect } from "chai";
import { Wallet } from "ethers";

import { freeTariff, type Tariff } from "../../../services/domain/tariff.ts";
import { openChargingWorld, openPlace, start16, stop16, type ChargingWorld } from "../../helpers/charging-world.ts";
import { registerStation } from "../../helpers/ocpp-service.ts";
import { startServiceChain, type OpenedSession, type ServiceChain } from "../../helpers/service-chain.ts";

const cheap: Tariff = { ...freeTariff, priceNanoPerKwh: 100_000_000n };
/** Somebody who only plugs in pays for it. */
const withoutEnergy: Tariff = { ...freeTariff, flatFeeMicro: 500_000n, chargesWithoutEnergy: true };

describe("The hold of a session that nobody begins", function () {
  this.timeout(120_000);
  const relayer = Wallet.createRandom();
  let chain: ServiceChain;
  let world: ChargingWorld;

  before(async function () {
    chain = await startServiceChain();
    for (const tariff of [cheap, withoutEnergy]) await chain.publishTariff(tariff);
  });
  beforeEach(async function () {
    await chain.request("hardhat_setBalance", [relayer.address, "0x8ac7230489e80000"]);
    await chain.changeReleaser(relayer.address, true);
    world = await openChargingWorld(chain, { WATTPROOF_RELAYER_PRIVATE_KEY: relayer.privateKey });
  });
  afterEach(async function () {
    await world.close();
  });
  after(async function () {
    await chain.close();
  });

  async function endOf(session: OpenedSession) {
    const state = (await world.service.store.findSession(session.sessionId))?.state;
    return { status: state?.status, reason: state?.reason, closing: state?.closing?.kind };
  }
  const isLive = (session: OpenedSession): Promise<boolean> =>
    chain.contracts.chargingSettlement.isLive(session.terms, session.opening, 0);
  async function passMinutes(minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute += 1) {
      world.nowMs += 60_000;
      await world.settle();
    }
  }
  /** A session at a price that its charger does not offer. */
  async function openAtOtherPrice(stationId: string) {
    const point = await chain.addChargingPoint();
    await registerStation(world.service.store, stationId, { evses: [point.evse] });
    return { point, session: await chain.openSession(point, { tariff: cheap }) };
  }

  it("comes back at once where the price is not offered at the charger", async function () {
    const { session } = await openAtOtherPrice("CS-1");
    const free = await chain.readFree(session);
    await passMinutes(3);
    expect(await chain.readFree(session)).to.equal(free + session.terms.holdMicro);
    expect(await endOf(session)).to.deep.include({ status: "expired", closing: "expired" });
  });

  it("waits for its expiry where the operator has not appointed the service's account, and comes back once it has", async function () {
    await chain.changeReleaser(relayer.address, false);
    const { session } = await openAtOtherPrice("CS-2");
    await passMinutes(3);
    expect([await isLive(session), (await endOf(session)).status]).to.deep.equal([true, "unservable"]);
    await chain.changeReleaser(relayer.address, true);
    await passMinutes(3);
    expect(await isLive(session)).to.equal(false);
  });

  it("stays where energy flowed all the same", async function () {
    const { point, session } = await openAtOtherPrice("CS-3");
    await chain.changeReleaser(relayer.address, false);
    await world.settle();
    const charger = await world.reconnect("CS-3", "ocpp1.6");
    const transactionId = await start16(world, charger, { idTag: session.idTag });
    await stop16(world, charger, { transactionId, atSeconds: 300, meterStop: 2_000 });
    await chain.changeReleaser(relayer.address, true);
    await passMinutes(3);
    expect(point.evse).to.equal(session.terms.evse);
    expect([await isLive(session), (await endOf(session)).status]).to.deep.equal([true, "held"]);
  });

  it("stays where the meter of its charger may be its only witness", async function () {
    const point = await chain.addChargingPoint();
    const session = await chain.openSession(point, { tariff: cheap });
    await passMinutes(3);
    expect(await isLive(session)).to.equal(true);
  });

  it("comes back where the charger did not begin and the tariff charges without energy", async function () {
    const point = await chain.addChargingPoint();
    await registerStation(world.service.store, "CS-5", { evses: [point.evse], tariffs: [withoutEnergy] });
    const charger = await world.reconnect("CS-5", "ocpp2.0.1");
    charger.answers = ({ action }) =>
      action === "GetTransactionStatus" ? { messagesInQueue: false } : { status: "Rejected" };
    const session = await chain.openSession(point, { tariff: withoutEnergy });
    const free = await chain.readFree(session);
    await passMinutes(20);
    expect(await endOf(session)).to.deep.include({ status: "expired", closing: "expired" });
    expect(await chain.readFree(session)).to.equal(free + session.terms.holdMicro);
  });

  it("is settled at nothing where the charger did not begin and the tariff charges for energy alone", async function () {
    const { session, point } = await openPlace(chain, world);
    const charger = await world.connect("CS-6", "ocpp2.0.1", [point.evse]);
    charger.answers = ({ action }) =>
      action === "GetTransactionStatus" ? { messagesInQueue: false } : { status: "Rejected" };
    await passMinutes(20);
    expect(await endOf(session)).to.deep.include({ status: "settled", closing: "settled" });
  });
});
