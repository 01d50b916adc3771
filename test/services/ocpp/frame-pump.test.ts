import { expect } from "chai";

import { createFramePump, type FramePump } from "../../../services/ocpp/wire/frame-pump.ts";
import type { StoredFrame } from "../../../services/store/ocpp.ts";
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
    const cursor = await world.store.readFrameCursor();
    const last = (await world.store.listFrames(0, 100)).at(-1);
    await world.close();
    expect(taken).to.deep.equal(["CS-1 1 Authorize", "CS-1 2 Heartbeat", "CS-2 1 Authorize", "CS-2 2 Heartbeat"]);
    expect(cursor).to.equal(last?.ordinal);
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
    let cursor = 0;
    const alerts: string[] = [];
    let nowMs = 0;
    const store = {
      listFrames: (after: number, limit: number) =>
        Promise.resolve(frames.filter(({ ordinal }) => ordinal > after).slice(0, limit)),
      readFrameCursor: () => Promise.resolve(cursor),
      moveFrameCursor: (ordinal: number) => {
        cursor = ordinal;
        return Promise.resolve();
      },
      parkFrame: (ordinal: number) => {
        parked.push(ordinal);
        return Promise.resolve();
      },
      listParkedFrames: (limit: number) =>
        Promise.resolve(frames.filter(({ ordinal }) => parked.includes(ordinal)).slice(0, limit)),
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
      cursor = 0;
      nowMs = 0;
      broken = new Set();
    });

    function put(stationId: string, count: number, text = "[]"): void {
      for (let index = 0; index < count; index += 1) {
        const ordinal = frames.length + 1;
        frames.push({
          ordinal,
          frameId: String(ordinal),
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
    async function runUntil(isDone: () => boolean, offered: readonly StoredFrame[] = []): Promise<void> {
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
        now: () => nowMs,
      });
      const running = pump.run(stop.signal);
      for (const frame of offered) pump.offer(frame, {});
      for (let waitedMs = 0; !isDone() && waitedMs < 10_000; waitedMs += 5) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      stop.abort();
      await running;
    }

    it("goes on where it stopped", async function () {
      put("A", 300);
      await runUntil(() => cursor === 300);
      put("A", 2);
      taken.length = 0;
      await runUntil(() => cursor === 302);
      expect(taken).to.deep.equal(["A301", "A302"]);
    });

    it("hands on what is in memory, and reads back from disk what is too much to keep there", async function () {
      put("A", 65);
      await runUntil(() => cursor === 65, frames);
      expect(taken).to.deep.equal(frames.map(({ frameId }) => `A${frameId} parsed`));

      taken.length = 0;
      put("A", 65, "x".repeat(262_144));
      const large = frames.slice(65);
      await runUntil(() => cursor === 130, large);
      expect(taken).to.deep.equal(large.map(({ frameId }) => `A${frameId}`));
    });

    it("does not keep a station waiting for what another one has sent", async function () {
      put("A", 20_000);
      put("B", 2);
      put("A", 500);
      put("B", 1);
      await runUntil(() => cursor === frames.length);
      const own = (stationId: string) => taken.filter((one) => one.startsWith(stationId));
      expect(own("B")).to.deep.equal(["B20001", "B20002", "B20503"]);
      expect(own("A")).to.deep.equal(
        frames.filter(({ stationId }) => stationId === "A").map(({ frameId }) => `A${frameId}`),
      );
      // However much is in front of it: what was kept of the other, and a few turns.
      expect(taken.indexOf("B20503")).to.be.below(8_000);
    });

    it("moves its mark over nothing that was not handed on, and goes on from there", async function () {
      put("A", 6_000);
      put("B", 1);
      let seen = 0;
      await runUntil(() => {
        seen = cursor;
        return taken.includes("B6001");
      });
      expect(taken.filter((one) => one.startsWith("A")).length).to.be.at.least(Math.min(seen, 6_000));
      taken.length = 0;
      const from = cursor;
      await runUntil(() => cursor === 6_001);
      expect(taken.filter((one) => one.startsWith("A"))).to.deep.equal(
        frames.slice(from, 6_000).map(({ frameId }) => `A${frameId}`),
      );
    });

    it("sets aside what cannot be handed on and all that follows of that station, and only of that one", async function () {
      put("A", 1);
      put("B", 2);
      put("A", 1);
      broken = new Set(["A"]);
      await runUntil(() => cursor === 4);
      expect(taken).to.deep.equal(["B2", "B3"]);
      expect(parked).to.deep.equal([1, 4]);
      expect(alerts).to.deep.equal(["ocpp-inbox-failed"]);

      // After a restart what was set aside comes first.
      put("A", 1);
      broken = new Set();
      await runUntil(() => cursor === 5 && parked.length === 0);
      expect(taken).to.deep.equal(["B2", "B3", "A1", "A4", "A5"]);
    });
  });
});
