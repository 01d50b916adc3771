import { expect } from "chai";

import type { ArchiveFile } from "../../../../services/store/archive.ts";
import type { StoredFrame } from "../../../../services/store/ocpp.ts";
import { block, cdrOf, changeOf, chargingOf, frameOf } from "../samples.ts";
import { expectCode, type StoreWorld } from "../world.ts";

const beforeMs = 1_000;
const position = { txHash: "0xc", blockNumber: 2, blockHash: "0xa2", logIndex: 0 };
const amounts = { energyMicroWh: 1_500_000n, chargingSeconds: 3, connectedSeconds: 0, chargedMicro: 7n };
const settled = { kind: "settled", position, ...amounts, returnedMicro: 1n, batch: 1, isReadable: true } as const;
const fileOf = (frames: readonly { readonly ordinal: number }[], name = "f"): ArchiveFile => ({
  ...{ name, sha256: "00", frames: frames.length, archivedAtMs: 9 },
  ...{ firstOrdinal: frames[0]?.ordinal ?? 0, lastOrdinal: frames.at(-1)?.ordinal ?? 0 },
});

export function describeArchive(world: StoreWorld): void {
  describe("Frames that can be archived", function () {
    /** Keeps so many frames of a station, and hands all of them on. */
    async function keep(stationId: string, count: number, receivedAtMs = 1): Promise<readonly StoredFrame[]> {
      const frames: StoredFrame[] = [];
      for (let index = 0; index < count; index += 1) {
        const { frame } = await world.store.commitFrame(frameOf(stationId, "in", "MeterValues", { receivedAtMs }), []);
        frames.push(frame);
      }
      const stationOrdinal = frames.at(-1)?.stationOrdinal ?? 0;
      await world.store.moveFrameCursors([{ stationId, stationOrdinal }]);
      return frames;
    }
    const listed = async () =>
      (await world.store.listArchivableFrames(beforeMs, 0, 99)).map(({ stationId, stationOrdinal: place }) =>
        [stationId, place].join(""),
      );
    /** A session with a transaction of this frame, settled at the time that `changeOf` writes: 5. */
    async function settle(name: string, frame: StoredFrame, cdr = cdrOf(`0x${name}`)): Promise<void> {
      await world.openSessions(name);
      const sessionId = `0x${name}`;
      const over = { sessionId, isOpen: false, endedAtMs: 2 };
      await world.commitTransaction({
        transaction: chargingOf(frame.stationId, name, over),
        frame: frame.ordinal,
        session: await world.session(sessionId),
        event: { kind: "evidence-completed" },
        cdr,
      });
      const change = changeOf(await world.session(sessionId), { kind: "closed", closing: settled, reason: null });
      await world.progress({ cursor: block(2), changes: [change] });
    }

    it("are old, handed on, and not the newest of their station", async function () {
      expect(await world.store.sumArchivableFrames(beforeMs)).to.deep.equal({
        ...{ frames: 0, characters: 0, oldestAtMs: null },
      });
      await keep("A", 3);
      await keep("B", 2, beforeMs);
      await world.store.commitFrame(frameOf("C"), []);
      await world.store.commitFrame(frameOf("C"), []);
      expect(await listed()).to.deep.equal(["A1", "A2"]);
      const sum = await world.store.sumArchivableFrames(beforeMs);
      expect(sum).to.deep.equal({ frames: 2, characters: 4, oldestAtMs: 1 });
      const [, second] = await world.store.listArchivableFrames(beforeMs, 0, 99);
      const behind = await world.store.listArchivableFrames(beforeMs, (second?.ordinal ?? 0) - 1, 1);
      expect(behind).to.deep.equal([second]);
    });

    it("are none that were set aside, wait for a start, may be of a session, or began or ended a transaction", async function () {
      const [parked, stray, unmatched] = await keep("A", 6);
      if (parked === undefined || stray === undefined || unmatched === undefined) expect.fail("frames are missing");
      await world.store.parkFrame(parked.ordinal, "A");
      await world.store.putStrayFrame(stray, 0);
      await world.openSessions("s1");
      await world.store.putUnmatched("0xs1", unmatched.ordinal);
      const ids = { naturalKey: "k", retryKey: null, ocppTransactionIds: ["7"] };
      const place = { evse: 1, connector: 1, idToken: "T", startedAtText: null };
      await world.store.commitFrame(frameOf("B", "in", "StartTransaction"), [
        { kind: "transaction-started", transaction: { ...ids, ...place } },
      ]);
      await world.store.commitFrame(frameOf("B", "in", "StopTransaction"), [
        { kind: "transaction-ended", ocppTransactionId: "7" },
      ]);
      await world.store.commitFrame(frameOf("B"), []);
      await world.store.moveFrameCursors([{ stationId: "B", stationOrdinal: 3 }]);
      expect(await listed()).to.deep.equal(["A4", "A5"]);
    });

    it("are those of sessions that were settled before from what a meter signed, and of no other", async function () {
      const [signed, unsigned, open, loose] = await keep("A", 5);
      if (signed === undefined || unsigned === undefined || open === undefined || loose === undefined)
        expect.fail("frames are missing");
      await settle("s1", signed);
      const evidence = { grade: "plausible-unsigned", reasons: [], flags: [] } as const;
      await settle("s2", unsigned, { ...cdrOf("0xs2"), evidence });
      await world.openSessions("s3");
      const going = chargingOf("A", "s3", { sessionId: "0xs3" });
      await world.keepTransaction(going, open.ordinal);
      await world.keepTransaction(chargingOf("A", "s4", { isOpen: false }), loose.ordinal);
      expect(await listed()).to.deep.equal(["A1"]);
      const [frame] = await world.store.listArchivableFrames(beforeMs, 0, 99);
      expect(frame).to.deep.equal({ ...signed, sessionIds: ["0xs1"] });
      // Settled only now, as far as this time goes.
      expect(await world.store.listArchivableFrames(5, 0, 99)).to.deep.equal([]);
      // A challenge needs all that there is.
      await world.progress({ acts: [{ sessionId: "0xs1", act: "challenge", dueAtMs: 0 }] });
      expect(await listed()).to.deep.equal([]);
    });

    it("leave together with the row of their file, and the others keep their places and numbers", async function () {
      const frames = await keep("A", 3);
      await settle("s1", frames[0] ?? expect.fail("no frame"));
      const gone = frames.slice(0, 2);
      const ordinals = gone.map(({ ordinal }) => ordinal);
      await world.store.removeArchivedFrames(fileOf(gone), ordinals, beforeMs);
      await world.reopen();
      expect(await world.store.listFrames("A", 0, 9)).to.deep.equal(frames.slice(2));
      expect(await world.store.listArchiveFiles()).to.deep.equal([fileOf(gone)]);
      const transaction = await world.store.findTransactionOfSession("0xs1");
      expect(await world.store.listTransactionFrames(transaction?.ordinal ?? 0)).to.deep.equal([]);
      const { frame } = await world.store.commitFrame(frameOf("A"), []);
      expect(frame.stationOrdinal).to.equal(4);
      expect(frames.map(({ ordinal }) => ordinal)).not.to.include(frame.ordinal);
    });

    it("are refused as a whole where one of them is needed, or is gone", async function () {
      const frames = await keep("A", 4);
      const [first, second] = frames.map(({ ordinal }) => ordinal);
      if (first === undefined || second === undefined) expect.fail("frames are missing");
      await world.store.parkFrame(second, "A");
      const remove = (ordinals: readonly number[]) =>
        world.store.removeArchivedFrames(fileOf(frames), ordinals, beforeMs);
      await expectCode(remove([first, second]), "STORE_CONTENDED");
      await remove([first]);
      await expectCode(remove([first]), "STORE_CONTENDED");
      expect(await world.store.listFrames("A", 0, 9)).to.deep.equal(frames.slice(1));
      expect(await world.store.listArchiveFiles()).to.have.length(1);
    });
  });
}
