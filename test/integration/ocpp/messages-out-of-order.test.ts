import { expect } from "chai";

import type { Charger } from "../../helpers/charger.ts";
import { openChargingWorld, openPlace, start16, values16, type ChargingWorld } from "../../helpers/charging-world.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../../helpers/service-chain.ts";
import { agree, central, tell2, type Talk2 } from "../../helpers/transaction-talk.ts";

const minuteMs = 60_000;

describe("Ends that overtake what came before them", function () {
  let chain: ServiceChain;
  let world: ChargingWorld;
  let session: OpenedSession;
  let point: ChargingPoint;
  let charger: Charger;

  before(async function () {
    chain = await startServiceChain();
  });
  beforeEach(async function () {
    world = await openChargingWorld(chain);
    ({ session, point } = await openPlace(chain, world));
    await agree(chain, world, session);
    charger = await world.connect("CS-1", "ocpp2.0.1", [point.evse]);
    charger.answers = () => ({ status: "Rejected" });
  });
  afterEach(async function () {
    await world.close();
  });
  after(async function () {
    await chain.close();
  });

  const tell = (talk: Talk2) => tell2(world, charger, talk);
  const names = () => ({ evse: 1, idToken: central(session.idTag) });
  const started = () => tell({ type: "Started", seqNo: 0, atSeconds: -300, wh: 1_000, ...names() });
  const updated = (seqNo: number, wh: number) => tell({ type: "Updated", seqNo, atSeconds: -300 + 60 * seqNo, wh });
  const show = async () => {
    await world.settle();
    const { session: shown, cdr } = await world.show(session);
    return {
      state: shown.state,
      hold: shown.assessment?.hold,
      energyWh: cdr?.energyWh,
      reasons: shown.assessment?.reasons,
    };
  };

  async function expectWaiting(): Promise<void> {
    expect(await show()).to.deep.include({ state: "charging", energyWh: undefined });
  }
  async function expectSettled(energyWh = "1500"): Promise<void> {
    expect(await show()).to.deep.include({ state: "settled", energyWh });
  }

  it("wait for the start and the numbers before them", async function () {
    await tell({ type: "Ended", seqNo: 4, atSeconds: 0, wh: 2_500, ...names() });
    await expectWaiting();
    world.nowMs += 5_000;
    await tell({ type: "Started", seqNo: 0, atSeconds: -305, wh: 1_000, ...names() });
    for (const [seqNo, wh] of [
      [1, 1_300],
      [2, 1_700],
      [3, 2_100],
    ] as const) {
      await tell({ type: "Updated", seqNo, atSeconds: -305 + 60 * seqNo, wh });
    }
    await expectSettled();
  });

  it("wait where the end was not measured and updates are missing", async function () {
    await started();
    await tell({ type: "Ended", seqNo: 4, atSeconds: 0 });
    await expectWaiting();
    await updated(1, 1_300);
    await expectWaiting();
    await tell({ type: "Updated", seqNo: 3, atSeconds: -5, wh: 2_500 });
    await updated(2, 1_900);
    await expectSettled();
  });

  it("go on waiting after a restart", async function () {
    await tell({ type: "Ended", seqNo: 2, atSeconds: 0, wh: 2_500, ...names() });
    await expectWaiting();
    await world.restart();
    charger = await world.reconnect("CS-1", "ocpp2.0.1");
    world.nowMs += minuteMs;
    await expectWaiting();
    await tell({ type: "Started", seqNo: 0, atSeconds: -360, wh: 1_000, ...names() });
    await tell({ type: "Updated", seqNo: 1, atSeconds: -300, wh: 1_300 });
    await expectSettled();
  });

  it("hold the session after the wait, and let it settle with what comes later still", async function () {
    await started();
    await tell({ type: "Ended", seqNo: 2, atSeconds: 0 });
    await expectWaiting();
    world.nowMs += 11 * minuteMs;
    const { state, reasons, energyWh } = await show();
    expect({ state, energyWh }).to.deep.equal({
      state: state === "disputed" ? "disputed" : "held",
      energyWh: undefined,
    });
    expect(reasons).not.to.deep.equal(["UNSIGNED"]);
    await tell({ type: "Updated", seqNo: 1, atSeconds: -660, wh: 2_500 });
    world.nowMs += minuteMs;
    await expectSettled();
  });

  it("hold it with the reason where what is known is plausible", async function () {
    await started();
    await updated(1, 1_300);
    await tell({ type: "Ended", seqNo: 4, atSeconds: 0 });
    await expectWaiting();
    world.nowMs += 11 * minuteMs;
    expect(await show()).to.deep.equal({
      ...{ state: "held", hold: "UNRESOLVED", energyWh: undefined },
      reasons: ["UNSIGNED", "MESSAGES_MISSING", "END_UNCOVERED"],
    });
  });

  it("are waited for no longer than the charger has something to send", async function () {
    let messagesInQueue = true;
    charger.answers = ({ action }) =>
      action === "GetTransactionStatus" ? { ongoingIndicator: false, messagesInQueue } : { status: "Rejected" };
    await started();
    await updated(1, 1_300);
    await tell({ type: "Ended", seqNo: 4, atSeconds: 0 });
    await expectWaiting();
    world.nowMs += 20_000;
    await expectWaiting();
    const asked = charger.taken.filter(({ action }) => action === "GetTransactionStatus");
    expect(asked).to.deep.equal([{ action: "GetTransactionStatus", payload: { transactionId: "T-1" } }]);
    messagesInQueue = false;
    world.nowMs += 20_000;
    await world.settle();
    expect(await show()).to.deep.include({ state: "held", hold: "UNRESOLVED" });
  });

  it("wait for nothing where begin and end were measured, whatever number is missing", async function () {
    await started();
    await tell({ type: "Ended", seqNo: 7, atSeconds: 0, wh: 2_500 });
    await expectSettled();
  });

  it("wait for nothing where nothing is missing", async function () {
    await started();
    await tell({ type: "Ended", seqNo: 1, atSeconds: 0, wh: 2_500 });
    await expectSettled();
  });

  it("of 1.6 with an id that means nothing find the start that comes after them, with its values", async function () {
    await charger.close();
    charger = await world.connect("CS-1", "ocpp1.6", [point.evse]);
    charger.answers = () => ({ status: "Rejected" });
    const meterValue = [{ timestamp: world.at(-200), sampledValue: [{ value: "1700" }] }];
    await charger.call("MeterValues", { connectorId: 1, meterValue });
    await charger.call("StopTransaction", { transactionId: -1, meterStop: 2_500, timestamp: world.at(0) });
    await start16(world, charger, { idTag: session.idTag, atSeconds: -300 });
    await expectSettled();
    const [transaction] = await world.service.store.listChargingTransactions("CS-1");
    expect(await world.service.store.listTransactionFrames(transaction?.ordinal ?? 0)).to.have.length(3);
    expect(await world.service.store.listStrayFrames("CS-1", 0)).to.deep.equal([]);
  });

  it("of 1.6 leave a start alone that is later than they are, or came too late for them", async function () {
    await charger.close();
    charger = await world.connect("CS-1", "ocpp1.6", [point.evse]);
    charger.answers = () => ({ status: "Rejected" });
    await charger.call("StopTransaction", { transactionId: -1, meterStop: 900, timestamp: world.at(-400) });
    await charger.call("StopTransaction", { transactionId: 0, meterStop: 2_500, timestamp: world.at(3_000) });
    world.nowMs += 2 * 3_600_000;
    await start16(world, charger, { idTag: session.idTag, atSeconds: -7_000 });
    await expectWaiting();
    const [transaction] = await world.service.store.listChargingTransactions("CS-1");
    expect(transaction?.isOpen).to.equal(true);
  });

  it("of 1.6 without a value are disputed, until values that come after them say what flowed", async function () {
    await charger.close();
    charger = await world.connect("CS-1", "ocpp1.6", [point.evse]);
    charger.answers = () => ({ status: "Rejected" });
    const transactionId = await start16(world, charger, { idTag: session.idTag, atSeconds: -300 });
    await charger.call("StopTransaction", { transactionId, meterStop: -1, timestamp: world.at(0) });
    expect((await show()).energyWh).to.equal(undefined);
    await values16(world, charger, { transactionId, atSeconds: -5, wh: 2_500 });
    await expectSettled();
  });
});
