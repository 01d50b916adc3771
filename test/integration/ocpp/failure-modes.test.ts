import { expect } from "chai";

import { addStation, post } from "../../helpers/running-service.ts";
import {
  openChargingWorld,
  openPlace,
  start16,
  stop16,
  values16,
  type ChargingWorld,
} from "../../helpers/charging-world.ts";
import { startServiceChain, type ServiceChain } from "../../helpers/service-chain.ts";

/** The transactions of these tests deliver 1,500 Wh in four minutes, which 150 kW can. */
const seconds = 240;

describe("The failure modes of chargers, over real sockets into a real store", function () {
  let chain: ServiceChain;
  let world: ChargingWorld;

  before(async function () {
    chain = await startServiceChain();
  });
  beforeEach(async function () {
    world = await openChargingWorld(chain);
  });
  afterEach(async function () {
    await world.close();
  });
  after(async function () {
    await chain.close();
  });

  /** What the meter signs of a session that begins now. */
  function recordOf({ point, session }: Awaited<ReturnType<typeof openPlace>>, energyMicroWh = 1_500_000_000n) {
    const beginSeconds = Math.floor(world.nowMs / 1_000);
    const signed = { idTag: session.idTag, energyMicroWh, beginSeconds, endSeconds: beginSeconds + seconds };
    return point.device.record(signed);
  }

  it("1: gives a repeated start its transaction again, and takes a repeated stop for the first", async function () {
    const place = await openPlace(chain, world);
    const charger = await world.connect("CS-1", "ocpp1.6", [place.point.evse]);
    const { idTag } = place.session;
    const transactionId = await start16(world, charger, { idTag });
    expect(await start16(world, charger, { idTag })).to.equal(transactionId);
    const stop = { transactionId, atSeconds: seconds, meterStop: 2_500, record: recordOf(place) };
    await stop16(world, charger, stop);
    await stop16(world, charger, stop);
    await world.settle();
    await stop16(world, charger, stop);
    await world.settle();
    const shown = await world.show(place.session);
    expect(shown.session).to.deep.include({ state: "settled" });
    expect(shown.session.assessment).to.deep.include({ grade: "meter-signed-bound", energyWh: "1500", flags: [] });
    expect(shown.records).to.have.length(1);
    expect(await world.service.store.listChargingTransactions("CS-1")).to.have.length(1);
  });

  it("1: keeps another, later stop as a flag and settles nothing again", async function () {
    const place = await openPlace(chain, world);
    const charger = await world.connect("CS-1", "ocpp1.6", [place.point.evse]);
    const transactionId = await start16(world, charger, { idTag: place.session.idTag });
    await stop16(world, charger, { transactionId, atSeconds: seconds, meterStop: 2_500, record: recordOf(place) });
    await world.settle();
    await stop16(world, charger, { transactionId, atSeconds: seconds + 60, meterStop: 9_999 });
    await world.settle();
    const shown = await world.show(place.session);
    expect(shown.session.state).to.equal("settled");
    expect(shown.session.closing?.energyMicroWh).to.equal("1500000000");
    expect(shown.session.assessment?.flags).to.include("LATE_MESSAGE");
    expect(shown.cdr?.energyWh).to.equal("1500");
  });

  it("2: goes on after a restart with what was acknowledged before it", async function () {
    const place = await openPlace(chain, world);
    const charger = await world.connect("CS-1", "ocpp1.6", [place.point.evse]);
    const transactionId = await start16(world, charger, { idTag: place.session.idTag });
    await values16(world, charger, { transactionId, atSeconds: 120, wh: 1_700 });
    await world.restart();
    const again = await world.reconnect("CS-1", "ocpp1.6");
    await stop16(world, again, { transactionId, atSeconds: seconds, meterStop: 2_500, record: recordOf(place) });
    await world.settle();
    const [transaction] = await world.service.store.listChargingTransactions("CS-1");
    expect(await world.service.store.listTransactionFrames(transaction?.ordinal ?? 0)).to.have.length(3);
    expect((await world.show(place.session)).session).to.deep.include({ state: "settled" });
  });

  it("3: takes a whole session that was offline, in one burst and hours late", async function () {
    const place = await openPlace(chain, world);
    const charger = await world.connect("CS-1", "ocpp1.6", [place.point.evse]);
    const record = recordOf(place);
    const late = { ...world, at: (offset: number) => new Date(world.nowMs + (offset - 7_200) * 1_000).toISOString() };
    for (const status of ["Preparing", "Charging", "Available"]) {
      await charger.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status });
    }
    const transactionId = await start16(late, charger, { idTag: place.session.idTag });
    await values16(late, charger, { transactionId, atSeconds: 120, wh: 1_700 });
    await stop16(late, charger, { transactionId, atSeconds: seconds, meterStop: 2_500 });
    await world.settle();
    const held = await world.show(place.session);
    expect(held.session.assessment).to.deep.include({
      grade: "plausible-unsigned",
      energyWh: "1500",
      hold: "CAP_NOT_AGREED",
      flags: ["CLOCK_BEHIND_OR_REPLAYED"],
    });
    expect(held.session.state).to.equal("held");
    // What the meter signed comes through another door, and settles.
    const station = await addStation(world.service.store, "CS-1", [place.point.evse]);
    expect((await post(world.service.url, station, record)).status).to.equal(200);
    await world.settle();
    expect((await world.show(place.session)).session).to.deep.include({ state: "settled" });
  });

  it("4: counts readings once, whatever their order, and none after the session was settled", async function () {
    const place = await openPlace(chain, world);
    const charger = await world.connect("CS-1", "ocpp2.0.1", [place.point.evse]);
    const event = (eventType: string, seqNo: number, atSeconds: number, value: number, more: object = {}) => ({
      eventType,
      seqNo,
      timestamp: world.at(atSeconds),
      triggerReason: "MeterValuePeriodic",
      transactionInfo: { transactionId: "T-1" },
      meterValue: [{ timestamp: world.at(atSeconds), sampledValue: [{ value, ...more }] }],
    });
    const idToken = { idToken: place.session.idTag, type: "Central" };
    const started = { ...event("Started", 0, 0, 1_000, { context: "Transaction.Begin" }), evse: { id: 1 }, idToken };
    await charger.call("TransactionEvent", event("Updated", 2, 160, 1_900));
    await charger.call("TransactionEvent", event("Updated", 1, 80, 1_400));
    await charger.call("TransactionEvent", event("Updated", 1, 80, 1_400));
    await charger.call("TransactionEvent", started);
    const signature = await chain.signConsent(place.session, 5_000_000n);
    await putConsent(place.session.sessionId, "5000000", signature);
    await charger.call("TransactionEvent", event("Ended", 3, seconds, 2_500, { context: "Transaction.End" }));
    await world.settle();
    const settled = await world.show(place.session);
    expect(settled.session).to.deep.include({ state: "settled" });
    expect(settled.session.assessment).to.deep.include({ grade: "plausible-unsigned", energyWh: "1500", flags: [] });

    // One alone would be set aside, because its neighbours agree.
    await charger.call("TransactionEvent", event("Updated", 4, 230, 99_999));
    await charger.call("TransactionEvent", event("Updated", 5, 231, 99_999));
    await world.settle();
    const later = await world.show(place.session);
    expect(later.session.closing).to.deep.equal(settled.session.closing);
    expect(later.session.assessment?.flags).to.include.members(["LATE_MESSAGE", "LATE_CONTRADICTION"]);
  });

  async function putConsent(sessionId: string, capMicro: string, signature: string) {
    const url = `${world.service.url}/v1/sessions/${sessionId}/unsigned-energy-consent`;
    const response = await fetch(url, { method: "PUT", body: JSON.stringify({ capMicro, signature }) });
    return { status: response.status, body: await response.json() };
  }

  it("5: takes a step back for a rollover only at the EVSE whose modulus is set", async function () {
    const points = [await chain.addChargingPoint(), await chain.addChargingPoint()] as const;
    const own = await openChargingWorld(chain, { WATTPROOF_REGISTER_MODULI_WH: `${points[0].evse} 1000000` });
    const charger = await own.connect("CS-1", "ocpp1.6", [points[0].evse, points[1].evse]);
    const assessments = [];
    for (const [index, point] of points.entries()) {
      const session = await chain.openSession(point);
      await own.service.synchronise();
      const talk = { connectorId: index + 1, idTag: session.idTag, meterStart: 999_500 };
      const transactionId = await start16(own, charger, talk);
      await stop16(own, charger, { transactionId, atSeconds: 600, meterStop: 500 });
      await own.settle();
      assessments.push((await own.show(session)).session.assessment);
    }
    await own.close();
    expect(assessments[0]).to.deep.include({ energyWh: "1000", grade: "plausible-unsigned" });
    expect(assessments[1]).to.deep.include({ grade: "disputed" });
  });

  it("7: asks a silent charger whose connector is free, and settles on the last reading after the grace", async function () {
    const place = await openPlace(chain, world);
    const charger = await world.connect("CS-1", "ocpp1.6", [place.point.evse]);
    const transactionId = await start16(world, charger, { idTag: place.session.idTag });
    await putConsent(place.session.sessionId, "9000000", await chain.signConsent(place.session, 9_000_000n));
    world.nowMs += seconds * 1_000;
    await values16(world, charger, { transactionId, atSeconds: 0, wh: 2_500 });
    world.nowMs += 10_000;
    const status = { connectorId: 1, errorCode: "NoError", status: "Available", timestamp: world.at(0) };
    await charger.call("StatusNotification", status);
    await world.settle();
    expect(charger.taken.map(({ action }) => action)).to.deep.equal([]);

    world.nowMs += 20 * 60_000;
    await world.settle();
    expect(charger.taken).to.deep.equal([
      { action: "TriggerMessage", payload: { requestedMessage: "MeterValues", connectorId: 1 } },
    ]);
    expect((await world.show(place.session)).session.state).to.equal("charging");

    world.nowMs += 7 * 3_600_000;
    await world.settle();
    await world.settle();
    const shown = await world.show(place.session);
    expect(shown.session.state).to.equal("settled");
    expect(shown.session.assessment).to.deep.include({ energyWh: "1500", hold: null });
    expect(shown.session.assessment?.flags).to.include("STOP_MISSING");
  });

  it("7: takes a charger of 2.x at its word that a transaction is over, and charges nothing for one reading", async function () {
    const place = await openPlace(chain, world);
    const charger = await world.connect("CS-1", "ocpp2.1", [place.point.evse]);
    charger.answers = ({ action }) =>
      action === "GetTransactionStatus" ? { ongoingIndicator: false, messagesInQueue: false } : { status: "Accepted" };
    await charger.call("TransactionEvent", {
      eventType: "Started",
      seqNo: 0,
      timestamp: world.at(0),
      triggerReason: "RemoteStart",
      transactionInfo: { transactionId: "T-1" },
      evse: { id: 1, connectorId: 1 },
      idToken: { idToken: place.session.idTag, type: "Central" },
      meterValue: [{ timestamp: world.at(0), sampledValue: [{ value: 1_000, context: "Transaction.Begin" }] }],
    });
    world.nowMs += 60_000;
    await charger.call("BootNotification", { reason: "PowerUp", chargingStation: { vendorName: "V", model: "M" } });
    world.nowMs += 20 * 60_000;
    await world.settle();
    expect(charger.taken).to.deep.equal([{ action: "GetTransactionStatus", payload: { transactionId: "T-1" } }]);
    const shown = await world.show(place.session);
    expect(shown.session.state).to.equal("disputed");
    expect(shown.session.assessment).to.deep.include({ reasons: ["SINGLE_READING"], hold: "DISPUTED" });
    expect(shown.session.closing).to.equal(null);
  });

  it("13: lets a transaction go on after its charger has booted", async function () {
    const place = await openPlace(chain, world);
    const charger = await world.connect("CS-1", "ocpp1.6", [place.point.evse]);
    const transactionId = await start16(world, charger, { idTag: place.session.idTag });
    await charger.close();
    world.nowMs += 200_000;
    const again = await world.reconnect("CS-1", "ocpp1.6");
    await again.call("BootNotification", { chargePointVendor: "V", chargePointModel: "M" });
    await values16(world, again, { transactionId, atSeconds: 100, wh: 1_700 });
    world.nowMs += 1_200_000;
    await world.settle();
    expect((await world.show(place.session)).session.state).to.equal("charging");
    await stop16(world, again, { transactionId, atSeconds: 0, meterStop: 2_500 });
    await world.settle();
    const { assessment } = (await world.show(place.session)).session;
    expect(assessment).to.deep.include({ grade: "plausible-unsigned", energyWh: "1500" });
    expect(assessment?.flags).to.include("STATION_REBOOTED");
  });

  it("14: matches a stop without a usable id within its own charger, and stops nobody else's", async function () {
    const [first, second] = [await openPlace(chain, world), await openPlace(chain, world)];
    const one = await world.connect("CS-1", "ocpp1.6", [first.point.evse]);
    const other = await world.connect("CS-2", "ocpp1.6", [second.point.evse]);
    const firstId = await start16(world, one, { idTag: first.session.idTag });
    const secondId = await start16(world, other, { idTag: second.session.idTag });
    expect(firstId)
      .to.be.within(1, 2 ** 31 - 1)
      .and.not.equal(secondId);
    // The other charger's id means nothing here; only one transaction can be meant.
    await stop16(world, one, { transactionId: -1, atSeconds: seconds, meterStop: 2_500, record: recordOf(first) });
    await stop16(world, one, { transactionId: secondId, atSeconds: seconds + 1, meterStop: 2_500 });
    await world.settle();
    expect((await world.show(first.session)).session.state).to.equal("settled");
    const untouched = await world.show(second.session);
    expect(untouched.session.state).to.equal("charging");
    expect(untouched.ocppTransaction).to.deep.include({ ocppTransactionId: String(secondId), isOpen: true });
  });

  it("15: keeps the transactions of several connectors apart", async function () {
    const [left, right] = [await openPlace(chain, world), await openPlace(chain, world)];
    const charger = await world.connect("CS-1", "ocpp1.6", [left.point.evse, right.point.evse]);
    const leftId = await start16(world, charger, { connectorId: 1, idTag: left.session.idTag });
    // An idTag is of one EVSE: at the other connector it starts nothing.
    const wrong = { connectorId: 1, idTag: right.session.idTag, atSeconds: 1 };
    await start16(world, charger, wrong);
    const rightId = await start16(world, charger, { connectorId: 2, idTag: right.session.idTag, meterStart: 70_000 });
    await values16(world, charger, { connectorId: 0, transactionId: leftId, atSeconds: 120, wh: 71_700 });
    const end = { atSeconds: seconds };
    await stop16(world, charger, {
      ...end,
      transactionId: rightId,
      meterStop: 71_000,
      record: recordOf(right, 1_000_000_000n),
    });
    await stop16(world, charger, { ...end, transactionId: leftId, meterStop: 2_500, record: recordOf(left) });
    await world.settle();
    expect((await world.show(left.session)).session.closing?.energyMicroWh).to.equal("1500000000");
    expect((await world.show(right.session)).session.closing?.energyMicroWh).to.equal("1000000000");
  });

  it("17: lets a charger write to its own sessions alone", async function () {
    const place = await openPlace(chain, world);
    const foreign = await openPlace(chain, world);
    await world.connect("CS-1", "ocpp1.6", [place.point.evse]);
    const thief = await world.connect("CS-2", "ocpp1.6", [foreign.point.evse]);
    const transactionId = await start16(world, thief, { idTag: place.session.idTag });
    await stop16(world, thief, { transactionId, atSeconds: seconds, meterStop: 2_500, record: recordOf(place) });
    await world.settle();
    const shown = await world.show(place.session);
    expect(shown.session).to.deep.include({ state: "opened", assessment: null });
    expect(shown.records).to.deep.equal([]);
    expect(shown.ocppTransaction).to.equal(null);
  });

  for (const isHttpFirst of [true, false]) {
    const order = isHttpFirst ? "by HTTP first" : "over OCPP first";
    it(`18: counts what the meter signed once when it comes through both doors, ${order}`, async function () {
      const place = await openPlace(chain, world);
      const charger = await world.connect("CS-1", "ocpp1.6", [place.point.evse]);
      const transactionId = await start16(world, charger, { idTag: place.session.idTag });
      const record = recordOf(place);
      const http = await addStation(world.service.store, "CS-1-HTTP", [place.point.evse]);
      const creditBefore = await chain.readCredit();
      const doors = [
        () => post(world.service.url, http, record),
        () => stop16(world, charger, { transactionId, atSeconds: seconds, meterStop: 2_500, record }),
      ];
      for (const door of isHttpFirst ? doors : doors.toReversed()) {
        await door();
        await world.settle();
      }
      const shown = await world.show(place.session);
      expect(shown.session.state).to.equal("settled");
      expect(shown.session.assessment?.flags).to.deep.equal([]);
      expect(shown.records).to.have.length(1);
      const charged = BigInt(shown.session.closing?.chargedMicro ?? "0");
      expect(await chain.readCredit()).to.equal(creditBefore + charged);
    });
  }

  it("18: takes a signed value that counts in another session for a replay, and disputes", async function () {
    const first = await openPlace(chain, world);
    const charger = await world.connect("CS-1", "ocpp1.6", [first.point.evse]);
    // A meter that signs no idTag, so that its record could be of any session.
    const beginSeconds = Math.floor(world.nowMs / 1_000);
    const signed = { idTag: "", energyMicroWh: 1_500_000_000n, beginSeconds, endSeconds: beginSeconds + seconds };
    const record = first.point.device.record(signed);
    const firstId = await start16(world, charger, { idTag: first.session.idTag });
    await stop16(world, charger, { transactionId: firstId, atSeconds: seconds, meterStop: 2_500, record });
    await world.settle();
    expect((await world.show(first.session)).session.assessment).to.deep.include({ grade: "meter-signed", hold: null });

    const session = await chain.openSession(first.point);
    await world.service.synchronise();
    const secondId = await start16(world, charger, { idTag: session.idTag, atSeconds: 700, meterStart: 2_500 });
    await stop16(world, charger, { transactionId: secondId, atSeconds: 1_300, meterStop: 4_000, record });
    await world.settle();
    const shown = await world.show(session);
    expect(shown.session.state).to.equal("disputed");
    expect(shown.session.assessment?.reasons).to.include("SIGNED_RECORD_REPLAYED");
    expect(shown.session.dispute).to.deep.equal({ reason: "SIGNED_RECORD_REPLAYED", isFinal: true });
  });
});
