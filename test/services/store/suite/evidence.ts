import { expect } from "chai";

import { cdrOf, changeOf, message, recordOf } from "../samples.ts";
import type { StoreWorld } from "../world.ts";

export function describeEvidence(world: StoreWorld): void {
  describe("Records", function () {
    it("commits evidence whole, or says that something moved", async function () {
      await world.openSessions("s1", "s2");
      await world.store.putMessage(message("r1"));
      const session = await world.session("0xs1");
      const record = recordOf("r1", "0xs1", 2n ** 63n - 1n, 10n, 2n ** 63n - 1n);
      const step = { session, record, event: { kind: "evidence-completed" }, cdr: cdrOf("0xs1") } as const;
      expect(await world.commitRecord({ ...step, knownRecords: 1 })).to.equal("stale");
      const moved = { ...session, sequence: 2 };
      expect(await world.commitRecord({ ...step, session: moved })).to.equal("stale");
      const unknown = { ...session, sessionId: "0xs9" };
      expect(await world.commitRecord({ ...step, session: unknown, cdr: null })).to.equal("stale");
      expect(await world.store.findRecord("r1")).to.equal(null);
      expect(await world.store.findCdr("0xs1")).to.equal(null);
      expect(await world.session("0xs1")).to.deep.equal(session);
      expect((await world.store.listPendingMessages(9)).map(({ messageId }) => messageId)).to.deep.equal(["r1"]);

      expect(await world.commitRecord(step)).to.equal("stored");
      expect(await world.store.findRecord("r1")).to.deep.equal(record);
      expect(await world.store.listRecords("0xs1")).to.deep.equal([record]);
      expect(await world.store.listReadings("0xs1")).to.deep.equal([
        {
          sequence: 1,
          receivedAtMs: message("r1").receivedAtMs,
          register: "1.8.0",
          beginMicroWh: 10n,
          endMicroWh: 2n ** 63n - 1n,
        },
      ]);
      expect(await world.store.listReadings("0xs2")).to.deep.equal([]);
      expect(await world.store.findCdr("0xs1")).to.deep.equal(cdrOf("0xs1"));
      const next = changeOf(session, step.event).next;
      expect(await world.session("0xs1")).to.deep.include({ sequence: 2, state: next });
      expect(await world.store.countRecords("key")).to.equal(1);
      expect(await world.store.listPendingMessages(9)).to.deep.equal([]);
      expect((await world.store.putMessage(message("r1"))).verdict).to.deep.include({ outcome: "accepted" });
      // Whoever does not know whether it was carried out asks again, and nothing is kept twice.
      expect(await world.commitRecord(step)).to.equal("stale");
      expect(await world.store.countRecords("key")).to.equal(1);
    });

    it("writes a CDR once, and of a step with a second one nothing", async function () {
      await world.openSessions("s1");
      await world.complete("0xs1", "r1", 1n);
      const before = await world.session("0xs1");
      await world.store.putMessage(message("r2"));
      const record = recordOf("r2", "0xs1", 2n, 20n, 25n);
      const cdr = { ...cdrOf("0xs1"), energyWh: "9" };
      const act = { sessionId: "0xs1", act: "challenge", dueAtMs: 1 } as const;
      const step = { session: before, record, event: { kind: "evidence-completed" }, cdr, acts: [act] } as const;
      expect(await world.commitRecord(step)).to.equal("stale");
      expect(await world.store.findCdr("0xs1")).to.deep.equal(cdrOf("0xs1"));
      expect(await world.session("0xs1")).to.deep.equal(before);
      expect(await world.store.findRecord("r2")).to.equal(null);
      expect(await world.store.listActs("0xs1")).to.deep.equal([]);
      // With the CDR that there is, the same step is taken, and what is to be done about it is kept.
      expect(await world.commitRecord({ ...step, cdr: null })).to.equal("stored");
      expect((await world.store.listActs("0xs1")).map(({ status }) => status)).to.deep.equal(["due"]);
    });

    it("lets one of two records of a meter key in that were judged on the same records", async function () {
      await world.openSessions("s1", "s2");
      await Promise.all(["r1", "r2"].map((id) => world.store.putMessage(message(id))));
      const [first, second] = await Promise.all(["0xs1", "0xs2"].map((id) => world.session(id)));
      if (first === undefined || second === undefined) expect.fail("There are two.");
      const event = { kind: "evidence-begun" } as const;
      const outcomes = await Promise.all([
        world.commitRecord({ session: first, record: recordOf("r1", "0xs1", 1n, 0n, 5n), event, knownRecords: 0 }),
        world.commitRecord({ session: second, record: recordOf("r2", "0xs2", 2n, 5n, 9n), event, knownRecords: 0 }),
      ]);
      expect([...outcomes].sort()).to.deep.equal(["stale", "stored"]);
      expect(await world.store.countRecords("key")).to.equal(1);
    });

    it("takes a step of a session without a record, as when a refused one disputes it", async function () {
      await world.openSessions("s1");
      await world.store.putMessage(message("m"));
      const event = { kind: "evidence-disputed", reason: "WHY", isFinal: false } as const;
      const step = { session: await world.session("0xs1"), record: null, event };
      expect(await world.commitRecord(step)).to.equal("stored");
      expect((await world.session("0xs1")).state.status).to.equal("disputed");
      expect(await world.store.countRecords("key")).to.equal(0);
      expect(await world.store.listRecords("0xs1")).to.deep.equal([]);
    });

    for (const isSettleableByMeter of [true, false, null]) {
      it(`keeps the mark ${isSettleableByMeter} of a record`, async function () {
        await world.openSessions("s1");
        await world.store.putMessage(message("r1"));
        const record = { ...recordOf("r1", "0xs1", 1n, 0n, 5n), isSettleableByMeter };
        const session = await world.session("0xs1");
        await world.commitRecord({ session, record, event: { kind: "evidence-begun" } });
        await world.reopen();
        expect(await world.store.findRecord("r1")).to.deep.equal(record);
        expect(await world.store.listRecords("0xs1")).to.deep.equal([record]);
      });
    }

    it("knows how far the pagination of a meter key had come in sessions that were known before", async function () {
      await world.openSessions("s1", "s2", "s3");
      await world.complete("0xs1", "r1", 7n);
      await world.complete("0xs3", "r3", 5n);
      const before = (sessionId: string, key = "key", context: "T" | "F" = "T") =>
        world.store.readGreatestPaginationBefore(sessionId, key, context);
      expect(await before("0xs1")).to.equal(null);
      expect(await before("0xs2")).to.equal(7n);
      expect(await before("0xs3")).to.equal(7n);
      expect(await before("0xs2", "other")).to.equal(null);
      expect(await before("0xs2", "key", "F")).to.equal(null);
      expect(await before("0xs9")).to.equal(null);
    });

    it("lists the records with which a session may begin or end, and knows how far all of them reach", async function () {
      await world.openSessions("s1", "s2");
      expect(await world.store.readRecordRange("0xs1")).to.equal(null);
      const records = [9n, 7n, 2n ** 63n - 1n].map((pagination, index) => ({
        ...recordOf(`r${index}`, "0xs1", pagination, 0n, 5n),
        isBoundary: pagination !== 9n,
        isBoundToSession: pagination !== 9n,
      }));
      for (const record of records) {
        await world.store.putMessage(message(record.messageId));
        const session = await world.session("0xs1");
        await world.commitRecord({ session, record, event: { kind: "evidence-added" } });
      }
      const [between, first, last] = records;
      expect(await world.store.listBoundaryRecords("0xs1")).to.deep.equal([first, last]);
      expect(await world.store.listRecords("0xs1")).to.deep.equal([first, between, last]);
      const range = { count: 3, leastNumber: 7n, greatestNumber: 2n ** 63n - 1n, areAllBound: false };
      expect(await world.store.readRecordRange("0xs1")).to.deep.equal(range);
      expect(await world.store.listBoundaryRecords("0xs2")).to.deep.equal([]);
    });

    it("keeps what a record says where that was not kept yet, and never something else", async function () {
      await world.openSessions("s1");
      await world.store.putMessage(message("r1"));
      const record = { ...recordOf("r1", "0xs1", 1n, 0n, 5n), reading: null };
      await world.commitRecord({ session: await world.session("0xs1"), record, event: { kind: "evidence-begun" } });
      await world.store.keepReading("r1", { reading: "first", isBoundary: false });
      await world.store.keepReading("r1", { reading: "second", isBoundary: true });
      await world.store.keepReading("unknown", { reading: "first", isBoundary: false });
      await world.reopen();
      expect(await world.store.findRecord("r1")).to.deep.equal({ ...record, reading: "first", isBoundary: false });
      expect(await world.store.listBoundaryRecords("0xs1")).to.deep.equal([]);
    });

    it("knows the register values before and after a record", async function () {
      await world.openSessions("s1", "s2");
      await world.complete("0xs1", "r1", 1n);
      await world.complete("0xs2", "r5", 5n);
      const at = (pagination: bigint): Promise<unknown> => world.store.readNeighbours("key", "1.8.0", "T", pagination);
      expect(await at(1n)).to.deep.equal({ greatestBelowMicroWh: null, smallestAboveMicroWh: 50n });
      expect(await at(3n)).to.deep.equal({ greatestBelowMicroWh: 15n, smallestAboveMicroWh: 50n });
      expect(await at(9n)).to.deep.equal({ greatestBelowMicroWh: 55n, smallestAboveMicroWh: null });
      const nothing = { greatestBelowMicroWh: null, smallestAboveMicroWh: null };
      expect(await world.store.readNeighbours("key", "2.8.0", "T", 3n)).to.deep.equal(nothing);
      expect(await world.store.readNeighbours("key", "1.8.0", "F", 3n)).to.deep.equal(nothing);
      expect(await world.store.readNeighbours("other", "1.8.0", "T", 3n)).to.deep.equal(nothing);
    });
  });
}
