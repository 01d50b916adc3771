import { expect } from "chai";

import type { FrameEffect, NewTransaction } from "../../../../services/store/ocpp.ts";
import { createRandom } from "../../../helpers/random.ts";
import { frameOf } from "../samples.ts";
import { expectCode, type StoreWorld } from "../world.ts";

/** A start under an id that the station has, so that no id is free for it: it cannot be stored. */
function startOf(naturalKey: string, id: string, other: Partial<NewTransaction> = {}): FrameEffect {
  return {
    kind: "transaction-started",
    transaction: {
      naturalKey,
      retryKey: null,
      ocppTransactionIds: [id],
      evse: 1,
      connector: 1,
      idToken: "A",
      startedAtText: "2026-03-01T10:00:00Z",
      ...other,
    },
  };
}

export function describeFrames(world: StoreWorld): void {
  describe("Frames", function () {
    const placesOf = async (stationId: string) =>
      (await world.store.listFrames(stationId, 0, 10_000)).map(({ stationOrdinal }) => stationOrdinal);
    const upTo = (count: number) => Array.from({ length: count }, (_unused, index) => index + 1);

    it("are kept as they came, with what the store adds", async function () {
      const frame = frameOf("A", "in", "MeterValues", { text: "[ 2 ]", answer: "[3]", faults: ["one", "two"] });
      const { frame: stored, transaction } = await world.store.commitFrame(frame, []);
      expect(stored).to.deep.include({ ...frame, stationOrdinal: 1, ocppTransactionId: null });
      expect(stored.frameId).to.equal(String(stored.ordinal));
      expect(transaction).to.equal(null);
      await world.reopen();
      expect(await world.store.listFrames("A", 0, 9)).to.deep.equal([stored]);
    });

    it("have places without a gap in each station's own order, however stations and calls mix", async function () {
      const commits = ["A", "B", "A", "A", "C", "B"].map((id) => world.store.commitFrame(frameOf(id), []));
      const places = (await Promise.all(commits)).map(({ frame }) => `${frame.stationId}${frame.stationOrdinal}`);
      expect(places).to.deep.equal(["A1", "B1", "A2", "A3", "C1", "B2"]);
      await world.reopen();
      const { frame } = await world.store.commitFrame(frameOf("B"), []);
      expect(frame.stationOrdinal).to.equal(3);
      expect(await placesOf("A")).to.deep.equal([1, 2, 3]);
    });

    it("have numbers that no other frame has and that grow within a station", async function () {
      const commits = ["A", "B", "A", "B", "A"].map((id) => world.store.commitFrame(frameOf(id), []));
      const frames = (await Promise.all(commits)).map(({ frame }) => frame);
      expect(new Set(frames.map(({ ordinal }) => ordinal)).size).to.equal(5);
      for (const stationId of ["A", "B"]) {
        const numbers = (await world.store.listFrames(stationId, 0, 9)).map(({ ordinal }) => ordinal);
        expect(numbers).to.deep.equal([...numbers].sort((left, right) => left - right));
      }
    });

    it("resolve for one station in the order of their places, which is that of the calls", async function () {
      const resolved: number[] = [];
      await Promise.all(
        upTo(40).map(async (index) => {
          const { frame } = await world.store.commitFrame(frameOf("A", "in", "MeterValues", { text: `${index}` }), []);
          expect(frame.text).to.equal(`${frame.stationOrdinal}`);
          resolved.push(frame.stationOrdinal);
        }),
      );
      expect(resolved).to.deep.equal(upTo(40));
    });

    it("can all be read up to one that can be read", async function () {
      await Promise.all(
        upTo(30).map(async () => {
          const { frame } = await world.store.commitFrame(frameOf("A"), []);
          expect((await placesOf("A")).slice(0, frame.stationOrdinal)).to.deep.equal(upTo(frame.stationOrdinal));
        }),
      );
    });

    it("take no place where they are refused, and keep no other frame from its place", async function () {
      await world.store.commitFrame(frameOf("A", "in", "StartTransaction"), [startOf("first", "77")]);
      const results = await Promise.allSettled([
        world.store.commitFrame(frameOf("A"), []),
        world.store.commitFrame(frameOf("A", "in", "StartTransaction"), [startOf("second", "77")]),
        world.store.commitFrame(frameOf("B"), []),
        world.store.commitFrame(frameOf("A"), []),
      ]);
      expect(results.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
      expect(await placesOf("A")).to.deep.equal([1, 2, 3]);
      expect(await placesOf("B")).to.deep.equal([1]);
      await expectCode(
        world.store.commitFrame(frameOf("A", "in", "StartTransaction"), [startOf("second", "77")]),
        "STORE_CONTENDED",
      );
      const { frame } = await world.store.commitFrame(frameOf("A"), []);
      expect(frame.stationOrdinal).to.equal(4);
    });

    it("keep the order of the calls where one that is refused has others written alone", async function () {
      await world.store.commitFrame(frameOf("A", "in", "StartTransaction"), [startOf("first", "77")]);
      const told = (text: string) => world.store.commitFrame(frameOf("A", "in", "MeterValues", { text }), []);
      // What follows is told at once after the first commit, of which the frames are then written alone.
      const later = world.store.unparkFrame(9).then(() => told("3"));
      const results = await Promise.allSettled([
        told("1"),
        world.store.commitFrame(frameOf("A", "in", "StartTransaction"), [startOf("second", "77")]),
        told("2"),
        later,
      ]);
      expect(results.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
      const texts = (await world.store.listFrames("A", 1, 9)).map(({ text }) => text);
      expect(texts).to.deep.equal(["1", "2", "3"]);
    });

    it("have no gap after any mixture of good and refused frames, marks and restarts", async function () {
      this.timeout(60_000);
      const random = createRandom(241);
      await world.store.commitFrame(frameOf("A", "in", "StartTransaction"), [startOf("first", "77")]);
      const counts = new Map([["A", 1]]);
      const cursors = new Map<string, number>();
      for (let round = 0; round < 40; round += 1) {
        const commits = Array.from({ length: random.below(12) }, (_unused, index) => {
          const isBad = random.below(4) === 0;
          const stationId = isBad ? "A" : random.pick(["A", "B", "C"]);
          const effects = isBad ? [startOf(`${round} ${index}`, "77")] : [];
          return world.store.commitFrame(frameOf(stationId), effects).then(
            ({ frame }) => {
              const before = counts.get(frame.stationId) ?? 0;
              expect(frame.stationOrdinal).to.equal(before + 1);
              counts.set(frame.stationId, before + 1);
            },
            () => {
              expect(isBad).to.equal(true);
            },
          );
        });
        const moved = [...counts].flatMap(([stationId, count]) =>
          random.below(2) === 0 ? [] : [{ stationId, stationOrdinal: random.below(count + 1) }],
        );
        for (const { stationId, stationOrdinal } of moved) {
          cursors.set(stationId, Math.max(stationOrdinal, cursors.get(stationId) ?? 0));
        }
        await Promise.all([...commits, world.store.moveFrameCursors(moved)]);
        if (random.below(5) === 0) await world.reopen();
        const backlogs = [...counts]
          .map(([stationId, newestOrdinal]) => ({
            stationId,
            stationOrdinal: cursors.get(stationId) ?? 0,
            newestOrdinal,
          }))
          .filter(({ stationOrdinal, newestOrdinal }) => stationOrdinal < newestOrdinal)
          .sort((left, right) => (left.stationId < right.stationId ? -1 : 1));
        expect(await world.store.listFrameBacklogs()).to.deep.equal(backlogs);
        for (const [stationId, count] of counts) expect(await placesOf(stationId)).to.deep.equal(upTo(count));
      }
    });

    it("are listed behind a place, in order, and no more than were asked for", async function () {
      for (const stationId of ["A", "A", "B", "A", "A"]) await world.store.commitFrame(frameOf(stationId), []);
      await world.store.moveFrameCursors([{ stationId: "A", stationOrdinal: 2 }]);
      const places = async (after: number, limit: number) =>
        (await world.store.listFrames("A", after, limit)).map(({ stationOrdinal }) => stationOrdinal);
      expect(await places(0, 9)).to.deep.equal([1, 2, 3, 4]);
      expect(await places(1, 2)).to.deep.equal([2, 3]);
      expect(await places(2, 1)).to.deep.equal([3]);
      expect(await places(4, 9)).to.deep.equal([]);
      expect(await places(99, 9)).to.deep.equal([]);
      expect(await world.store.listFrames("unknown", 0, 9)).to.deep.equal([]);
    });

    it("stay when their station is removed, and go on being counted when it comes back", async function () {
      await world.store.putStation({ stationId: "A", apiKeySha256: "01", evses: [1] });
      const { frame } = await world.store.commitFrame(frameOf("A"), []);
      expect(await world.store.removeStation("A")).to.equal(true);
      expect(await world.store.listFrames("A", 0, 9)).to.deep.equal([frame]);
      await world.store.putStation({ stationId: "A", apiKeySha256: "01", evses: [1] });
      expect((await world.store.commitFrame(frameOf("A"), [])).frame.stationOrdinal).to.equal(2);
    });

    it("are handed on station by station: a mark is one station's, and moves neither back nor past its frames", async function () {
      for (const stationId of ["B", "A", "B", "B"]) await world.store.commitFrame(frameOf(stationId), []);
      expect(await world.store.listFrameBacklogs()).to.deep.equal([
        { stationId: "A", stationOrdinal: 0, newestOrdinal: 1 },
        { stationId: "B", stationOrdinal: 0, newestOrdinal: 3 },
      ]);
      await world.store.moveFrameCursors([
        { stationId: "B", stationOrdinal: 2 },
        { stationId: "A", stationOrdinal: 7 },
        { stationId: "unknown", stationOrdinal: 1 },
      ]);
      await world.store.moveFrameCursors([{ stationId: "B", stationOrdinal: 1 }]);
      await world.reopen();
      expect(await world.store.listFrameBacklogs()).to.deep.equal([
        { stationId: "B", stationOrdinal: 2, newestOrdinal: 3 },
      ]);
      expect((await world.store.commitFrame(frameOf("A"), [])).frame.stationOrdinal).to.equal(2);
      expect((await world.store.commitFrame(frameOf("unknown"), [])).frame.stationOrdinal).to.equal(1);
      expect((await world.store.listFrameBacklogs()).map(({ stationId }) => stationId)).to.deep.equal([
        "A",
        "B",
        "unknown",
      ]);
    });

    it("that are stored together with a mark are behind it after a restart", async function () {
      await world.store.commitFrame(frameOf("A"), []);
      await Promise.all([
        world.store.commitFrame(frameOf("A"), []),
        world.store.moveFrameCursors([{ stationId: "A", stationOrdinal: 1 }]),
        world.store.commitFrame(frameOf("B"), []),
      ]);
      await world.reopen();
      expect(await world.store.listFrameBacklogs()).to.deep.equal([
        { stationId: "A", stationOrdinal: 1, newestOrdinal: 2 },
        { stationId: "B", stationOrdinal: 0, newestOrdinal: 1 },
      ]);
      expect((await world.store.commitFrame(frameOf("A"), [])).frame.stationOrdinal).to.equal(3);
    });

    it("are set aside once, listed by station in order, and taken back", async function () {
      const frames = [];
      for (const [index, stationId] of ["B", "A", "B"].entries()) {
        const frame = frameOf(stationId, "in", "MeterValues", { receivedAtMs: 10 - index });
        frames.push((await world.store.commitFrame(frame, [])).frame);
      }
      const [first, ofA, second] = frames;
      if (first === undefined || ofA === undefined || second === undefined) expect.fail("There are three.");
      expect(await world.store.readOldestParkedFrameMs()).to.equal(null);
      for (const frame of [second, first, ofA, first]) await world.store.parkFrame(frame.ordinal, frame.stationId);
      await world.reopen();
      expect(await world.store.listParkedStations()).to.deep.equal(["A", "B"]);
      expect(await world.store.listParkedFrames("B", 9)).to.deep.equal([first, second]);
      expect(await world.store.listParkedFrames("B", 1)).to.deep.equal([first]);
      expect(await world.store.readOldestParkedFrameMs()).to.equal(8);
      await world.store.unparkFrame(first.ordinal);
      const discarded = {
        atMs: 1,
        keyId: "k",
        keyName: "ada",
        action: "frame-discard",
        subject: ofA.frameId,
        details: "{}",
      };
      expect(await world.store.discardParkedFrame(ofA.ordinal, [], discarded)).to.equal(true);
      expect(await world.store.discardParkedFrame(ofA.ordinal, [], discarded)).to.equal(false);
      expect(await world.store.listActions(ofA.frameId)).to.deep.equal([{ ...discarded, result: "done" }]);
      await world.store.unparkFrame(99_999);
      expect(await world.store.listParkedStations()).to.deep.equal(["B"]);
      expect(await world.store.listParkedFrames("A", 9)).to.deep.equal([]);
      expect(await world.store.listParkedFrames("unknown", 9)).to.deep.equal([]);
    });

    it("that the schema has something against are listed by station, newest first", async function () {
      const faulty = { faults: ["one"] };
      await world.store.commitFrame(frameOf("A", "in", "X", faulty), []);
      await world.store.commitFrame(frameOf("B", "in", "X", faulty), []);
      await world.store.commitFrame(frameOf("A"), []);
      await world.store.commitFrame(frameOf("A", "in", "X", faulty), []);
      const places = async (stationId: string, limit: number) =>
        (await world.store.listQuarantinedFrames(stationId, limit)).map(({ stationOrdinal }) => stationOrdinal);
      expect(await places("A", 9)).to.deep.equal([3, 1]);
      expect(await places("A", 1)).to.deep.equal([3]);
      expect(await places("C", 9)).to.deep.equal([]);
    });
  });

  describe("Transactions that stations begin", function () {
    const begin = (effect: FrameEffect, stationId = "A") =>
      world.store.commitFrame(frameOf(stationId, "in", "StartTransaction"), [effect]);
    const oursOf = (ids: readonly string[], other: Partial<NewTransaction> = {}) =>
      startOf("start", "", { ocppTransactionIds: ids, ...other });

    it("are one for every repetition of a start, under the first free id that was offered", async function () {
      const { frame, transaction } = await begin(oursOf(["7", "8"]));
      expect(transaction).to.deep.include({ ocppTransactionId: "7", idTokenStatus: null, startedFrame: frame.ordinal });
      expect(frame.ocppTransactionId).to.equal("7");
      const again = await begin(oursOf(["9"]));
      expect(again.transaction).to.deep.equal(transaction);
      expect(again.frame.ocppTransactionId).to.equal("7");
      const other = await begin(startOf("other", "", { ocppTransactionIds: ["7", "8"] }));
      expect(other.transaction?.ocppTransactionId).to.equal("8");
      const ofAnother = await begin(oursOf(["7"]), "B");
      expect(ofAnother.transaction?.ocppTransactionId).to.equal("7");
      await world.reopen();
      expect(await world.store.findOcppTransaction("A", "7")).to.deep.equal(transaction);
      expect(await world.store.findOcppTransaction("A", "unknown")).to.equal(null);
      const listed = await world.store.listOcppTransactions("A", 9);
      expect(listed.map(({ ocppTransactionId }) => ocppTransactionId)).to.deep.equal(["8", "7"]);
      expect((await world.store.listOcppTransactions("A", 1)).length).to.equal(1);
    });

    it("are one where a start comes again with another time of the same day, as long as it has no end", async function () {
      const first = await begin(startOf("k1", "7", { retryKey: "r" }));
      const dated = await begin(startOf("k2", "8", { retryKey: "r", startedAtText: "2026-03-01T11:00:00Z" }));
      expect(dated.transaction?.ordinal).to.equal(first.transaction?.ordinal);
      await world.store.commitFrame(frameOf("A"), [{ kind: "transaction-ended", ocppTransactionId: "7" }]);
      const next = await begin(startOf("k3", "9", { retryKey: "r", startedAtText: "2026-03-01T12:00:00Z" }));
      expect(next.transaction?.ocppTransactionId).to.equal("9");
      const late = await begin(startOf("k2", "10", { retryKey: "r", startedAtText: "2026-03-01T11:00:00Z" }));
      expect(late.transaction?.ordinal).to.equal(first.transaction?.ordinal);
    });

    it("end with the first frame that says so, and keep an idToken that was accepted", async function () {
      const { transaction } = await begin(startOf("k", "7"));
      const decide = (status: string): FrameEffect => ({
        kind: "token-decided",
        transactionOrdinal: transaction?.ordinal ?? 0,
        status,
      });
      await world.store.commitFrame(frameOf("A", "out"), [decide("Invalid")]);
      await world.store.commitFrame(frameOf("A", "out"), [decide("Accepted")]);
      await world.store.commitFrame(frameOf("A", "out"), [decide("Invalid")]);
      const ended: FrameEffect = { kind: "transaction-ended", ocppTransactionId: "7" };
      const { frame } = await world.store.commitFrame(frameOf("A"), [ended]);
      await world.store.commitFrame(frameOf("A"), [ended]);
      await world.store.commitFrame(frameOf("B"), [ended]);
      expect(await world.store.findOcppTransaction("A", "7")).to.deep.include({
        idTokenStatus: "Accepted",
        endedFrame: frame.ordinal,
      });
    });
  });
}
