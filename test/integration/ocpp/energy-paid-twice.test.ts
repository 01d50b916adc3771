import { expect } from "chai";

import type { Charger } from "../../helpers/charger.ts";
import { openChargingWorld, start16, stop16, values16, type ChargingWorld } from "../../helpers/charging-world.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../../helpers/service-chain.ts";
import { agree, central, countAlerts, tell2 } from "../../helpers/transaction-talk.ts";

const minuteMs = 60_000;

describe("Energy that would be paid twice, in part or not at all", function () {
  let chain: ServiceChain;
  let world: ChargingWorld;
  let point: ChargingPoint;
  let other: ChargingPoint;
  let session: OpenedSession;
  let charger: Charger;

  before(async function () {
    chain = await startServiceChain();
  });
  afterEach(async function () {
    await world.close();
  });
  after(async function () {
    await chain.close();
  });

  async function prepare(protocol: string, settings: Readonly<Record<string, string>> = {}): Promise<void> {
    world = await openChargingWorld(chain, settings);
    point = await chain.addChargingPoint();
    other = await chain.addChargingPoint();
    session = await open(point);
    charger = await world.connect("CS-1", protocol, [point.evse, other.evse]);
    charger.answers = () => ({ status: "Rejected" });
  }

  async function open(place: ChargingPoint): Promise<OpenedSession> {
    const opened = await chain.openSession(place);
    await world.service.synchronise();
    await agree(chain, world, opened);
    return opened;
  }

  async function show(of = session) {
    await world.settle();
    const { session: shown, cdr } = await world.show(of);
    const { state, assessment } = shown;
    return { state, energyWh: cdr?.energyWh, reasons: assessment?.reasons ?? [] };
  }
  const expectSettled = async (energyWh: string, of = session) =>
    expect(await show(of)).to.deep.include({ state: "settled", energyWh });
  async function expectHeld(reason: string, of = session): Promise<void> {
    const { state, energyWh, reasons } = await show(of);
    expect({ state, energyWh }).to.deep.equal({ state: "held", energyWh: undefined });
    expect(reasons).to.include(reason);
  }
  /** Time passes after which a session that nobody began is closed. */
  async function waitForStart(): Promise<void> {
    charger.answers = ({ action }) =>
      action === "GetTransactionStatus" ? { messagesInQueue: false } : { status: "Rejected" };
    for (let rounds = 0; rounds < 4; rounds += 1) {
      await world.settle();
      world.nowMs += 3 * minuteMs;
      const status = { connectorId: 1, errorCode: "NoError", status: "Available", timestamp: world.at(0) };
      if (is16) await charger.call("StatusNotification", status);
    }
  }
  let is16 = true;
  const foreign = (talk: { connectorId: number; meterStart: number; atSeconds?: number; idTag?: string }) =>
    start16(world, charger, { idTag: "CARD-1", ...talk });

  describe("of 1.6", function () {
    beforeEach(async function () {
      is16 = true;
      await prepare("ocpp1.6");
    });

    it("is not taken from an open transaction by a stop that names nobody", async function () {
      const elsewhere = await foreign({ connectorId: 2, meterStart: 50_000, atSeconds: -300 });
      await charger.call("StopTransaction", { transactionId: -1, meterStop: 2_500, timestamp: world.at(0) });
      await world.settle();
      const [transaction] = await world.service.store.listChargingTransactions("CS-1");
      expect([transaction?.ocppTransactionId, transaction?.isOpen]).to.deep.equal([String(elsewhere), true]);
      expect(await countAlerts(world, "ocpp-message-unmatched")).to.equal(1);
      await waitForStart();
      await expectHeld("ENERGY_UNMATCHED");
    });

    it("is not taken from it where its register would fit, while another session there may have begun", async function () {
      await foreign({ connectorId: 2, meterStart: 1_000, atSeconds: -300 });
      await charger.call("StopTransaction", { transactionId: -1, meterStop: 2_500, timestamp: world.at(0) });
      await world.settle();
      const [transaction] = await world.service.store.listChargingTransactions("CS-1");
      expect(transaction?.isOpen).to.equal(true);
      await waitForStart();
      await expectHeld("ENERGY_UNMATCHED");
    });

    it("settles once the start of such a stop arrives", async function () {
      await foreign({ connectorId: 2, meterStart: 50_000, atSeconds: -300 });
      await charger.call("StopTransaction", { transactionId: -1, meterStop: 2_500, timestamp: world.at(0) });
      await start16(world, charger, { idTag: session.idTag, atSeconds: -300 });
      await expectSettled("1500");
    });

    it("is held where a stop came without its start", async function () {
      const sampled = (seconds: number, value: string, context: string) => ({
        timestamp: world.at(seconds),
        sampledValue: [{ value, context }],
      });
      const transactionData = [sampled(-300, "1000", "Transaction.Begin"), sampled(0, "2500", "Transaction.End")];
      const stop = { transactionId: 77, meterStop: 2_500, timestamp: world.at(0), transactionData };
      await charger.call("StopTransaction", stop);
      await waitForStart();
      await expectHeld("ENERGY_UNMATCHED");
      await world.restart();
      charger = await world.reconnect("CS-1", "ocpp1.6");
      await expectHeld("ENERGY_UNMATCHED");
    });

    it("is held where values of an old transaction rise", async function () {
      const old = await foreign({ connectorId: 1, meterStart: 1_000, atSeconds: -900 });
      await stop16(world, charger, { transactionId: old, atSeconds: -600, meterStop: 1_000 });
      for (const [atSeconds, wh] of [
        [60, 1_300],
        [120, 1_600],
      ] as const) {
        world.nowMs += minuteMs;
        await values16(world, charger, { transactionId: old, atSeconds: atSeconds / 60, wh });
      }
      await waitForStart();
      await expectHeld("ENERGY_UNMATCHED");
    });

    for (const [name, sampled] of [
      ["power", { value: "18000", measurand: "Power.Active.Import", unit: "W" }],
      ["intervals", { value: "300", measurand: "Energy.Active.Import.Interval", unit: "Wh" }],
    ] as const) {
      it(`is held where only ${name} was told`, async function () {
        const meterValue = [{ timestamp: world.at(0), sampledValue: [sampled] }];
        await charger.call("MeterValues", { connectorId: 1, meterValue });
        await waitForStart();
        await expectHeld("ENERGY_UNMATCHED");
      });
    }

    it("closes with nothing where an idle outlet told what it takes for itself", async function () {
      const sampledValue = [
        { value: "12", measurand: "Power.Active.Import", unit: "W" },
        { value: "1000", unit: "Wh" },
      ];
      await charger.call("MeterValues", { connectorId: 1, meterValue: [{ timestamp: world.at(0), sampledValue }] });
      await waitForStart();
      await expectSettled("0");
    });

    it("is held where somebody else's start was live and minutes behind", async function () {
      const transactionId = await foreign({ connectorId: 1, meterStart: 1_000, atSeconds: -900 });
      world.nowMs += 5 * minuteMs;
      await stop16(world, charger, { transactionId, atSeconds: -900, meterStop: 2_500 });
      await waitForStart();
      await expectHeld("OPEN_TRANSACTION_AT_EVSE");
    });

    it("is not held by what was queued from before", async function () {
      const transactionId = await foreign({ connectorId: 1, meterStart: 1_000, atSeconds: -7_200 });
      await stop16(world, charger, { transactionId, atSeconds: -3_600, meterStop: 2_500 });
      await waitForStart();
      await expectSettled("0");
    });

    it("is held where a session begins at a register that was paid before", async function () {
      const first = await start16(world, charger, { idTag: session.idTag, atSeconds: -600 });
      await stop16(world, charger, { transactionId: first, atSeconds: -300, meterStop: 2_500 });
      await expectSettled("1500");
      const next = await open(point);
      const second = await start16(world, charger, { idTag: next.idTag, meterStart: 1_000, atSeconds: -240 });
      await stop16(world, charger, { transactionId: second, atSeconds: 0, meterStop: 4_000 });
      await expectHeld("REGISTER_COUNTED_TWICE", next);
      const last = await open(point);
      const third = await start16(world, charger, { idTag: last.idTag, meterStart: 4_000, atSeconds: 10 });
      await stop16(world, charger, { transactionId: third, atSeconds: 300, meterStop: 5_500 });
      await expectSettled("1500", last);
    });

    it("is held where a begin of 0 leaps", async function () {
      const transactionId = await start16(world, charger, { idTag: session.idTag, meterStart: 0, atSeconds: -300 });
      for (const [atSeconds, wh] of [
        [-120, 1_300],
        [-60, 1_600],
      ] as const) {
        await values16(world, charger, { transactionId, atSeconds, wh });
      }
      await stop16(world, charger, { transactionId, atSeconds: 0, meterStop: 1_900 });
      await expectHeld("ZERO_BEGIN_UNPROVEN");
    });

    it("is held where its stop is missing and the end was told after the last reading", async function () {
      const transactionId = await start16(world, charger, { idTag: session.idTag, atSeconds: -300 });
      await values16(world, charger, { transactionId, atSeconds: -180, wh: 1_600 });
      const status = { connectorId: 1, errorCode: "NoError", status: "Available", timestamp: world.at(0) };
      await charger.call("StatusNotification", status);
      world.nowMs += 7 * 3_600_000;
      await expectHeld("END_UNCOVERED");
    });
  });

  describe("of 2.0.1", function () {
    beforeEach(async function () {
      is16 = false;
      await prepare("ocpp2.0.1");
    });

    it("is each one's own where one transaction id is used at two EVSEs", async function () {
      const second = await open(other);
      const names = (evse: number, of: OpenedSession) => ({ evse, idToken: central(of.idTag) });
      await tell2(world, charger, { type: "Started", seqNo: 0, atSeconds: -300, wh: 1_000, ...names(1, session) });
      await tell2(world, charger, { type: "Started", seqNo: 0, atSeconds: -200, wh: 5_000, ...names(2, second) });
      await tell2(world, charger, { type: "Ended", seqNo: 1, atSeconds: -10, wh: 2_500, evse: 1 });
      await tell2(world, charger, { type: "Ended", seqNo: 1, atSeconds: 0, wh: 5_900, evse: 2 });
      await expectSettled("1500");
      await expectSettled("900", second);
    });

    it("is held where they leave out at which", async function () {
      const second = await open(other);
      const names = (evse: number, of: OpenedSession) => ({ evse, idToken: central(of.idTag) });
      await tell2(world, charger, { type: "Started", seqNo: 0, atSeconds: -300, wh: 1_000, ...names(1, session) });
      await tell2(world, charger, { type: "Started", seqNo: 0, atSeconds: -200, wh: 1_500, ...names(2, second) });
      await tell2(world, charger, { type: "Ended", seqNo: 1, atSeconds: 0, wh: 2_500 });
      await tell2(world, charger, { type: "Ended", seqNo: 1, atSeconds: 0, wh: 2_500, evse: 1 });
      await expectHeld("TRANSACTION_ID_SHARED");
      await expectHeld("TRANSACTION_ID_SHARED", second);
    });
  });

  describe("in what comes at once after the first stop", function () {
    beforeEach(async function () {
      is16 = true;
      await prepare("ocpp1.6", { WATTPROOF_LATE_MESSAGES_QUIET_MS: "60000" });
    });
    const begin = () => start16(world, charger, { idTag: session.idTag, atSeconds: -300 });
    const stop = (transactionId: number, meterStop: number, atSeconds = 0) =>
      stop16(world, charger, { transactionId, atSeconds, meterStop });
    async function expectWaiting(): Promise<void> {
      expect(await show()).to.deep.include({ state: "charging", energyWh: undefined });
    }

    it("settles after a quiet minute, also where the service was restarted in between", async function () {
      await stop(await begin(), 2_500);
      await expectWaiting();
      world.nowMs += minuteMs / 2;
      await world.restart();
      await expectWaiting();
      world.nowMs += minuteMs / 2 - 1;
      await expectWaiting();
      world.nowMs += 1;
      await expectSettled("1500");
    });

    it("disputes with a second stop, however little the first one told", async function () {
      for (const meterStop of [1_000, 1_100]) {
        const transactionId = await begin();
        await stop(transactionId, meterStop, -100);
        await expectWaiting();
        world.nowMs += 1_000;
        await stop(transactionId, 2_500);
        await expectWaiting();
        world.nowMs += minuteMs;
        const { state, energyWh } = await show();
        expect({ state, energyWh }).to.deep.equal({ state: "disputed", energyWh: undefined });
        await world.close();
        await prepare("ocpp1.6", { WATTPROOF_LATE_MESSAGES_QUIET_MS: "60000" });
      }
    });

    it("is held with a second transaction of the session", async function () {
      await stop(await begin(), 1_600, -200);
      await expectWaiting();
      const payload = { connectorId: 1, idTag: session.idTag, meterStart: 1_600, timestamp: world.at(-199) };
      const answer = await charger.call("StartTransaction", payload);
      await stop(Number(answer["transactionId"]), 2_500);
      await expectWaiting();
      world.nowMs += minuteMs;
      await expectHeld("SESSION_CONTINUED_ELSEWHERE");
    });
  });
});
