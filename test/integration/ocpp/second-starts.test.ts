import { expect } from "chai";

import type { Charger } from "../../helpers/charger.ts";
import { openChargingWorld, openPlace, stop16, values16, type ChargingWorld } from "../../helpers/charging-world.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../../helpers/service-chain.ts";
import { agree, central, countAlerts, tell2 } from "../../helpers/transaction-talk.ts";

describe("Second starts for a session that has its transaction", function () {
  let chain: ServiceChain;
  let world: ChargingWorld;
  let session: OpenedSession;
  let point: ChargingPoint;
  let other: ChargingPoint;
  let charger: Charger;

  before(async function () {
    chain = await startServiceChain();
    other = await chain.addChargingPoint();
  });
  beforeEach(async function () {
    world = await openChargingWorld(chain);
    ({ session, point } = await openPlace(chain, world));
    await agree(chain, world, session);
    charger = await connect("ocpp1.6");
  });
  afterEach(async function () {
    await world.close();
  });
  after(async function () {
    await chain.close();
  });

  async function connect(protocol: string): Promise<Charger> {
    const connected = await world.connect("CS-1", protocol, [point.evse, other.evse]);
    connected.answers = () => ({ status: "Rejected" });
    return connected;
  }

  async function start(talk: { atSeconds: number; meterStart: number; connectorId?: number; idTag?: string }) {
    const { atSeconds, meterStart, connectorId = 1, idTag = session.idTag } = talk;
    const payload = { connectorId, idTag, meterStart, timestamp: world.at(atSeconds) };
    const answer = await charger.call("StartTransaction", payload);
    const { status } = answer["idTagInfo"] as { readonly status: string };
    return { transactionId: Number(answer["transactionId"]), status };
  }

  const stop = (transactionId: number, atSeconds: number, meterStop: number) =>
    stop16(world, charger, { transactionId, atSeconds, meterStop });

  async function expectSettled(energyWh: string): Promise<void> {
    await world.settle();
    const shown = await world.show(session);
    expect(shown.session).to.have.nested.include({ state: "settled", "assessment.energyWh": energyWh });
  }

  async function expectHeld(reason = "SESSION_CONTINUED_ELSEWHERE"): Promise<void> {
    await world.settle();
    const { session: shown, cdr } = await world.show(session);
    expect(shown).to.have.nested.include({ state: "held", "assessment.hold": "UNRESOLVED" });
    expect(shown.assessment?.reasons).to.include(reason);
    expect(cdr).to.equal(null);
  }

  it("are one start where only their time differs, as often as they come", async function () {
    const first = await start({ atSeconds: 0, meterStart: 1_000 });
    const second = await start({ atSeconds: 40, meterStart: 1_000 });
    expect(second).to.deep.equal(first);
    expect(await start({ atSeconds: 80, meterStart: 1_000, idTag: session.idTag.toLowerCase() })).to.deep.equal(first);
    await values16(world, charger, { transactionId: second.transactionId, atSeconds: 120, wh: 1_600 });
    await stop(second.transactionId, 240, 2_500);
    // One that was sent before the stop comes once more.
    expect(await start({ atSeconds: 40, meterStart: 1_000 })).to.deep.equal(first);
    await expectSettled("1500");
    expect((await world.show(session)).session.assessment?.flags).to.include("START_RETRIED");
    expect(await world.service.store.listChargingTransactions("CS-1")).to.have.length(1);
  });

  it("are accepted if the first came before the session was known", async function () {
    const unknown = await chain.addChargingPoint();
    await charger.close();
    charger = await world.connect("CS-3", "ocpp1.6", [unknown.evse]);
    charger.answers = () => ({ status: "Rejected" });
    const later = await chain.openSession(unknown);
    const early = await start({ atSeconds: 0, meterStart: 1_000, idTag: later.idTag });
    expect(early.status).to.equal("Invalid");
    await world.settle();
    const again = await start({ atSeconds: 40, meterStart: 1_000, idTag: later.idTag });
    expect(again).to.deep.equal({ transactionId: early.transactionId, status: "Accepted" });
  });

  it("keep the session from settling whatever flows in them, in whatever order they end", async function () {
    const first = await start({ atSeconds: 0, meterStart: 1_000 });
    await values16(world, charger, { transactionId: first.transactionId, atSeconds: 80, wh: 1_500 });
    const second = await start({ atSeconds: 90, meterStart: 1_600 });
    expect(second.status).to.equal("ConcurrentTx");
    expect(second.transactionId).not.to.equal(first.transactionId);
    await charger.call("StopTransaction", {
      ...{ transactionId: first.transactionId, meterStop: 1_600, timestamp: world.at(89), reason: "PowerLoss" },
    });
    await expectHeld();
    await stop(second.transactionId, 240, 2_500);
    await expectHeld();
    world.nowMs += 86_400_000 / 2;
    await expectHeld();
  });

  it("keep it from settling when they end before it", async function () {
    const first = await start({ atSeconds: 0, meterStart: 1_000 });
    const second = await start({ atSeconds: 90, meterStart: 1_600 });
    await stop(second.transactionId, 240, 2_500);
    await stop(first.transactionId, 241, 1_600);
    await expectHeld();
  });

  it("let it settle once they ended with nothing", async function () {
    const first = await start({ atSeconds: 0, meterStart: 1_000 });
    const second = await start({ atSeconds: 90, meterStart: 1_600 });
    await stop(first.transactionId, 240, 2_500);
    await expectHeld();
    await stop(second.transactionId, 241, 1_600);
    await expectSettled("1500");
  });

  it("are told no, and told to the operator once, after the first ended and while it is held", async function () {
    const first = await start({ atSeconds: 0, meterStart: 1_000 });
    const second = await start({ atSeconds: 90, meterStart: 1_600 });
    await stop(first.transactionId, 95, 1_600);
    await stop(second.transactionId, 240, 2_500);
    for (let rounds = 0; rounds < 20; rounds += 1) await world.settle();
    expect(await countAlerts(world, "ocpp-session-taken")).to.equal(1);
    expect(await countAlerts(world, "session-held")).to.equal(1);
    expect((await start({ atSeconds: 300, meterStart: 2_500 })).status).to.equal("Invalid");
    const authorize = await charger.call("Authorize", { idTag: session.idTag });
    expect(authorize["idTagInfo"]).to.deep.equal({ status: "Invalid" });
    await world.restart();
    for (let rounds = 0; rounds < 5; rounds += 1) await world.settle();
    // Of the third start, which nobody told before.
    expect(await countAlerts(world, "ocpp-session-taken")).to.be.at.most(1);
  });

  it("are told no after the session was settled", async function () {
    const first = await start({ atSeconds: 0, meterStart: 1_000 });
    await stop(first.transactionId, 240, 2_500);
    await expectSettled("1500");
    expect((await start({ atSeconds: 300, meterStart: 2_500 })).status).to.equal("Invalid");
  });

  it("at another connector or station are told no, and keep the session open", async function () {
    const elsewhere = await start({ atSeconds: 0, meterStart: 500, connectorId: 2 });
    expect(elsewhere.status).to.equal("Invalid");
    const first = await start({ atSeconds: 0, meterStart: 1_000 });
    expect(first.status).to.equal("Accepted");
    await stop(elsewhere.transactionId, 230, 900);
    await stop(first.transactionId, 240, 2_500);
    await expectHeld();
  });

  it("of a charger of 2.x are told so in its words, and hold the session", async function () {
    await charger.close();
    charger = await connect("ocpp2.0.1");
    const idToken = central(session.idTag);
    const started = { type: "Started", seqNo: 0, evse: 1, idToken } as const;
    expect(await tell2(world, charger, { ...started, atSeconds: 0, wh: 1_000 })).to.equal("Accepted");
    const second = { ...started, transactionId: "T-2", atSeconds: 90, wh: 1_600 };
    expect(await tell2(world, charger, second)).to.equal("ConcurrentTx");
    expect(await tell2(world, charger, second)).to.equal("ConcurrentTx");
    await tell2(world, charger, { type: "Ended", seqNo: 1, atSeconds: 91, wh: 1_600 });
    await expectHeld();
    await tell2(world, charger, { type: "Ended", seqNo: 1, atSeconds: 240, wh: 2_500, transactionId: "T-2" });
    await expectHeld();
  });

  it("hold the session where a transaction that names no EVSE goes on beside it", async function () {
    await charger.close();
    charger = await connect("ocpp2.0.1");
    const placeless = { transactionId: "T-9", type: "Started", seqNo: 0, atSeconds: 5, wh: 1_000 } as const;
    await tell2(world, charger, placeless);
    const idToken = central(session.idTag);
    await tell2(world, charger, { type: "Started", seqNo: 0, evse: 1, idToken, atSeconds: 10, wh: 1_000 });
    await tell2(world, charger, { type: "Ended", seqNo: 1, atSeconds: 240, wh: 1_000 });
    await expectHeld("OPEN_TRANSACTION_AT_EVSE");
  });

  it("are nothing of the session's where another card began and delivered nothing", async function () {
    const card = await start({ atSeconds: 0, meterStart: 1_000, idTag: "DEADBEEF" });
    expect(card.status).to.equal("Invalid");
    await stop(card.transactionId, 5, 1_000);
    const first = await start({ atSeconds: 10, meterStart: 1_000 });
    await stop(first.transactionId, 240, 2_500);
    await expectSettled("1500");
  });

  it("hold the session where another card charged at its EVSE meanwhile", async function () {
    const first = await start({ atSeconds: 0, meterStart: 1_000 });
    const card = await start({ atSeconds: 60, meterStart: 1_300, idTag: "DEADBEEF" });
    await stop(first.transactionId, 240, 2_500);
    await expectHeld("OPEN_TRANSACTION_AT_EVSE");
    await stop(card.transactionId, 241, 1_300);
    await expectSettled("1500");
  });

  it("leave alone what charged at the EVSE before the session was there, and after it", async function () {
    const before = await start({ atSeconds: -3_600, meterStart: 0, idTag: "DEADBEEF" });
    await stop(before.transactionId, -600, 1_000);
    await world.settle();
    const next = await chain.openSession(point);
    world.nowMs += 3_600_000;
    await world.settle();
    const first = await start({ atSeconds: 0, meterStart: 1_000, idTag: next.idTag });
    await stop(first.transactionId, 240, 2_500);
    const after = await start({ atSeconds: 300, meterStart: 2_500, idTag: "DEADBEEF" });
    await stop(after.transactionId, 500, 3_000);
    await world.settle();
    expect((await world.show(next)).session.assessment).to.deep.include({ hold: "CAP_NOT_AGREED", energyWh: "1500" });
  });
});

describe("Energy outside of transactions", function () {
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

  for (const [protocol, named] of [
    ["ocpp1.6", {}],
    ["ocpp1.6", { transactionId: 77 }],
    ["ocpp2.0.1", {}],
  ] as const) {
    const words = "transactionId" in named ? `${protocol}, under an id that nobody knows` : protocol;
    it(`holds a session that no transaction was begun for, if the register of its EVSE rose: ${words}`, async function () {
      const { session, point } = await openPlace(chain, world);
      const charger = await world.connect("CS-1", protocol, [point.evse]);
      charger.answers = ({ action }) =>
        action === "GetTransactionStatus" ? { messagesInQueue: false } : { status: "Rejected" };
      const values = async (atSeconds: number, wh: number) => {
        const place = protocol === "ocpp1.6" ? { connectorId: 1 } : { evseId: 1 };
        const value = protocol === "ocpp1.6" ? String(wh) : wh;
        const meterValue = [{ timestamp: world.at(atSeconds), sampledValue: [{ value }] }];
        await charger.call("MeterValues", { ...place, ...named, meterValue });
      };
      for (let minute = 0; minute < 5; minute += 1) await values(minute * 60, 1_000 + minute * 300);
      await world.settle();
      world.nowMs += 400_000;
      await charger
        .call("StatusNotification", statusOf(protocol))
        .catch(() => charger.call("StatusNotification", statusOf(protocol)));
      await world.settle();
      world.nowMs += 31_000;
      await world.settle();
      const { session: shown, cdr } = await world.show(session);
      expect(shown).to.have.nested.include({ state: "held", "assessment.hold": "UNRESOLVED" });
      expect(shown.assessment?.reasons).to.deep.equal(["UNSIGNED", "ENERGY_UNMATCHED"]);
      expect(cdr).to.equal(null);
      expect(await countAlerts(world, "session-held")).to.equal(1);
    });
  }

  it("is none where the register stands still, and none where a transaction explains it", async function () {
    const { session, point } = await openPlace(chain, world);
    await agree(chain, world, session);
    const charger = await world.connect("CS-1", "ocpp1.6", [point.evse]);
    charger.answers = () => ({ status: "Rejected" });
    const idle = (atSeconds: number, wh: number) =>
      charger.call("MeterValues", {
        connectorId: 1,
        meterValue: [
          { timestamp: world.at(atSeconds), sampledValue: [{ value: String(wh), context: "Sample.Clock" }] },
        ],
      });
    await idle(-3_800, 0);
    await idle(-3_700, 0);
    const begin = { connectorId: 1, idTag: "DEADBEEF", meterStart: 0, timestamp: world.at(-3_600) };
    const stranger = await charger.call("StartTransaction", begin);
    await idle(-1_800, 700);
    const end = { transactionId: stranger["transactionId"], meterStop: 1_000, timestamp: world.at(-600) };
    await charger.call("StopTransaction", end);
    await idle(-500, 1_000);
    await idle(-20, 1_000);
    const start = { connectorId: 1, idTag: session.idTag, meterStart: 1_000, timestamp: world.at(0) };
    const { transactionId } = await charger.call("StartTransaction", start);
    await charger.call("StopTransaction", { transactionId, meterStop: 2_500, timestamp: world.at(240) });
    await idle(300, 2_500);
    await world.settle();
    expect((await world.show(session)).session).to.have.nested.include({
      state: "settled",
      "assessment.energyWh": "1500",
    });
  });
});

function statusOf(protocol: string): object {
  return protocol === "ocpp1.6"
    ? { connectorId: 1, errorCode: "NoError", status: "Available" }
    : { timestamp: new Date().toISOString(), evseId: 1, connectorId: 1, connectorStatus: "Available" };
}
