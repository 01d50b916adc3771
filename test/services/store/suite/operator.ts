import { expect } from "chai";

import { quarterMs } from "../../../../services/domain/energy-totals.ts";
import { block, changeOf, frameOf, message, newSession } from "../samples.ts";
import { expectCode, type StoreWorld } from "../world.ts";

export function describeOperator(world: StoreWorld): void {
  describe("What the operator's page reads", function () {
    const openFor = async (name: string, operator: string, agreement = 0) => {
      const opening = newSession(name, 1);
      const openings = [{ ...opening, terms: { ...opening.terms, operator, agreement } }];
      expect(await world.progress({ cursor: block(1), openings })).to.equal("stored");
    };

    it("lists sessions from the newest on, page by page, of some statuses and one operator", async function () {
      await openFor("s1", "0xa");
      await openFor("s2", "0xb");
      await openFor("s3", "0xa");
      await world.complete("0xs1", "r1", 1n);
      const ids = async (operator: string | null, limit: number, before: string | null) =>
        (await world.store.listNewestSessions({ statuses: ["opened", "completed"], operator, limit, before })).map(
          ({ session }) => session.sessionId,
        );
      expect(await ids(null, 9, null)).to.deep.equal(["0xs3", "0xs2", "0xs1"]);
      expect(await ids(null, 2, null)).to.deep.equal(["0xs3", "0xs2"]);
      expect(await ids(null, 9, "0xs2")).to.deep.equal(["0xs1"]);
      expect(await ids("0xa", 9, null)).to.deep.equal(["0xs3", "0xs1"]);
      const query = { statuses: ["completed"], operator: null, limit: 9, before: null } as const;
      expect(await world.store.listNewestSessions(query)).to.deep.equal([
        { session: await world.session("0xs1"), openedAtMs: 1, changedAtMs: 5 },
      ]);
      await expectCode(world.store.listNewestSessions({ ...query, before: "0xs9" }), "QUERY_INVALID");
    });

    it("finds sessions by their EVSE, the time of their opening, and how an id or an idTag of theirs begins", async function () {
      const opened = [
        { name: "a1", evse: 1, openedAt: 100 },
        { name: "a2", evse: 2, openedAt: 200 },
        { name: "b3", evse: 1, openedAt: 300 },
      ];
      for (const { name, evse, openedAt } of opened) {
        const opening = newSession(name, 1);
        const state = { ...opening.state, opening: { ...opening.state.opening, openedAt } };
        const openings = [{ ...opening, state, terms: { ...opening.terms, evse } }];
        expect(await world.progress({ cursor: block(1), openings })).to.equal("stored");
      }
      const all = { statuses: ["opened", "held"], operator: null, limit: 9, before: null } as const;
      const ids = async (query: object) =>
        (await world.store.listNewestSessions({ ...all, ...query })).map(({ session }) => session.sessionId);
      expect(await ids({ evses: [1] })).to.deep.equal(["0xb3", "0xa1"]);
      expect(await ids({ evses: [2, 1] })).to.deep.equal(["0xb3", "0xa2", "0xa1"]);
      expect(await ids({ evses: [] })).to.deep.equal([]);
      expect(await ids({ fromSeconds: 200 })).to.deep.equal(["0xb3", "0xa2"]);
      expect(await ids({ untilSeconds: 200 })).to.deep.equal(["0xa1"]);
      expect(await ids({ fromSeconds: 101, untilSeconds: 300 })).to.deep.equal(["0xa2"]);
      expect(await ids({ fromSeconds: 301 })).to.deep.equal([]);
      expect(await ids({ fromSeconds: 200, before: "0xb3" })).to.deep.equal(["0xa2"]);
      expect(await ids({ find: { kind: "session", prefix: "0xa" } })).to.deep.equal(["0xa2", "0xa1"]);
      expect(await ids({ find: { kind: "session", prefix: "0xa" }, evses: [1] })).to.deep.equal(["0xa1"]);
      const { idTag } = await world.session("0xa2");
      expect(await ids({ find: { kind: "tag", prefix: idTag } })).to.deep.equal(["0xa2"]);
      expect(await ids({ find: { kind: "session", prefix: "0xc" } })).to.deep.equal([]);
    });

    it("counts sessions by status, also those in which there are none", async function () {
      await openFor("s1", "0xa");
      await openFor("s2", "0xb");
      await world.complete("0xs1", "r1", 1n);
      const counts = await world.store.countSessionsOf("0xa");
      expect([counts.get("completed"), counts.get("opened"), counts.get("held")]).to.deep.equal([1, 0, 0]);
      expect((await world.store.countSessionsOf("0xz")).get("opened")).to.equal(0);
    });

    it("lists operators and their agreements in order, behind the last one of the page before", async function () {
      await openFor("s1", "0xb", 2);
      await openFor("s2", "0xa");
      await openFor("s3", "0xb", 1);
      await openFor("s4", "0xb", 1);
      expect(await world.store.listOperators(9)).to.deep.equal(["0xa", "0xb"]);
      expect(await world.store.listOperators(1)).to.deep.equal(["0xa"]);
      const a = { operator: "0xa", agreement: 0 };
      const b1 = { operator: "0xb", agreement: 1 };
      const b2 = { operator: "0xb", agreement: 2 };
      expect(await world.store.listCreditKeys(null, 9, null)).to.deep.equal([a, b1, b2]);
      expect(await world.store.listCreditKeys(null, 2, null)).to.deep.equal([a, b1]);
      expect(await world.store.listCreditKeys(b1, 9, null)).to.deep.equal([b2]);
      expect(await world.store.listCreditKeys(null, 9, "0xb")).to.deep.equal([b1, b2]);
      expect(await world.store.listCreditKeys(null, 9, "0xz")).to.deep.equal([]);
    });

    it("counts what is on its way and what hangs", async function () {
      const nothing = {
        ...{ formedSessions: 0, sentSessions: 0, openBatches: 0, oldestBatchAtMs: null, pendingMessages: 0 },
        ...{ parkedFrames: 0, openActs: 0, givenUpActs: 0 },
      };
      expect(await world.store.countPipeline(null)).to.deep.equal(nothing);
      await openFor("s1", "0xa");
      await openFor("s2", "0xb");
      await world.complete("0xs1", "r1", 1n);
      await world.batchOf("b1", "0xs1");
      await world.store.putMessage(message("m"));
      const { frame } = await world.store.commitFrame(frameOf("A"), []);
      await world.store.parkFrame(frame.ordinal, "A");
      await world.progress({ cursor: block(2), acts: [{ sessionId: "0xs2", act: "challenge", dueAtMs: 1 }] });
      const whole = { openBatches: 1, oldestBatchAtMs: 7, pendingMessages: 1, parkedFrames: 1, openActs: 1 };
      expect(await world.store.countPipeline(null)).to.deep.equal({ ...nothing, ...whole, formedSessions: 1 });
      expect(await world.store.countPipeline("0xa")).to.deep.equal({ ...nothing, ...whole, formedSessions: 1 });
      expect(await world.store.countPipeline("0xb")).to.deep.equal({ ...nothing, ...whole });
    });

    it("lists stations by id with when their last message came", async function () {
      expect(await world.store.countStations()).to.equal(0);
      for (const stationId of ["B", "CS-1", "A"]) {
        await world.store.putStation({ stationId, apiKeySha256: "01", evses: [] });
      }
      await world.store.putMessage({ ...message("m1"), receivedAtMs: 3 });
      await world.store.putMessage({ ...message("m2"), receivedAtMs: 2 });
      expect(await world.store.countStations()).to.equal(3);
      const quiet = { lastMessageAtMs: null };
      expect(await world.store.listStationsAfter(null, 2)).to.deep.equal([
        { stationId: "A", ...quiet },
        { stationId: "B", ...quiet },
      ]);
      expect(await world.store.listStationsAfter("B", 9)).to.deep.equal([{ stationId: "CS-1", lastMessageAtMs: 3 }]);
      expect(await world.store.listStationsAfter(null, 9, "CS-")).to.deep.equal([
        { stationId: "CS-1", lastMessageAtMs: 3 },
      ]);
      expect(await world.store.listStationsAfter("CS-1", 9, "CS-")).to.deep.equal([]);
    });

    it("sums sessions by the quarter of an hour of their charge detail record", async function () {
      await openFor("s1", "0xa");
      await openFor("s2", "0xb");
      await world.complete("0xs1", "r1", 1n);
      await world.complete("0xs2", "r2", 2n);
      const one = { startsAtMs: 0, sessions: 1, energyMicroWh: 1_500_000n, billedMicro: 7n, settledMicro: 0n };
      const both = { ...one, sessions: 2, energyMicroWh: 3_000_000n, billedMicro: 14n };
      expect(await world.store.sumSessions(0, quarterMs, null)).to.deep.equal([both]);
      expect(await world.store.sumSessions(0, quarterMs, "0xa")).to.deep.equal([one]);
      expect(await world.store.sumSessions(quarterMs, 2 * quarterMs, null)).to.deep.equal([]);
      const position = { txHash: "0x", blockNumber: 2, blockHash: "0xa2", logIndex: 0 };
      const amounts = { energyMicroWh: 1_500_000n, chargingSeconds: 3, connectedSeconds: 0, chargedMicro: 7n };
      const closing = { kind: "settled", position, ...amounts, returnedMicro: 1n, batch: 1, isReadable: true } as const;
      await world.batchOf("b1", "0xs1");
      const change = changeOf(await world.session("0xs1"), { kind: "closed", closing, reason: null });
      await world.progress({ cursor: block(2), changes: [change] });
      expect(await world.store.sumSessions(0, quarterMs, null)).to.deep.equal([{ ...both, settledMicro: 7n }]);
    });
  });
}
