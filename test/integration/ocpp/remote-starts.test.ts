import { expect } from "chai";

import type { Charger, TakenCall } from "../../helpers/charger.ts";
import { openChargingWorld, openPlace, type ChargingWorld } from "../../helpers/charging-world.ts";
import { startServiceChain, type OpenedSession, type ServiceChain } from "../../helpers/service-chain.ts";
import { agree, central, tell2 } from "../../helpers/transaction-talk.ts";

describe("Starts that are asked for, and transactions that do not say their idToken", function () {
  let chain: ServiceChain;
  let world: ChargingWorld;
  let session: OpenedSession;
  let evse: number;
  let charger: Charger;

  before(async function () {
    chain = await startServiceChain();
  });
  beforeEach(async function () {
    world = await openChargingWorld(chain);
    const place = await openPlace(chain, world);
    ({ session } = place);
    ({ evse } = place.point);
    await agree(chain, world, session);
    charger = await world.connect("CS-1", "ocpp2.0.1", [evse]);
  });
  afterEach(async function () {
    await world.close();
  });
  after(async function () {
    await chain.close();
  });

  const starts = () => charger.taken.filter(({ action }) => action === "RequestStartTransaction");
  const numberOf = (call: TakenCall | undefined) => Number(call?.payload["remoteStartId"]);
  const stateOf = async (one = session) => (await world.show(one)).session.state;

  /** Answers questions about transactions as one that never says more than it has to. */
  function answer(start: object, status: object = { messagesInQueue: false }): void {
    charger.answers = ({ action }) => (action === "GetTransactionStatus" ? status : start);
  }

  async function charge(remoteStartId: number | undefined, transactionId = "T-1"): Promise<void> {
    const started = { type: "Started", seqNo: 0, atSeconds: 0, wh: 1_000, evse: 1, transactionId } as const;
    await tell2(world, charger, { ...started, ...(remoteStartId === undefined ? {} : { remoteStartId }) });
    await tell2(world, charger, { type: "Updated", seqNo: 1, atSeconds: 120, wh: 1_700, transactionId });
    await world.settle();
  }

  async function end(transactionId = "T-1"): Promise<void> {
    await tell2(world, charger, { type: "Ended", seqNo: 2, atSeconds: 240, wh: 2_500, transactionId });
    await world.settle();
  }

  async function expectSettled(): Promise<void> {
    const shown = await world.show(session);
    expect(shown.session).to.have.nested.include({ state: "settled", "assessment.energyWh": "1500" });
    expect(shown.cdr?.energyWh).to.equal("1500");
  }

  it("finds the session by the number that the start was asked with, and asks no more", async function () {
    answer({ status: "Accepted" });
    await world.settle();
    await charge(numberOf(starts()[0]));
    expect(await stateOf()).to.equal("charging");
    world.nowMs += 120_000;
    await world.settle();
    expect(starts()).to.have.length(1);
    await end();
    await expectSettled();
  });

  it("finds it by the number of any of several requests, over a restart", async function () {
    answer({ status: "Rejected" });
    await world.settle();
    world.nowMs += 31_000;
    await world.settle();
    expect(starts()).to.have.length(2);
    const [first, second] = starts().map(numberOf);
    expect(first).not.to.equal(second);
    await world.restart();
    charger = await world.reconnect("CS-1", "ocpp2.0.1");
    answer({ status: "Rejected" });
    await charge(first);
    expect(await stateOf()).to.equal("charging");
    await end();
    await expectSettled();
  });

  it("finds it by the transaction in the answer, also after a restart, and asks no more", async function () {
    answer({ status: "Accepted", transactionId: "T-1" }, { messagesInQueue: false, ongoingIndicator: true });
    await world.settle();
    world.nowMs += 120_000;
    await world.settle();
    expect(starts()).to.have.length(1);
    await world.restart();
    charger = await world.reconnect("CS-1", "ocpp2.0.1");
    await charge(undefined);
    expect(await stateOf()).to.equal("charging");
    await end();
    await expectSettled();
  });

  it("finds it where the transaction began with the cable, before the request", async function () {
    answer({ status: "Accepted", transactionId: "T-1" });
    await tell2(world, charger, { type: "Started", seqNo: 0, atSeconds: -60, wh: 1_000, evse: 1 });
    await world.settle();
    await tell2(world, charger, { type: "Updated", seqNo: 1, atSeconds: 120, wh: 1_700 });
    await world.settle();
    expect(await stateOf()).to.equal("charging");
    await end();
    await expectSettled();
  });

  it("accepts the empty idToken of a transaction that our request began, and no other", async function () {
    answer({ status: "Accepted" });
    await world.settle();
    const nobody = { idToken: "", type: "NoAuthorization" };
    const remoteStartId = numberOf(starts()[0]);
    const started = { type: "Started", seqNo: 0, atSeconds: 0, wh: 1_000, evse: 1, idToken: nobody } as const;
    expect(await tell2(world, charger, { ...started, transactionId: "T-0" })).to.equal("Invalid");
    const ended = { type: "Ended", seqNo: 1, atSeconds: 1, wh: 1_000, transactionId: "T-0" } as const;
    await tell2(world, charger, ended);
    expect(await tell2(world, charger, { ...started, remoteStartId })).to.equal("Accepted");
    await tell2(world, charger, { type: "Updated", seqNo: 1, atSeconds: 120, wh: 1_700 });
    await end();
    await expectSettled();
  });

  it("closes nothing while a transaction is open at the EVSE, whatever the charger says of its queue", async function () {
    answer({ status: "Rejected" });
    await world.settle();
    await charge(undefined);
    for (let minutes = 0; minutes < 20; minutes += 1) {
      world.nowMs += 60_000;
      await world.settle();
    }
    expect(await stateOf()).to.equal("opened");
    // What flowed there is somebody's, and nobody knows whose.
    await tell2(world, charger, { type: "Ended", seqNo: 2, atSeconds: -1_000, wh: 2_500 });
    world.nowMs += 60_000;
    await world.settle();
    const { session: shown, cdr } = await world.show(session);
    expect(shown).to.have.nested.include({ state: "held", "assessment.hold": "UNRESOLVED" });
    expect(shown.assessment?.reasons).to.deep.equal(["UNSIGNED", "OPEN_TRANSACTION_AT_EVSE"]);
    expect(cdr).to.equal(null);
  });

  it("frees the hold when the transaction at the EVSE ends with nothing", async function () {
    answer({ status: "Rejected" });
    await world.settle();
    await tell2(world, charger, { type: "Started", seqNo: 0, atSeconds: 0, wh: 1_000, evse: 1 });
    world.nowMs += 400_000;
    await world.settle();
    expect(await stateOf()).to.equal("opened");
    await tell2(world, charger, { type: "Ended", seqNo: 1, atSeconds: -100, wh: 1_000 });
    world.nowMs += 60_000;
    await world.settle();
    await world.settle();
    expect(await stateOf()).to.equal("settled");
    expect((await world.show(session)).session.assessment?.reasons).to.deep.equal(["NOT_STARTED"]);
  });

  it("does not take a number for its own from another station, another EVSE or another card", async function () {
    const other = await openPlace(chain, world);
    answer({ status: "Accepted" });
    await world.settle();
    const remoteStartId = numberOf(starts()[0]);
    const stranger = await world.connect("CS-2", "ocpp2.0.1", [other.point.evse]);
    stranger.answers = () => ({ status: "Rejected" });
    const started = { type: "Started", seqNo: 0, atSeconds: 0, wh: 1_000, remoteStartId } as const;
    await tell2(world, stranger, { ...started, evse: 1, transactionId: "X-1" });
    await tell2(world, charger, { ...started, evse: 2, transactionId: "X-2" });
    const card = { idToken: "04AA", type: "ISO14443" };
    await tell2(world, charger, { ...started, evse: 1, transactionId: "X-3", idToken: card });
    await world.settle();
    expect(await stateOf()).to.equal("opened");
    expect(await stateOf(other.session)).to.equal("opened");
  });

  it("gives a number that a charger uses again no second transaction", async function () {
    answer({ status: "Accepted" });
    await world.settle();
    const remoteStartId = numberOf(starts()[0]);
    await charge(remoteStartId);
    const again = { type: "Started", seqNo: 0, wh: 2_500, evse: 1, remoteStartId, transactionId: "T-2" } as const;
    await tell2(world, charger, { ...again, atSeconds: 180 });
    await tell2(world, charger, { type: "Ended", seqNo: 2, atSeconds: 181, wh: 1_900, transactionId: "T-1" });
    await world.settle();
    expect((await world.show(session)).session).to.have.nested.include({
      state: "held",
      "assessment.hold": "UNRESOLVED",
    });
    await tell2(world, charger, { type: "Ended", seqNo: 1, atSeconds: 300, wh: 2_500, transactionId: "T-2" });
    await world.settle();
    await world.settle();
    // It ended with nothing, and so the first stands for itself.
    const shown = await world.show(session);
    expect(shown.session).to.have.nested.include({ state: "settled", "assessment.energyWh": "900" });
  });

  it("asks about the transaction that the charger named before it closes a session", async function () {
    answer({ status: "Accepted", transactionId: "T-9" }, { messagesInQueue: false, ongoingIndicator: true });
    await world.settle();
    world.nowMs += 400_000;
    await world.settle();
    expect(charger.taken.at(-1)).to.deep.equal({
      action: "GetTransactionStatus",
      payload: { transactionId: "T-9" },
    });
    expect(await stateOf()).to.equal("opened");
    answer({ status: "Accepted" }, { messagesInQueue: false, ongoingIndicator: false });
    world.nowMs += 40_000;
    await world.settle();
    await world.settle();
    expect(await stateOf()).to.equal("settled");
  });

  it("accepts the session's own idToken beside the number", async function () {
    answer({ status: "Accepted" });
    await world.settle();
    const remoteStartId = numberOf(starts()[0]);
    const idToken = central(session.idTag);
    const started = { type: "Started", seqNo: 0, atSeconds: 0, wh: 1_000, evse: 1, remoteStartId, idToken } as const;
    expect(await tell2(world, charger, started)).to.equal("Accepted");
    await end();
    await expectSettled();
  });
});
