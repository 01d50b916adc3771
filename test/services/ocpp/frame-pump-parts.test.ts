import { setTimeout as delay } from "node:timers/promises";

import { expect } from "chai";

import { WattproofError } from "../../../services/errors.ts";
import { orEnd } from "../../../services/ocpp/wire/or-end.ts";
import { createParkedFrames } from "../../../services/ocpp/wire/parked-frames.ts";
import { createPause } from "../../../services/ocpp/wire/pause.ts";
import { createPumpWaiters } from "../../../services/ocpp/wire/pump-waiters.ts";
import { createTakeFrame } from "../../../services/ocpp/wire/take-frame.ts";
import type { StoredFrame } from "../../../services/store/ocpp.ts";

const frame: StoredFrame = {
  ordinal: 1,
  frameId: "F1",
  stationOrdinal: 1,
  stationId: "A",
  protocol: "ocpp1.6",
  direction: "in",
  receivedAtMs: 1,
  text: "[]",
  action: "Heartbeat",
  messageId: "1",
  answer: null,
  faults: null,
  ocppTransactionId: null,
};

describe("A pause of the frame pump", function () {
  it("ends when somebody ends it, at its time, and at the signal, and holds no listener afterwards", async function () {
    const pause = createPause();
    const stop = new AbortController();
    const order: string[] = [];
    const first = pause.wait(undefined, stop.signal).then(() => order.push("ended"));
    pause.end();
    await first;
    await pause.wait(1, stop.signal);
    order.push("time over");
    const last = pause.wait(60_000, stop.signal).then(() => order.push("signal"));
    stop.abort();
    await last;
    expect(order).to.deep.equal(["ended", "time over", "signal"]);
  });

  it("is not ended by what was said before it began", async function () {
    const pause = createPause();
    pause.end();
    let isOver = false;
    void pause.wait(undefined, new AbortController().signal).then(() => (isOver = true));
    await delay(5);
    expect(isOver).to.equal(false);
  });
});

describe("Work that the end of the service waits for", function () {
  it("is refused when it takes longer than a second after the signal", async function () {
    const stop = new AbortController();
    const work = orEnd(new Promise<never>(() => undefined), stop.signal).catch((error: unknown) => error);
    stop.abort();
    const error = await work;
    expect(error).to.be.instanceOf(WattproofError);
    expect((error as WattproofError).code).to.equal("SERVICE_OVERLOADED");
  });

  it("gives its result or its error where it ends in time, before the signal or after it", async function () {
    const stop = new AbortController();
    stop.abort();
    expect(await orEnd(Promise.resolve(7), stop.signal)).to.equal(7);
    const error = new Error("mine");
    expect(await orEnd(Promise.reject(error), stop.signal).catch((caught: unknown) => caught)).to.equal(error);
  });
});

describe("Handing one frame on", function () {
  const alerts: string[] = [];
  const desk = { alert: (code: string) => alerts.push(code), note: () => undefined };

  beforeEach(function () {
    alerts.length = 0;
  });

  it("is tried three times before the operator is told and the frame is given back", async function () {
    let tries = 0;
    const take = createTakeFrame({
      inbox: {
        take: () => {
          tries += 1;
          return Promise.reject(new Error("cannot"));
        },
      },
      stations: undefined,
      desk,
    });
    expect(await take({ frame }, new AbortController().signal)).to.equal(false);
    expect([tries, alerts]).to.deep.equal([3, ["ocpp-inbox-failed"]]);
  });

  it("stops at once, without an alert, where another replica has the station, and says so to its holds", async function () {
    const moved: unknown[] = [];
    const fence = { stationId: "A", epoch: 4 };
    const take = createTakeFrame({
      inbox: { take: () => Promise.reject(new WattproofError("STATION_MOVED", "Another replica has it.")) },
      stations: { fenceOf: () => fence, noteMoved: (one) => moved.push(one) },
      desk,
    });
    expect(await take({ frame }, new AbortController().signal)).to.equal(false);
    expect([moved, alerts]).to.deep.equal([[fence], []]);
  });
});

describe("Frames that are set aside", function () {
  function openParked(isTaken: () => boolean) {
    let nowMs = 0;
    const parked: StoredFrame[] = [];
    let reads = 0;
    const frames = createParkedFrames({
      store: {
        parkFrame: () => {
          parked.push(frame);
          return Promise.resolve();
        },
        listParkedFrames: () => {
          reads += 1;
          return Promise.resolve([...parked]);
        },
        unparkFrame: () => {
          parked.pop();
          return Promise.resolve();
        },
      },
      take: () => Promise.resolve(isTaken()),
      inbox: { settled: () => Promise.resolve() },
      elapsedMs: () => nowMs,
    });
    return { frames, parked, reads: () => reads, pass: (ms: number) => (nowMs += ms) };
  }

  it("are left alone for 30 s, and tried again then", async function () {
    let canTake = false;
    const { frames, parked, reads, pass } = openParked(() => canTake);
    const { signal } = new AbortController();
    await frames.park(frame);
    pass(29_999);
    await frames.retryDue(signal);
    expect(reads()).to.equal(0);
    pass(1);
    await frames.retryDue(signal);
    expect([reads(), parked.length, frames.has("A")]).to.deep.equal([1, 1, true]);
    canTake = true;
    pass(30_000);
    await frames.retryDue(signal);
    expect([parked.length, frames.isEmpty()]).to.deep.equal([0, true]);
  });

  it("are tried at once for somebody who asks, who is let go afterwards or at the end", async function () {
    const { frames } = openParked(() => false);
    const order: string[] = [];
    const asked = frames.ask("A").then(() => order.push("tried"));
    await frames.retryDue(new AbortController().signal);
    await asked;
    const late = frames.ask("A").then(() => order.push("released"));
    frames.release();
    await late;
    expect(order).to.deep.equal(["tried", "released"]);
  });
});

describe("Waiting for frames to be handed on", function () {
  it("is not over before it is known what an earlier run has left", async function () {
    let done = 0;
    const waiters = createPumpWaiters(() => ({
      unfinished: () => [{ stationId: "A", stationOrdinal: 2 }],
      newestOf: () => 2,
      isDone: ({ stationOrdinal }) => stationOrdinal <= done,
    }));
    let isOver = false;
    const waiting = waiters.wait(undefined).then(() => (isOver = true));
    done = 1;
    waiters.tell();
    await delay(1);
    expect([isOver, waiters.isEmpty()]).to.deep.equal([false, false]);
    waiters.begin();
    waiters.tell();
    await delay(1);
    expect(isOver).to.equal(false);
    done = 2;
    waiters.tell();
    await waiting;
    expect(waiters.isEmpty()).to.equal(true);
    await waiters.wait("A");
  });
});
