import { expect } from "chai";
import fc from "fast-check";

import { connectStation, openOcppWorld, registerStation, type OcppWorld } from "../../helpers/ocpp-service.ts";

const start = { connectorId: 1, idTag: "OK1", meterStart: 5, timestamp: "2026-01-01T00:00:00Z" };

interface StartAnswer {
  readonly transactionId: number;
  readonly idTagInfo: { readonly status: string };
}

function payloadOf(answer: unknown): StartAnswer {
  return (answer as readonly unknown[])[2] as StartAnswer;
}

describe("Transaction ids of OCPP 1.6", function () {
  let world: OcppWorld;

  before(async function () {
    world = await openOcppWorld();
    for (const stationId of ["CS-1", "CS-2"]) await registerStation(world.store, stationId);
  });
  after(async function () {
    await world.close();
  });

  async function begin(stationId: string, payload: object, messageId = "m"): Promise<StartAnswer> {
    const station = await connectStation(world.url, stationId);
    try {
      return payloadOf(await station.ask([2, messageId, "StartTransaction", payload]));
    } finally {
      await station.close();
    }
  }

  it("are the same for the same start, whatever its message id and connection", async function () {
    const first = await begin("CS-1", start, "one");
    const asked = world.questions.length;
    const again = await begin("CS-1", start, "two");
    expect(again).to.deep.equal(first);
    // What was decided is not decided again.
    expect(world.questions.length).to.equal(asked);
    expect(first.transactionId).to.be.within(1, 2 ** 31 - 1);
    expect(first.idTagInfo).to.deep.equal({ status: "Accepted" });
  });

  it("are others for every other start", async function () {
    const answers = [
      await begin("CS-1", { ...start, connectorId: 2 }),
      await begin("CS-1", { ...start, idTag: "OK2" }),
      await begin("CS-1", { ...start, meterStart: 6 }),
      await begin("CS-1", { ...start, timestamp: "2026-01-01T00:00:01Z" }),
      await begin("CS-2", start),
      await begin("CS-1", start),
    ];
    expect(new Set(answers.map(({ transactionId }) => transactionId)).size).to.equal(answers.length);
  });

  it("are the same however the station spells the same instant, connector and tag", async function () {
    const ended = { ...start, meterStart: 41 };
    const { transactionId } = await begin("CS-1", ended);
    // A start that has ended is no longer the newest of its outlet: only its name tells it again.
    const station = await connectStation(world.url, "CS-1");
    await station.ask([2, "s", "StopTransaction", { transactionId, meterStop: 42, timestamp: "2026-01-01T01:00:00Z" }]);
    await station.close();
    for (const spelling of [
      { timestamp: "2026-01-01T00:00:00.000Z" },
      { timestamp: "2026-01-01T01:00:00+01:00" },
      { timestamp: "2025-12-31T19:00:00.0-05:00" },
      { idTag: "ok1" },
      { connectorId: "1" },
      { meterStart: "41" },
    ]) {
      const again = await begin("CS-1", { ...ended, ...spelling });
      expect(again.transactionId, JSON.stringify(spelling)).to.equal(transactionId);
    }
    const other = await begin("CS-1", { ...ended, timestamp: "2026-01-01T00:00:00.001Z" });
    expect(other.transactionId).to.not.equal(transactionId);
  });

  it("are others for starts that are told apart only by what they should not lack", async function () {
    const vague = { connectorId: 1, meterStart: 5, timestamp: start.timestamp };
    const first = await begin("CS-2", { ...vague, reservationId: 1 });
    const second = await begin("CS-2", { ...vague, reservationId: 2 });
    expect(second.transactionId).to.not.equal(first.transactionId);
    expect((await begin("CS-2", { ...vague, reservationId: 1 })).transactionId).to.equal(first.transactionId);
  });

  it("are given to a start with an unknown tag, which is kept", async function () {
    const answer = await begin("CS-1", { ...start, idTag: "NOBODY" });
    expect(answer.idTagInfo).to.deep.equal({ status: "Invalid" });
    const transaction = await world.store.findOcppTransaction("CS-1", String(answer.transactionId));
    expect(transaction).to.deep.include({ idToken: "NOBODY", idTokenStatus: "Invalid", evse: 1, endedFrame: null });
  });

  it("are on the frame of the start for the next layer", async function () {
    const { transactionId } = await begin("CS-1", { ...start, meterStart: 99 });
    const frames = await world.store.listFrames("CS-1", 0, 10_000);
    const [frame] = frames.filter(({ action }) => action === "StartTransaction").slice(-1);
    expect(frame?.ocppTransactionId).to.equal(String(transactionId));
  });

  it("are looked up only within the station that they belong to", async function () {
    const { transactionId } = await begin("CS-1", { ...start, meterStart: 100 });
    const thief = await connectStation(world.url, "CS-2");
    const stop = { transactionId, meterStop: 200, timestamp: "2026-01-01T01:00:00Z" };
    expect(await thief.ask([2, "1", "StopTransaction", stop])).to.deep.equal([3, "1", {}]);
    await thief.close();
    expect(await world.store.findOcppTransaction("CS-2", String(transactionId))).to.equal(null);
    expect(await world.store.findOcppTransaction("CS-1", String(transactionId))).to.have.property("endedFrame", null);

    const owner = await connectStation(world.url, "CS-1");
    await owner.ask([2, "2", "StopTransaction", stop]);
    const ended = await world.store.findOcppTransaction("CS-1", String(transactionId));
    await owner.ask([2, "3", "StopTransaction", { ...stop, meterStop: 300 }]);
    await owner.close();
    expect(ended?.endedFrame).to.be.a("number");
    expect(await world.store.findOcppTransaction("CS-1", String(transactionId))).to.deep.equal(ended);
  });

  it("are acknowledged when nobody knows them", async function () {
    const station = await connectStation(world.url, "CS-1");
    for (const transactionId of [-1, 0, 1]) {
      const stop = { transactionId, meterStop: 1, timestamp: "2026-01-01T01:00:00Z", idTag: "OK1" };
      const answer = await station.ask([2, "1", "StopTransaction", stop]);
      expect(answer).to.deep.equal([3, "1", { idTagInfo: { status: "Accepted" } }]);
    }
    await station.close();
  });

  it("survive a restart and are never given twice", async function () {
    const folder = world.folder;
    const before = await begin("CS-1", start);
    await world.ocpp.close();
    await world.store.close();
    world = await openOcppWorld({ folder });
    expect(await begin("CS-1", start)).to.deep.equal(before);
    const transactions = await world.store.listOcppTransactions("CS-1", 100);
    const ids = transactions.map(({ ocppTransactionId }) => ocppTransactionId);
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it("are the same for any start, repeated in any order", async function () {
    const station = await connectStation(world.url, "CS-2");
    const starts = fc.array(
      fc.record({
        connectorId: fc.integer({ min: 0, max: 2 }),
        idTag: fc.constantFrom("OK1", "OK2", "ÄÖ", ""),
        meterStart: fc.integer({ min: 0, max: 2 }),
        timestamp: fc.constantFrom("2026-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
      }),
      { maxLength: 10 },
    );
    const known = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(starts, async (payloads) => {
        for (const payload of payloads) {
          const key = JSON.stringify(payload);
          const { transactionId } = payloadOf(await station.ask([2, "x", "StartTransaction", payload]));
          const expected = known.get(key) ?? transactionId;
          known.set(key, transactionId);
          expect(transactionId).to.equal(expected);
        }
      }),
      { numRuns: 25 },
    );
    expect(new Set(known.values()).size).to.equal(known.size);
    await station.close();
  });
});
