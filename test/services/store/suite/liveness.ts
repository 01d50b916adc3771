import { expect } from "chai";

import { block, changeOf, newSession } from "../samples.ts";
import type { StoreWorld } from "../world.ts";

import { testOpening } from "../../../helpers/test-opening.ts";

export function describeLiveness(world: StoreWorld): void {
  describe("What keeps settlement going", function () {
    const stuckQuery = { status: "opened", sinceMs: 1, toldSinceMs: 0, nowSeconds: 0, limit: 9 } as const;
    const stuck = async (query: Partial<Parameters<StoreWorld["store"]["listStuckSessions"]>[0]> = {}) =>
      (await world.store.listStuckSessions({ ...stuckQuery, ...query })).map(({ session, statusSinceMs }) => [
        session.sessionId,
        statusSinceMs,
      ]);

    it("gives an alert at first and again after a time, and when a clock was put back", async function () {
      const note = (atMs: number, subject = "s") => world.store.noteAlert("alert", subject, atMs, 10);
      expect([await note(100), await note(109), await note(109, "other")]).to.deep.equal([true, false, true]);
      await world.reopen();
      expect([await note(110), await note(110), await note(50)]).to.deep.equal([true, false, true]);
    });

    it("keeps how far the clock for waits is, and never moves it back", async function () {
      expect(await world.store.readSteadyMark()).to.equal(null);
      await world.store.moveSteadyMark(70);
      await world.store.moveSteadyMark(60);
      await world.reopen();
      expect(await world.store.readSteadyMark()).to.equal(70);
      await world.store.moveSteadyMark(71);
      expect(await world.store.readSteadyMark()).to.equal(71);
    });

    it("lists sessions that stay in a status, oldest first, without those that were told", async function () {
      const openings = [
        { ...newSession("s1", 1), atMs: 5 },
        { ...newSession("s2", 1), atMs: 3 },
        { ...newSession("s3", 1), atMs: 9 },
      ];
      await world.progress({ cursor: block(1), openings });
      expect(await stuck({ sinceMs: 5 })).to.deep.equal([
        ["0xs2", 3],
        ["0xs1", 5],
      ]);
      expect(await stuck({ sinceMs: 9, limit: 1 })).to.deep.equal([["0xs2", 3]]);
      expect(await stuck({ status: "held", sinceMs: 9 })).to.deep.equal([]);
      await world.store.noteAlert("session-stuck", "0xs2", 20, 10);
      await world.store.noteAlert("another-alert", "0xs1", 20, 10);
      expect(await stuck({ sinceMs: 5, toldSinceMs: 19 })).to.deep.equal([["0xs1", 5]]);
      expect(await stuck({ sinceMs: 5, toldSinceMs: 20 })).to.have.length(2);
    });

    it("lists a session at once whose status seems to begin later than now: the clock was set back", async function () {
      const openings = [
        { ...newSession("s1", 1), atMs: 25_001 },
        { ...newSession("s2", 1), atMs: 25_000 },
      ];
      await world.progress({ cursor: block(1), openings });
      expect(await stuck({ nowSeconds: 20 })).to.deep.equal([["0xs1", 25_001]]);
    });

    it("leaves out what an operator left to an expiry that is still to come", async function () {
      await world.openSessions("s1");
      const assessment = { grade: "plausible-unsigned", reasons: [], flags: [], energyWh: "1", hold: "WHY" } as const;
      const held = { kind: "evidence-held", assessment, dispute: null } as const;
      await world.progress({ cursor: block(2), changes: [changeOf(await world.session("0xs1"), held)] });
      const before = { status: "held", reason: "WHY" } as const;
      const resolution = {
        way: "expire",
        reason: "r",
        atMs: 6,
        keyId: "k",
        keyName: null,
        evidence: null,
        before,
      } as const;
      const resolved = { kind: "resolved", resolution, assessment: null } as const;
      await world.progress({ cursor: block(3), changes: [changeOf(await world.session("0xs1"), resolved)] });
      const { status } = (await world.session("0xs1")).state;
      // It expires at second 9.
      expect(await stuck({ status, sinceMs: 99, nowSeconds: 9 })).to.deep.equal([]);
      expect(await stuck({ status, sinceMs: 99, nowSeconds: 10 })).to.deep.equal([["0xs1", 5]]);
    });

    it("knows since when the oldest session of each status is in it", async function () {
      expect((await world.store.readOldestSessions()).size).to.equal(0);
      await world.progress({
        cursor: block(1),
        openings: [
          { ...newSession("s1", 1), atMs: 5 },
          { ...newSession("s2", 1), atMs: 3 },
        ],
      });
      await world.complete("0xs2", "r1", 1n);
      expect([...(await world.store.readOldestSessions())].sort()).to.deep.equal([
        ["completed", 5],
        ["opened", 5],
      ]);
    });

    it("knows where the events of a session stand, those of undone blocks left out", async function () {
      await world.openSessions("s1");
      const { openedAt, salt, ...opening } = newSession("s1", 1).state.opening;
      expect({ openedAt, salt }).to.deep.equal(testOpening);
      const position = { txHash: "0x", blockNumber: 2, blockHash: "0xa2", logIndex: 0 };
      const closing = { kind: "expired", position, returnedMicro: 1n } as const;
      const closed = changeOf(await world.session("0xs1"), { kind: "closed", closing, reason: null });
      await world.progress({ cursor: block(2), changes: [closed] });
      expect(await world.store.listEventPlaces("0xs1")).to.deep.equal([opening, position]);
      const undone = changeOf(await world.session("0xs1"), { kind: "closing-reorganised" });
      await world.progress({ cursor: block(1), forgetAboveBlock: 1, changes: [undone] });
      expect(await world.store.listEventPlaces("0xs1")).to.deep.equal([opening]);
      expect(await world.store.listEventPlaces("0xs9")).to.deep.equal([]);
    });

    it("keeps what operators did, oldest first, as often as they did it", async function () {
      const action = { atMs: 2, keyId: "k", keyName: "ada", action: "retry", subject: "0xs1", details: "{}" };
      const done = { ...action, result: "done" };
      await world.store.recordAction(action);
      await world.store.recordAction({ ...action, subject: "other" });
      await world.store.recordAction({ ...action, atMs: 1, keyName: null });
      await world.reopen();
      expect(await world.store.listActions("0xs1")).to.deep.equal([done, { ...done, atMs: 1, keyName: null }]);
      expect(await world.store.listActions("unknown")).to.deep.equal([]);
    });

    it("lists what operators did last, newest first, to one thing or to any, page by page", async function () {
      const action = { atMs: 2, keyId: "k", keyName: "ada", action: "retry", subject: "0xs1", details: "{}" };
      for (const subject of ["a", "b", "a"]) await world.store.recordAction({ ...action, subject });
      const all = { subject: null, beforeOrdinal: null, limit: 2 };
      const newest = await world.store.listNewestActions(all);
      expect(newest.map(({ subject }) => subject)).to.deep.equal(["a", "b"]);
      const beforeOrdinal = newest.at(-1)?.ordinal ?? 0;
      const older = await world.store.listNewestActions({ ...all, beforeOrdinal });
      expect(older.map(({ ordinal, ...what }) => [ordinal < beforeOrdinal, what.subject])).to.deep.equal([[true, "a"]]);
      expect(await world.store.listNewestActions({ ...all, subject: "b" })).to.have.length(1);
      expect(await world.store.listNewestActions({ ...all, subject: "c" })).to.deep.equal([]);
    });
  });
}
