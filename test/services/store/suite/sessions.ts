import { expect } from "chai";

import { transition } from "../../../../services/domain/session.ts";
import type { Store } from "../../../../services/store/store.ts";
import { testTariff } from "../../../helpers/test-tariff.ts";
import { block, changeOf, newSession, tariffId } from "../samples.ts";
import { expectCode, type StoreWorld } from "../world.ts";

export function describeSessions(world: StoreWorld): void {
  describe("Sessions and the chain", function () {
    it("opens sessions with the blocks that opened them, or neither", async function () {
      await world.openSessions("s1", "s2");
      expect(
        await world.progress({ expectedCursor: null, cursor: block(2), openings: [newSession("s3", 2)] }),
      ).to.equal("stale");
      expect(await world.store.readCursor()).to.deep.equal(block(1));
      expect(await world.store.findSession("0xs3")).to.equal(null);
      const expected = newSession("s1", 1);
      expect(await world.session("0xs1")).to.deep.equal({
        sessionId: "0xs1",
        idTag: "TAGs1",
        terms: expected.terms,
        state: expected.state,
        sequence: 1,
      });
      expect((await world.store.findSessionByIdTag("TAGs2"))?.sessionId).to.equal("0xs2");
      expect(await world.store.findTariff(tariffId)).to.deep.equal(testTariff);
    });

    it("lists sessions page by page and by status", async function () {
      await world.openSessions("s1", "s2", "s3");
      await world.complete("0xs2", "r1", 1n);
      const ids = async (query: Parameters<Store["listSessions"]>[0]): Promise<readonly string[]> =>
        (await world.store.listSessions(query)).map(({ sessionId }) => sessionId);
      expect(await ids({ status: null, limit: 2, after: null })).to.deep.equal(["0xs1", "0xs2"]);
      expect(await ids({ status: null, limit: 2, after: "0xs2" })).to.deep.equal(["0xs3"]);
      expect(await ids({ status: "opened", limit: 9, after: null })).to.deep.equal(["0xs1", "0xs3"]);
      expect((await world.store.countSessions()).get("completed")).to.equal(1);
      await expectCode(world.store.listSessions({ status: null, limit: 2, after: "0xs9" }), "QUERY_INVALID");
    });

    it("lists the sessions of one driver, behind the last one of the page before", async function () {
      const [first, ...others] = ["s1", "s2", "s3"].map((name) => newSession(name, 1));
      if (first === undefined) throw new RangeError("There is no session.");
      const openings = [first, ...others.map((one) => ({ ...one, terms: { ...one.terms, driver: "0xdriver2" } }))];
      await world.progress({ cursor: block(1), openings });
      const ids = async (driver: string, after: string | null, limit: number): Promise<readonly string[]> =>
        (await world.store.listSessions({ status: null, driver, after, limit })).map(({ sessionId }) => sessionId);
      expect(await ids("0xdriver2", null, 9)).to.deep.equal(["0xs2", "0xs3"]);
      expect(await ids("0xdriver2", null, 1)).to.deep.equal(["0xs2"]);
      expect(await ids("0xdriver2", "0xs2", 9)).to.deep.equal(["0xs3"]);
      expect(await ids(first.terms.driver, null, 9)).to.deep.equal(["0xs1"]);
      expect(await ids("0xnobody", null, 9)).to.deep.equal([]);
      await expectCode(
        world.store.listSessions({ status: null, driver: "0xdriver2", after: "0xs9", limit: 9 }),
        "QUERY_INVALID",
      );
    });

    it("lists an operator's, a driver's or a charging point's sessions, open or ended, the newest first", async function () {
      const sessionOf = (name: string, terms: object) => {
        const session = newSession(name, 1);
        return { ...session, terms: { ...session.terms, ...terms } };
      };
      await world.progress({
        cursor: block(1),
        openings: [
          sessionOf("s1", { operator: "0xA", driver: "0xD", evse: 1 }),
          sessionOf("s2", { operator: "0xB", driver: "0xD", evse: 2 }),
          sessionOf("s3", { operator: "0xA", driver: "0xE", evse: 2 }),
        ],
      });
      const position = { txHash: "0x", blockNumber: 2, blockHash: "0xa2", logIndex: 0 };
      const closing = { kind: "expired", position, returnedMicro: 1n } as const;
      const closed = changeOf(await world.session("0xs1"), { kind: "closed", closing, reason: null });
      await world.progress({ cursor: block(2), changes: [closed] });
      const ids = async (query: Partial<Parameters<Store["listSessions"]>[0]>): Promise<readonly string[]> =>
        (await world.store.listSessions({ status: null, limit: 9, after: null, ...query })).map(
          ({ sessionId }) => sessionId,
        );
      expect(await ids({ operator: "0xA" })).to.deep.equal(["0xs1", "0xs3"]);
      expect(await ids({ driver: "0xD", order: "newest-first" })).to.deep.equal(["0xs2", "0xs1"]);
      expect(await ids({ evse: 2, driver: "0xE" })).to.deep.equal(["0xs3"]);
      expect(await ids({ isEnded: true })).to.deep.equal(["0xs1"]);
      expect(await ids({ isEnded: false, operator: "0xA" })).to.deep.equal(["0xs3"]);
      expect(await ids({ order: "newest-first", limit: 2 })).to.deep.equal(["0xs3", "0xs2"]);
      expect(await ids({ order: "newest-first", after: "0xs2" })).to.deep.equal(["0xs1"]);
      expect(await ids({ operator: "0xC" })).to.deep.equal([]);
    });

    it("finds the sessions that a block opened or closed", async function () {
      await world.openSessions("s1", "s2");
      const position = { txHash: "0x", blockNumber: 5, blockHash: "0xa5", logIndex: 0 };
      const closing = { kind: "expired", position, returnedMicro: 1n } as const;
      const change = changeOf(await world.session("0xs2"), { kind: "closed", closing, reason: null });
      await world.progress({ cursor: block(5), changes: [change] });
      const above = async (number: number): Promise<readonly string[]> =>
        (await world.store.listSessionsAbove(number)).map(({ sessionId }) => sessionId);
      expect(await above(0)).to.deep.equal(["0xs1", "0xs2"]);
      expect(await above(1)).to.deep.equal(["0xs2"]);
      expect(await above(5)).to.deep.equal([]);
      expect(await world.store.listBlockMarks(9)).to.deep.equal([block(5), block(1)]);
    });

    it("takes several steps of a session that is new in the same range", async function () {
      const opening = newSession("s1", 1);
      const { txHash, blockNumber, blockHash } = opening.state.opening;
      const position = { txHash, blockNumber, blockHash, logIndex: 1 };
      const event = {
        kind: "closed",
        closing: { kind: "expired", position, returnedMicro: 1n },
        reason: null,
      } as const;
      const next = transition(opening.state, event);
      const change = { sessionId: "0xs1", expectedSequence: 1, events: [event], next, atMs: 5 };
      expect(await world.progress({ cursor: block(1), openings: [opening], changes: [change] })).to.equal("stored");
      expect(await world.session("0xs1")).to.deep.include({ sequence: 2, state: next });
    });

    it("writes nothing of a range of blocks if one of its sessions has moved on", async function () {
      await world.openSessions("s1", "s2");
      const before = await world.session("0xs1");
      const position = { txHash: "0x", blockNumber: 2, blockHash: "0xa2", logIndex: 0 };
      const event = {
        kind: "closed",
        closing: { kind: "expired", position, returnedMicro: 1n },
        reason: null,
      } as const;
      const good = changeOf(before, event);
      const moved = { ...changeOf(await world.session("0xs2"), event), expectedSequence: 7 };
      const unknown = { ...good, sessionId: "0xs9" };
      const other = { tariffId: `0x${"78".repeat(32)}`, tariff: testTariff };
      for (const changes of [
        [good, moved],
        [good, unknown],
      ]) {
        const range = { cursor: block(2), openings: [newSession("s3", 2)], tariffs: [other], changes };
        expect(await world.progress(range)).to.equal("stale");
      }
      expect(await world.store.readCursor()).to.deep.equal(block(1));
      expect(await world.session("0xs1")).to.deep.equal(before);
      expect(await world.store.findSession("0xs3")).to.equal(null);
      expect(await world.store.findTariff(other.tariffId)).to.equal(null);
    });

    it("refuses a range that was computed from another block of the same number", async function () {
      await world.openSessions("s1");
      expect(await world.progress({ expectedCursor: block(1, "b"), cursor: block(2) })).to.equal("stale");
      expect(await world.progress({ cursor: null, forgetAboveBlock: -1 })).to.equal("stored");
      expect(await world.store.readCursor()).to.equal(null);
      expect(await world.store.listBlockMarks(9)).to.deep.equal([]);
      expect(await world.progress({ expectedCursor: null, cursor: block(3) })).to.equal("stored");
    });

    it("lists marks from the highest block down, and no more than were asked for", async function () {
      for (const number of [1, 2, 3]) await world.progress({ cursor: block(number) });
      expect(await world.store.listBlockMarks(2)).to.deep.equal([block(3), block(2)]);
    });

    it("keeps the first content of a tariff", async function () {
      const other = { ...testTariff, components: [] };
      const id = `0x${"78".repeat(32)}`;
      await world.progress({ cursor: block(1), tariffs: [{ tariffId: id, tariff: testTariff }] });
      await world.progress({ cursor: block(2), tariffs: [{ tariffId: id, tariff: other }] });
      expect(await world.store.findTariff(id)).to.deep.equal(testTariff);
    });

    it("finds the first of the sessions with one idTag", async function () {
      const openings = ["s1", "s2", "s3"].map((name) => ({ ...newSession(name, 1), idTag: "TAG" }));
      await world.progress({ cursor: block(1), openings });
      expect((await world.store.findSessionByIdTag("TAG"))?.sessionId).to.equal("0xs1");
      expect(await world.store.findSessionByIdTag("tag")).to.equal(null);
    });

    it("keeps every idTag that a session has had, in order, and finds it by each", async function () {
      await world.openSessions("s1", "s2");
      expect(await world.store.listIdTags("0xs1")).to.deep.equal(["TAGs1"]);
      const cursor = block(2);
      await world.progress({ cursor, reopenings: [{ sessionId: "0xs1", idTag: "AGAIN" }] });
      // Opened once more where it first was, and another one with a tag that is taken.
      const reopenings = [
        { sessionId: "0xs1", idTag: "TAGs1" },
        { sessionId: "0xs2", idTag: "AGAIN" },
      ];
      await world.progress({ cursor, reopenings });
      await world.reopen();

      expect(await world.store.listIdTags("0xs1")).to.deep.equal(["TAGs1", "AGAIN"]);
      expect(await world.store.listIdTags("0xs2")).to.deep.equal(["TAGs2"]);
      expect((await world.store.findSessionByIdTag("AGAIN"))?.sessionId).to.equal("0xs1");
      expect((await world.session("0xs1")).idTag).to.equal("TAGs1");
      expect((await world.session("0xs2")).idTag).to.equal("AGAIN");
    });

    it("says when a session became known, and lists those that can still charge at an outlet", async function () {
      await world.openSessions("s1", "s2");
      const position = { txHash: "0x", blockNumber: 2, blockHash: "0xa2", logIndex: 0 };
      const closing = { kind: "expired", position, returnedMicro: 1n } as const;
      const change = changeOf(await world.session("0xs2"), { kind: "closed", closing, reason: null });
      await world.progress({ cursor: block(2), changes: [change], openings: [newSession("s3", 2)] });
      expect(await world.store.readOpenedAtMs("0xs1")).to.equal(1);
      expect(await world.store.readOpenedAtMs("0xs9")).to.equal(null);
      const ids = async (evse: number, limit: number) =>
        (await world.store.listSessionsAtEvse(evse, limit)).map(({ sessionId }) => sessionId);
      expect((await ids(1, 9)).sort()).to.deep.equal(["0xs1", "0xs3"]);
      expect((await ids(1, 1)).length).to.equal(1);
      expect(await ids(2, 9)).to.deep.equal([]);
    });

    it("lists held sessions page by page in the order in which they became known", async function () {
      await world.openSessions("s1", "s2", "s3");
      const assessment = { grade: "plausible-unsigned", reasons: [], flags: [], energyWh: "1", hold: "WHY" } as const;
      const event = { kind: "evidence-held", assessment, dispute: null } as const;
      const changes = await Promise.all(["0xs3", "0xs1"].map(async (id) => changeOf(await world.session(id), event)));
      await world.progress({ cursor: block(2), changes });
      const [first] = await world.store.listHeldSessionsAfter(0, 1);
      expect(first?.session).to.deep.equal(await world.session("0xs1"));
      const others = await world.store.listHeldSessionsAfter(first?.ordinal ?? -1, 9);
      expect(others.map(({ session }) => session.sessionId)).to.deep.equal(["0xs3"]);
    });
  });
}
