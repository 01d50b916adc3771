import { expect } from "chai";

import { createFramePump, type FramePump } from "../../../services/ocpp/wire/frame-pump.ts";
import type { FrameCursor, StoredFrame } from "../../../services/store/ocpp.ts";
import { connectStation, openOcppWorld, registerStation } from "../../helpers/ocpp-service.ts";

describe("Handing frames on", function () {
  it("gives the next layer every call, in order per station, and none of our own frames", async function () {
    const taken: string[] = [];
    const world = await openOcppWorld({
      inbox: {
        take({ stationId, messageId, action }) {
          taken.push(`${stationId} ${String(messageId)} ${String(action)}`);
          return Promise.resolve();
        },
        settled: () => Promise.resolve(),
      },
    });
    for (const stationId of ["CS-1", "CS-2"]) {
      await registerStation(world.store, stationId);
      const station = await connectStation(world.url, stationId);
      await station.ask([2, "1", "Authorize", { idTag: "A" }]);
      await station.ask([2, "2", "Heartbeat", {}]);
      station.send("nonsense");
      await station.next();
      await station.close();
    }
    await world.ocpp.handedOn();
    const backlogs = await world.store.listFrameBacklogs();
    await world.close();
    expect(taken).to.deep.equal(["CS-1 1 Authorize", "CS-1 2 Heartbeat", "CS-2 1 Authorize", "CS-2 2 Heartbeat"]);
    expect(backlogs).to.deep.equal([]);
  });

  it("does not keep an answer waiting", async function () {
    const world = await openOcppWorld({
      inbox: { take: () => new Promise(() => undefined), settled: () => Promise.resolve() },
    });
    await registerStation(world.store, "CS-1");
    const station = await connectStation(world.url, "CS-1");
    for (let round = 0; round < 3; round += 1) {
      expect(await station.ask([2, "1", "MeterValues", {}])).to.deep.equal([3, "1", {}]);
    }
    await station.close();
    await world.close();
  });

  describe("over restarts and faults", function () {
    const frames: StoredFrame[] = [];
    let parked: number[] = [];
    const cursors = new Map<string, number>();
    const alerts: string[] = [];
    let nowMs = 0;
    /** Called when frames are read from disk. */
    let onRead: () => void = () => undefined;
    let offerLate: (frame: StoredFrame) => void = () => undefined;
    const framesOf = (stationId: string) => frames.filter((frame) => frame.stationId === stationId);
    const cursorOf = (stationId: string) => cursors.get(stationId) ?? 0;
    const stations = () => [...new Set(frames.map(({ stationId }) => stationId))].sort();
    const isAllDone = () => stations().every((stationId) => cursorOf(stationId) === framesOf(stationId).length);
    const store = {
      listFrames: (stationId: string, after: number, limit: number) => {
        onRead();
        const own = framesOf(stationId);
        return Promise.resolve(own.filter(({ stationOrdinal }) => stationOrdinal > after).slice(0, limit));
      },
      listFrameBacklogs: () =>
        Promise.resolve(
          stations()
            .map((stationId) => ({
              stationId,
              stationOrdinal: cursorOf(stationId),
              newestOrdinal: framesOf(stationId).length,
            }))
            .filter(({ stationOrdinal, newestOrdinal }) => stationOrdinal < newestOrdinal),
        ),
      findFrameBacklog: async (stationId: string) =>
        (await store.listFrameBacklogs()).find((backlog) => backlog.stationId === stationId) ?? null,
      moveFrameCursors: (moved: readonly FrameCursor[]) => {
        for (const { stationId, stationOrdinal } of moved) cursors.set(stationId, stationOrdinal);
        return Promise.resolve();
      },
      parkFrame: (ordinal: number) => {
        parked.push(ordinal);
        return Promise.resolve();
      },
      listParkedStations: () =>
        Promise.resolve(stations().filter((id) => framesOf(id).some(({ ordinal }) => parked.includes(ordinal)))),
      listParkedFrames: (stationId: string, limit: number) =>
        Promise.resolve(
          framesOf(stationId)
            .filter(({ ordinal }) => parked.includes(ordinal))
            .slice(0, limit),
        ),
      unparkFrame: (ordinal: number) => {
        parked = parked.filter((other) => other !== ordinal);
        return Promise.resolve();
      },
    };
    let broken = new Set<string>();
    const taken: string[] = [];

    beforeEach(function () {
      frames.length = 0;
      taken.length = 0;
      alerts.length = 0;
      parked = [];
      cursors.clear();
      onRead = () => undefined;
      nowMs = 0;
      broken = new Set();
    });

    function put(stationId: string, count: number, text = "[]"): void {
      const before = framesOf(stationId).length;
      for (let index = 0; index < count; index += 1) {
        const ordinal = frames.length + 1;
        frames.push({
          ordinal,
          frameId: String(ordinal),
          stationOrdinal: before + index + 1,
          stationId,
          protocol: "ocpp1.6",
          direction: "in",
          receivedAtMs: 1,
          text,
          action: "Heartbeat",
          messageId: "1",
          answer: null,
          faults: null,
          ocppTransactionId: null,
        });
      }
    }

    /** @param offered Frames that come while it runs, and whose payloads are parsed. */
    async function runUntil(
      isDone: () => boolean,
      offered: readonly StoredFrame[] = [],
      onRunning: (pump: FramePump) => void = () => undefined,
    ): Promise<void> {
      const stop = new AbortController();
      const pump: FramePump = createFramePump({
        store,
        inbox: {
          take({ stationId, frameId }, payload) {
            if (broken.has(stationId)) return Promise.reject(new Error("cannot"));
            taken.push(`${stationId}${frameId}${payload === undefined ? "" : " parsed"}`);
            return Promise.resolve();
          },
          settled: () => Promise.resolve(),
        },
        desk: { alert: (alert) => alerts.push(alert), note: () => undefined },
        elapsedMs: () => nowMs,
      });
      const running = pump.run(stop.signal);
      for (const frame of offered) pump.offer(frame, {});
      offerLate = (frame) => {
        pump.offer(frame, {});
      };
      onRunning(pump);
      for (let waitedMs = 0; !isDone() && waitedMs < 10_000; waitedMs += 5) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      stop.abort();
      await running;
    }

    it("goes on where it stopped", async function () {
      put("A", 300);
      await runUntil(isAllDone);
      put("A", 2);
      taken.length = 0;
      await runUntil(isAllDone);
      expect(taken).to.deep.equal(["A301", "A302"]);
    });

    it("hands on what is in memory, and reads back from disk what is too much to keep there", async function () {
      put("A", 65);
      await runUntil(isAllDone, frames);
      expect(taken).to.deep.equal(frames.map(({ frameId }) => `A${frameId} parsed`));

      taken.length = 0;
      put("A", 65, "x".repeat(262_144));
      const large = frames.slice(65);
      await runUntil(isAllDone, large);
      expect(taken.map((one) => one.replace(" parsed", ""))).to.deep.equal(large.map(({ frameId }) => `A${frameId}`));
      expect(taken.filter((one) => one.endsWith(" parsed")).length).to.be.below(10);
    });

    it("reads what it was not told of when it is told of a later frame of the station", async function () {
      put("A", 1);
      let isTold = false;
      await runUntil(() => {
        if (!isAllDone()) return false;
        if (isTold) return true;
        isTold = true;
        put("A", 2);
        put("B", 1);
        for (const frame of frames.slice(2)) offerLate(frame);
        return false;
      }, frames.slice());
      expect(taken.filter((one) => one.startsWith("A"))).to.deep.equal(["A1 parsed", "A2", "A3"]);
      expect(taken.filter((one) => one.startsWith("B"))).to.deep.equal(["B4 parsed"]);
    });

    it("loses no frame that comes while an earlier run's are read", async function () {
      put("A", 2);
      put("B", 1);
      let isFirst = true;
      const late: StoredFrame[] = [];
      onRead = () => {
        if (!isFirst) return;
        isFirst = false;
        put("A", 1);
        late.push(...frames.slice(3));
        for (const frame of late) offerLate(frame);
      };
      await runUntil(isAllDone, frames.slice(1, 2));
      expect(taken.filter((one) => one.startsWith("A")).map((one) => one.slice(0, 2))).to.deep.equal([
        "A1",
        "A2",
        "A4",
      ]);
      expect(taken.filter((one) => one.startsWith("B")).length).to.equal(1);
    });

    it("tells who waits for everything, or for one station, when that is done and not before", async function () {
      // More than is handed on in one turn.
      put("A", 3_000);
      put("B", 1);
      broken = new Set(["B"]);
      const order: string[] = [];
      await runUntil(
        () => order.length === 2,
        [],
        (pump) => {
          // Asked before it knows what an earlier run has left.
          void pump.settled().then(() => order.push(`all after ${cursorOf("A")} and ${cursorOf("B")}`));
          void pump.settled("A").then(() => order.push(`A after ${cursorOf("A")}`));
        },
      );
      expect(order).to.have.members(["A after 3000", "all after 3000 and 1"]);
    });

    it("does not keep a station waiting for what another one has sent", async function () {
      put("A", 20_000);
      put("B", 2);
      put("A", 500);
      put("B", 1);
      await runUntil(isAllDone);
      const own = (stationId: string) => taken.filter((one) => one.startsWith(stationId));
      expect(own("B")).to.deep.equal(["B20001", "B20002", "B20503"]);
      expect(own("A")).to.deep.equal(framesOf("A").map(({ frameId }) => `A${frameId}`));
      // However much is in front of it: what was kept of the other, and a few turns.
      expect(taken.indexOf("B20503")).to.be.below(8_000);
    });

    it("moves its mark over nothing that was not handed on, and goes on from there", async function () {
      put("A", 6_000);
      put("B", 1);
      let seen = 0;
      await runUntil(() => {
        seen = cursorOf("A");
        return taken.includes("B6001");
      });
      expect(taken.filter((one) => one.startsWith("A")).length).to.be.at.least(seen);
      taken.length = 0;
      const from = cursorOf("A");
      await runUntil(isAllDone);
      expect(taken.filter((one) => one.startsWith("A"))).to.deep.equal(
        framesOf("A")
          .slice(from)
          .map(({ frameId }) => `A${frameId}`),
      );
    });

    it("sets aside what cannot be handed on and all that follows of that station, and only of that one", async function () {
      put("A", 1);
      put("B", 2);
      put("A", 1);
      broken = new Set(["A"]);
      await runUntil(isAllDone);
      expect(taken).to.deep.equal(["B2", "B3"]);
      expect(parked).to.deep.equal([1, 4]);
      expect(alerts).to.deep.equal(["ocpp-inbox-failed"]);

      // What another station cannot get rid of keeps nobody's frames set aside, however many they are.
      put("C", 1);
      broken = new Set(["A", "C"]);
      await runUntil(isAllDone);
      broken = new Set(["A"]);
      await runUntil(() => parked.length === 2);
      expect(taken.at(-1)).to.equal("C5");
      taken.pop();

      // After a restart what was set aside comes first.
      put("A", 1);
      broken = new Set();
      await runUntil(() => isAllDone() && parked.length === 0);
      expect(taken).to.deep.equal(["B2", "B3", "A1", "A4", "A6"]);
    });
  });
});
