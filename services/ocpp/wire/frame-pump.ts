import { setTimeout as delay } from "node:timers/promises";

import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { StationHolds } from "../../replicas/station-holds.ts";
import type { FrameStore, StoredFrame } from "../../store/ocpp.ts";
import { createFrameQueues, type FrameQueues, type WaitingFrame } from "./frame-queues.ts";
import type { FrameInbox } from "./inbox.ts";
import { orEnd } from "./or-end.ts";
import { createParkedFrames, parkedPauseMs } from "./parked-frames.ts";
import { createPause } from "./pause.ts";
import { createPumpWaiters } from "./pump-waiters.ts";
import { attemptPausesMs, createTakeFrame } from "./take-frame.ts";

/** Hands frames on without anybody having to wait for it. */
export interface FramePump {
  /** Tells of a frame that is on disk, those of one station in order, and of its payload where that was parsed. */
  offer(frame: StoredFrame, payload?: unknown): void;
  /** Hands on until the signal; begins where an earlier run stopped. */
  run(signal: AbortSignal): Promise<void>;
  /**
   * Resolves when everything that was on disk at the time of the call was handed on or set aside; of one station, where
   * that is named.
   */
  settled(stationId?: string): Promise<void>;
  /** Hands on at once what was set aside of a station; resolves when that was tried, or nothing is handed on any more. */
  retryParked(stationId: string): Promise<void>;
  /** Takes over what was not handed on of a station that was another replica's; before any later frame of it is offered. */
  takeOver(stationId: string): Promise<void>;
  /** The station belongs to another replica, which hands on what was not. */
  drop(stationId: string): void;
}

/** Frames that are handed on between two looks at what has come, shared by the stations that have sent them. */
const turnFrames = 1_024;
/** What is read back from disk in one turn: of so many stations at most, of each so many frames, so many in all. */
const readBackStations = 128;
const pageFrames = 512;
const readBackFrames = 2_048;
/** What comes within this is taken together: one commit for many frames, and one look at each session. */
const gatherMs = 100;

export function createFramePump(deps: {
  readonly store: Pick<
    FrameStore,
    | "listFrames"
    | "listFrameBacklogs"
    | "findFrameBacklog"
    | "moveFrameCursors"
    | "parkFrame"
    | "listParkedStations"
    | "listParkedFrames"
    | "unparkFrame"
  >;
  readonly inbox: FrameInbox;
  /** `undefined`: every station is this replica's. */
  readonly stations?: Pick<StationHolds, "fenceOf" | "noteMoved" | "adopt">;
  readonly desk: OperatorDesk;
  /** Never steps: a clock that is set back keeps nothing waiting. */
  readonly elapsedMs?: () => number;
}): FramePump {
  const { store, inbox, stations, desk, elapsedMs = () => performance.now() } = deps;
  let queues = createFrameQueues();
  const waiters = createPumpWaiters(() => queues);
  const take = createTakeFrame({ inbox, stations, desk });
  const parked = createParkedFrames({ store, take, inbox, elapsedMs });
  const idle = createPause();
  const gathering = createPause();

  const isHere = (stationId: string): boolean => stations === undefined || stations.fenceOf(stationId) !== null;

  async function begin(): Promise<void> {
    // What was taken when an earlier run failed comes again.
    queues = createFrameQueues();
    waiters.pause();
    await stations?.adopt();
    for (const backlog of await store.listFrameBacklogs()) if (isHere(backlog.stationId)) queues.begin(backlog);
    waiters.begin();
    parked.begin((await store.listParkedStations()).filter(isHere));
  }

  async function handOn(slices: readonly (readonly WaitingFrame[])[], signal: AbortSignal): Promise<void> {
    await Promise.all(slices.map((queue) => handOnOfStation(queue, signal)));
  }

  async function handOnOfStation(queue: readonly WaitingFrame[], signal: AbortSignal): Promise<void> {
    const isEnded = (): boolean => signal.aborted;
    for (const waiting of queue) {
      // Then the cursor does not move, and the frame comes again.
      if (isEnded()) return;
      const { frame } = waiting;
      if (!parked.has(frame.stationId) && (await take(waiting, signal))) continue;
      if (isEnded() || !isHere(frame.stationId)) return;
      await parked.park(frame);
    }
  }

  async function runOn(signal: AbortSignal): Promise<void> {
    await begin();
    const isEnded = (): boolean => signal.aborted;
    while (!isEnded()) {
      await parked.retryDue(signal);
      await readBack(store, queues);
      const slices = queues.take(turnFrames);
      // Those that come from here on are gathered for the next turn.
      const isMore = !queues.isEmpty();
      await orEnd(handOn(slices, signal), signal);
      // An end in between leaves the cursors, so that what was not taken comes again.
      if (isEnded()) return;
      await inbox.settled();
      const progress = queues.progress();
      if (progress.length > 0) await store.moveFrameCursors(progress);
      queues.confirm(progress);
      waiters.tell();
      if (isMore) continue;
      if (progress.length > 0) {
        if (waiters.isEmpty()) await gathering.wait(gatherMs, signal);
        // What has come meanwhile has woken nobody.
      } else if (queues.isEmpty()) await idle.wait(parked.isEmpty() ? undefined : parkedPauseMs, signal);
    }
  }

  return {
    offer(frame, payload) {
      queues.offer({ frame, payload });
      idle.end();
    },
    async run(signal) {
      const isEnded = (): boolean => signal.aborted;
      signal.addEventListener(
        "abort",
        () => {
          parked.release();
        },
        { once: true },
      );
      while (!isEnded()) {
        try {
          await runOn(signal);
          return;
        } catch (error) {
          if (isEnded()) return;
          // What another replica has written meanwhile is read again.
          const isContended = error instanceof WattproofError && error.code === "STORE_CONTENDED";
          if (!isContended) desk.alert("ocpp-inbox-failed", { err: error });
          await delay(attemptPausesMs.at(-1), undefined, { signal }).catch(() => undefined);
        }
      }
    },
    async takeOver(stationId) {
      const backlog = await store.findFrameBacklog(stationId);
      if (backlog !== null) queues.begin(backlog);
      if ((await store.listParkedFrames(stationId, 1)).length > 0) parked.add(stationId);
      idle.end();
    },
    drop(stationId) {
      queues.drop(stationId);
      parked.drop(stationId);
      waiters.tell();
    },
    retryParked(stationId) {
      if (!isHere(stationId)) return Promise.resolve();
      const tried = parked.ask(stationId);
      idle.end();
      return tried;
    },
    settled(stationId) {
      const done = waiters.wait(stationId);
      // What is being handed on is done at the end of the turn alone.
      if (!waiters.isEmpty()) gathering.end();
      return done;
    },
  };
}

/** A station whose frames are on disk alone gets its turn with the next of them. */
async function readBack(store: Pick<FrameStore, "listFrames">, queues: FrameQueues): Promise<void> {
  let found = 0;
  for (const backlog of queues.toReadBack().slice(0, readBackStations)) {
    if (found >= readBackFrames || queues.isFull()) return;
    const page = await store.listFrames(backlog.stationId, backlog.stationOrdinal, pageFrames);
    queues.addBack(backlog, page);
    found += page.length;
  }
}
