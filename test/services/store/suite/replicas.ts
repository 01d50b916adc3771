import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import type { Fence, HeldConnection, StationCommand } from "../../../../services/store/replicas.ts";
import { chargingOf, frameOf, message, transactionOf } from "../samples.ts";
import { expectCode, type StoreWorld } from "../world.ts";

/** Long enough that nothing runs out in a test, and so short that a test can wait for it. */
const longMs = 600_000;
const shortMs = 40;
const connection: HeldConnection = {
  ...{ protocol: "ocpp2.0.1", securityProfile: 1, address: "192.0.2.1", connectedAtMs: 7 },
};
const commandOf = (commandId: string, stationId = "A"): StationCommand => ({
  ...{ commandId, stationId, action: "Reset", payload: '{"type":"Soft"}' },
});

export function describeReplicas(world: StoreWorld): void {
  const beat = (replicaId: string, forMs = longMs) =>
    world.store.beatReplica({ replicaId, version: "1.2.3", startedAtMs: 1, forMs });
  const hold = (stationId: string, replicaId: string) => world.store.holdStation(stationId, replicaId, connection);

  describe("Replicas", function () {
    it("are told which standbys the database has, of which there are none here", async function () {
      expect((await world.store.listStandbys()) ?? []).to.deep.equal([]);
    });

    it("are alive for as long as they say, and gone when they leave", async function () {
      await Promise.all([beat("b"), beat("a", shortMs)]);
      await hold("S", "b");
      await sleep(2 * shortMs);
      await world.reopen();
      const listed = await world.store.listReplicas();
      expect(listed.map(({ replicaId, version, startedAtMs }) => [replicaId, version, startedAtMs])).to.deep.equal([
        ["a", "1.2.3", 1],
        ["b", "1.2.3", 1],
      ]);
      expect(listed.map(({ isAlive, stations }) => [isAlive, stations])).to.deep.equal([
        [false, 0],
        [true, 1],
      ]);
      expect(listed.map(({ untilMs, lastBeatAtMs }) => untilMs - (lastBeatAtMs ?? 0))).to.deep.equal([shortMs, longMs]);
      await world.store.leaveReplica("a");
      expect((await world.store.listReplicas()).map(({ replicaId }) => replicaId)).to.deep.equal(["b"]);
    });

    it("give back leases and stations when they leave", async function () {
      await beat("a");
      await world.store.claimLease("work", "a", longMs);
      await hold("S", "a");
      await world.store.leaveReplica("a");
      expect(await world.store.listLeases()).to.deep.equal([{ name: "work", replicaId: null, epoch: 1, untilMs: 0 }]);
      expect(await world.store.findStationHold("S")).to.deep.include({ replicaId: null, epoch: 1, connection: null });
      expect((await world.store.claimLease("work", "b", longMs))?.epoch).to.equal(2);
    });
  });

  describe("Leases", function () {
    it("have one replica at a time, and a new epoch with each", async function () {
      expect(await world.store.claimLease("work", "a", longMs)).to.deep.include({
        name: "work",
        replicaId: "a",
        epoch: 1,
      });
      expect(await world.store.claimLease("work", "b", longMs)).to.equal(null);
      expect(await world.store.claimLease("other", "b", longMs)).to.deep.include({ replicaId: "b", epoch: 1 });
      // Who asks again has begun anew, and what it wrote before counts no more.
      expect((await world.store.claimLease("work", "a", longMs))?.epoch).to.equal(2);
      await world.reopen();
      expect(await world.store.claimLease("work", "b", longMs)).to.equal(null);
    });

    it("of twenty who ask at once go to one", async function () {
      const asked = Array.from({ length: 20 }, (_unused, index) => world.store.claimLease("work", `r${index}`, longMs));
      expect((await Promise.all(asked)).filter((lease) => lease !== null)).to.have.length(1);
    });

    it("run out unless they are renewed, and are renewed only by the newest epoch", async function () {
      const fence = { name: "work", epoch: 1 };
      await world.store.claimLease("work", "a", shortMs);
      expect(await world.store.renewLease(fence, longMs)).to.equal(true);
      await sleep(2 * shortMs);
      expect(await world.store.claimLease("work", "b", longMs)).to.equal(null);
      expect(await world.store.renewLease(fence, shortMs)).to.equal(true);
      await sleep(2 * shortMs);
      expect((await world.store.claimLease("work", "b", longMs))?.epoch).to.equal(2);
      expect(await world.store.renewLease(fence, longMs)).to.equal(false);
      expect(await world.store.renewLease({ name: "none", epoch: 1 }, longMs)).to.equal(false);
    });

    it("are given back by the newest epoch alone", async function () {
      await world.store.claimLease("work", "a", longMs);
      await world.store.claimLease("work", "a", longMs);
      await world.store.releaseLease({ name: "work", epoch: 1 });
      expect(await world.store.claimLease("work", "b", longMs)).to.equal(null);
      await world.store.releaseLease({ name: "work", epoch: 2 });
      expect(await world.store.renewLease({ name: "work", epoch: 2 }, longMs)).to.equal(false);
      expect((await world.store.claimLease("work", "b", longMs))?.epoch).to.equal(3);
    });

    it("fence writes: who was frozen beyond its lease writes nothing, whatever it does", async function () {
      let fence: Fence | null = null;
      const view = world.store.fenced(() => fence);
      await expectCode(view.putMessage(message("m1")), "LEASE_LOST");
      fence = await world.store.claimLease("work", "a", shortMs);
      await view.putMessage(message("m1"));
      await view.createBatch({ batchId: "b1", kind: "oracles", sessionIds: [], createdAtMs: 1 }, []);
      await sleep(2 * shortMs);
      // Its lease has run out and nobody has it: what it began is still its own.
      await view.putTransaction(transactionOf("b1", 0, 5));
      await world.store.claimLease("work", "b", longMs);
      await expectCode(view.putMessage(message("m2")), "LEASE_LOST");
      await expectCode(view.putTransaction(transactionOf("b1", 1, 6)), "LEASE_LOST");
      await expectCode(view.markSent("0xt0", 3), "LEASE_LOST");
      await expectCode(
        view.createBatch({ batchId: "b2", kind: "oracles", sessionIds: [], createdAtMs: 1 }, []),
        "LEASE_LOST",
      );
      await world.reopen();
      expect((await world.store.listPendingMessages(9)).map(({ messageId }) => messageId)).to.deep.equal(["m1"]);
      expect(await world.store.listLiveNonces()).to.deep.equal([5]);
      expect(await world.store.findBatch("b2")).to.equal(null);
    });

    it("leave what is read to everybody", async function () {
      const view = world.store.fenced(() => null);
      await world.store.putMessage(message("m1"));
      expect(await view.listPendingMessages(9)).to.have.length(1);
    });

    it("keep a nonce for one batch as long as its transaction may be mined", async function () {
      const batch = (batchId: string) => ({ batchId, kind: "oracles", sessionIds: [], createdAtMs: 1 }) as const;
      await world.store.createBatch(batch("b1"), []);
      await world.store.createBatch(batch("b2"), []);
      await world.store.putTransaction(transactionOf("b1", 0, 5));
      await world.store.putTransaction(transactionOf("b1", 1, 5));
      await expectCode(world.store.putTransaction(transactionOf("b2", 2, 5)), "STORE_CONTENDED");
      await world.store.abandonTransactions("b1");
      await world.store.putTransaction(transactionOf("b2", 3, 5));
      expect(await world.store.listLiveNonces()).to.deep.equal([5]);
    });
  });

  describe("Stations of replicas", function () {
    beforeEach(async function () {
      await Promise.all([beat("a"), beat("b")]);
    });

    it("belong to the newest connection, whichever replica it is at", async function () {
      expect(await hold("S", "a")).to.deep.equal({ stationId: "S", epoch: 1, formerReplicaId: null });
      expect(await hold("S", "a")).to.deep.equal({ stationId: "S", epoch: 2, formerReplicaId: "a" });
      expect(await hold("S", "b")).to.deep.equal({ stationId: "S", epoch: 3, formerReplicaId: "a" });
      await world.reopen();
      const held = { stationId: "S", replicaId: "b", epoch: 3, connection };
      expect(await world.store.findStationHold("S")).to.deep.equal(held);
      expect(await world.store.findStationHold("T")).to.equal(null);
      expect(await world.store.listConnectedStations()).to.deep.equal([held]);
    });

    it("have their frames refused that come with an older epoch, and keep their places without a gap", async function () {
      const { epoch } = await hold("S", "a");
      await world.store.commitFrame(frameOf("S"), [], epoch);
      const newer = await hold("S", "b");
      const late = world.store.commitFrame(frameOf("S"), [], epoch);
      const others = [
        world.store.commitFrame(frameOf("S"), [], newer.epoch),
        world.store.commitFrame(frameOf("T"), []),
      ];
      await expectCode(late, "STATION_MOVED");
      expect((await Promise.all(others)).map(({ frame }) => frame.stationOrdinal)).to.deep.equal([2, 1]);
      await world.reopen();
      expect((await world.store.listFrames("S", 0, 9)).map(({ stationOrdinal }) => stationOrdinal)).to.deep.equal([
        1, 2,
      ]);
    });

    it("have what their frames mean refused, too", async function () {
      await hold("S", "a");
      const kept = await world.keepTransaction(chargingOf("S", "7"));
      const station = { stationId: "S", replicaId: "a" };
      // A newer connection at the same replica takes nothing from it.
      await hold("S", "a");
      const own = { transaction: kept, frames: [], station };
      await world.store.commitChargingFrames([own]);
      await hold("S", "b");
      const step = { transaction: { ...kept, revision: 1, lastMessageAtMs: 99 }, station };
      await expectCode(world.store.commitStep(step), "STATION_MOVED");
      await expectCode(world.store.commitChargingFrames([{ ...step, frames: [] }]), "STATION_MOVED");
      expect(await world.store.listChargingTransactions("S")).to.deep.equal([{ ...kept, revision: 1 }]);
    });

    it("are found to have moved", async function () {
      const [first, second] = [await hold("S", "a"), await hold("T", "a")];
      await hold("S", "b");
      const known = [first, second];
      expect(await world.store.listMovedStations("a", known)).to.deep.equal(["S"]);
      expect(await world.store.listMovedStations("a", [])).to.deep.equal([]);
      await world.store.leaveReplica("a");
      expect(await world.store.listMovedStations("a", known)).to.deep.equal(["S", "T"]);
    });

    it("stay with their replica when their connection ends, if it is the newest", async function () {
      const older = await hold("S", "a");
      const newer = await hold("S", "a");
      await world.store.endConnection(older);
      expect((await world.store.findStationHold("S"))?.connection).to.deep.equal(connection);
      await world.store.endConnection(newer);
      expect(await world.store.findStationHold("S")).to.deep.include({ replicaId: "a", epoch: 2, connection: null });
      expect(await world.store.listConnectedStations()).to.deep.equal([]);
    });

    it("are adopted from a replica that is gone, as far as frames of theirs wait", async function () {
      await beat("dead", shortMs);
      for (const stationId of ["P", "Q", "R"]) {
        const { epoch } = await hold(stationId, stationId === "R" ? "b" : "dead");
        await world.store.commitFrame(frameOf(stationId), [], epoch);
      }
      await hold("W", "dead");
      await world.store.commitFrame(frameOf("X"), []);
      await sleep(2 * shortMs);
      expect(await world.store.findStationHold("P")).to.deep.include({ replicaId: "dead", connection: null });
      expect(await world.store.adoptStations("a", 2)).to.deep.equal([
        { stationId: "P", epoch: 2 },
        { stationId: "Q", epoch: 2 },
      ]);
      expect(await world.store.adoptStations("b", 9)).to.deep.equal([{ stationId: "X", epoch: 1 }]);
      expect(await world.store.adoptStations("b", 9)).to.deep.equal([]);
      await expectCode(world.store.commitFrame(frameOf("P"), [], 1), "STATION_MOVED");
    });

    it("are adopted with frames that were set aside", async function () {
      const { frame } = await world.store.commitFrame(frameOf("S"), []);
      await world.store.parkFrame(frame.ordinal, "S");
      await world.store.moveFrameCursors([{ stationId: "S", stationOrdinal: 1 }]);
      expect(await world.store.adoptStations("a", 9)).to.deep.equal([{ stationId: "S", epoch: 1 }]);
    });

    it("are asked for their own backlog", async function () {
      expect(await world.store.findFrameBacklog("S")).to.equal(null);
      await world.store.commitFrame(frameOf("S"), []);
      await world.store.commitFrame(frameOf("S"), []);
      await world.store.moveFrameCursors([{ stationId: "S", stationOrdinal: 1 }]);
      const backlog = { stationId: "S", stationOrdinal: 1, newestOrdinal: 2 };
      expect(await world.store.findFrameBacklog("S")).to.deep.equal(backlog);
    });
  });

  describe("Commands to stations of other replicas", function () {
    beforeEach(async function () {
      await Promise.all([beat("a"), beat("b")]);
      await hold("A", "a");
    });

    it("are taken once, by the replica that has the station, in the order in which they were asked", async function () {
      await world.store.askStation(commandOf("c1"), longMs);
      await world.store.askStation(commandOf("c2"), longMs);
      await world.store.askStation(commandOf("c1"), longMs);
      await world.store.askStation(commandOf("c3", "Z"), longMs);
      await world.reopen();
      expect(await world.store.takeCommands("b", 9)).to.deep.equal([]);
      const both = await Promise.all([world.store.takeCommands("a", 9), world.store.takeCommands("a", 9)]);
      expect(both.flat()).to.deep.equal([commandOf("c1"), commandOf("c2")]);
    });

    it("go to the replica that the station has gone to", async function () {
      await world.store.askStation(commandOf("c1"), longMs);
      await hold("A", "b");
      expect(await world.store.takeCommands("a", 9)).to.deep.equal([]);
      expect(await world.store.takeCommands("b", 9)).to.deep.equal([commandOf("c1")]);
    });

    it("have one outcome, which whoever asked finds", async function () {
      await world.store.askStation(commandOf("c1"), longMs);
      expect(await world.store.findCommandOutcome("c1")).to.equal(null);
      await world.store.endCommand("c1", { kind: "answered", answer: '{"status":"Accepted"}' });
      await world.store.endCommand("c1", { kind: "failed", code: "STATION_TIMEOUT", detail: "d" });
      await world.reopen();
      expect(await world.store.findCommandOutcome("c1")).to.deep.equal({
        kind: "answered",
        answer: '{"status":"Accepted"}',
      });
      await world.store.askStation(commandOf("c2"), longMs);
      await world.store.endCommand("c2", { kind: "failed", code: "STATION_TIMEOUT", detail: "d" });
      expect(await world.store.findCommandOutcome("c2")).to.deep.equal({
        ...{ kind: "failed", code: "STATION_TIMEOUT", detail: "d" },
      });
      expect(await world.store.findCommandOutcome("none")).to.equal(null);
    });

    it("are forgotten when their time is over, and not taken any more", async function () {
      await world.store.askStation(commandOf("c1"), shortMs);
      await world.store.askStation(commandOf("c2"), longMs);
      await world.store.endCommand("c1", { kind: "answered", answer: "{}" });
      await sleep(2 * shortMs);
      expect(await world.store.takeCommands("a", 9)).to.deep.equal([commandOf("c2")]);
      await world.store.dropCommands();
      expect(await world.store.findCommandOutcome("c1")).to.equal(null);
    });

    it("wake those who listen, until they listen no more", async function () {
      let signals = 0;
      const end = world.store.onSignal(() => {
        signals += 1;
      });
      await world.store.askStation(commandOf("c1"), longMs);
      for (let waitedMs = 0; signals === 0 && waitedMs < 2_000; waitedMs += 10) await sleep(10);
      expect(signals).to.be.greaterThan(0);
      end();
      const heard = signals;
      await world.store.askStation(commandOf("c2"), longMs);
      await sleep(shortMs);
      expect(signals).to.equal(heard);
    });
  });
}
