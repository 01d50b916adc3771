import { setTimeout as delay } from "node:timers/promises";

import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { StationHolds } from "../../replicas/station-holds.ts";
import type { FrameCursor, FrameStore, StoredFrame } from "../../store/ocpp.ts";
import { createFrameQueues, type WaitingFrame } from "./frame-queues.ts";

/**
 * The next layer, which reads what the frames mean. It gets the CALLs of stations only after they are on disk, those of
 * one station one after the other in the order in which they came, each at least once, also across restarts. A rejection
 * means that it could not do its work; the frame comes again, and later ones of that station wait.
 */
export interface FrameInbox {
  /** @param payload What the door has parsed, if it is in memory still; nobody changes it. */
  take(frame: StoredFrame, payload?: unknown): Promise<void>;
  /** Resolves when what was taken is on disk, so that it need not come again. */
  settled(): Promise<void>;
}

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

interface Waiter {
  /** What it waits for; `null`: everything that an earlier run has left, which is not known yet. */
  targets: readonly FrameCursor[] | null;
  readonly stationId: string | undefined;
  readonly resolve: () => void;
}

/** Frames that are handed on between two looks at what has come, shared by the stations that have sent them. */
const turnFrames = 1_024;
/** What is read back from disk in one turn: of so many stations at most, of each so many frames, so many in all. */
const readBackStations = 128;
const pageFrames = 512;
const readBackFrames = 2_048;
/** What comes within this is taken together: one commit for many frames, and one look at each session. */
const gatherMs = 100;
const attemptPausesMs = [50, 500];
const endGraceMs = 1_000;
const parkedPauseMs = 30_000;

/** The end waits for what was begun, but not for ever. */
function orEnd<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      timer = setTimeout(() => {
        reject(new WattproofError("SERVICE_OVERLOADED", "The service ends before the frame was taken."));
      }, endGraceMs);
    };
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    });
  });
}

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
  /** What an earlier run has left is known. */
  let isBegun = false;
  /** Stations that have frames set aside: what follows must not overtake them. */
  const stalled = new Set<string>();
  let retryAtMs = 0;
  let wake: () => void = () => undefined;
  let hurry: () => void = () => undefined;
  let waiters: Waiter[] = [];
  /** Who asked for what was set aside to be tried now. */
  let retrying: (() => void)[] = [];

  const isHere = (stationId: string): boolean => stations === undefined || stations.fenceOf(stationId) !== null;

  function drop(stationId: string): void {
    queues.drop(stationId);
    stalled.delete(stationId);
    tellWaiters();
  }

  async function begin(): Promise<void> {
    // What was taken when an earlier run failed comes again.
    queues = createFrameQueues();
    isBegun = false;
    await stations?.adopt();
    for (const backlog of await store.listFrameBacklogs()) if (isHere(backlog.stationId)) queues.begin(backlog);
    isBegun = true;
    for (const waiter of waiters) waiter.targets ??= targetsOf(waiter.stationId);
    stalled.clear();
    for (const stationId of await store.listParkedStations()) if (isHere(stationId)) stalled.add(stationId);
    retryAtMs = elapsedMs();
  }

  /** A station whose frames are on disk alone gets its turn with the next of them. */
  async function readBack(): Promise<void> {
    let found = 0;
    for (const backlog of queues.toReadBack().slice(0, readBackStations)) {
      if (found >= readBackFrames || queues.isFull()) return;
      const page = await store.listFrames(backlog.stationId, backlog.stationOrdinal, pageFrames);
      queues.addBack(backlog, page);
      found += page.length;
    }
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
      if (!stalled.has(frame.stationId) && (await tryTaking(waiting, signal))) continue;
      if (isEnded() || !isHere(frame.stationId)) return;
      if (stalled.size === 0) retryAtMs = elapsedMs() + parkedPauseMs;
      stalled.add(frame.stationId);
      await store.parkFrame(frame.ordinal, frame.stationId);
    }
  }

  async function tryTaking({ frame, payload }: WaitingFrame, signal: AbortSignal): Promise<boolean> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await inbox.take(frame, payload);
        return true;
      } catch (error) {
        const pauseMs = attemptPausesMs[attempt];
        if (signal.aborted || isMoved(frame.stationId, error)) return false;
        if (pauseMs === undefined) {
          desk.alert("ocpp-inbox-failed", { stationId: frame.stationId, frameId: frame.frameId, err: error });
          return false;
        }
        await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  function isMoved(stationId: string, error: unknown): boolean {
    if (!(error instanceof WattproofError && error.code === "STATION_MOVED")) return false;
    const fence = stations?.fenceOf(stationId) ?? null;
    if (fence !== null) stations?.noteMoved(fence);
    return true;
  }

  async function retryParked(signal: AbortSignal): Promise<void> {
    for (const stationId of [...stalled]) await retryParkedOf(stationId, signal);
  }

  async function retryParkedOf(stationId: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const parked = await store.listParkedFrames(stationId, pageFrames);
      for (const frame of parked) {
        if (signal.aborted || !(await orEnd(tryTaking({ frame }, signal), signal))) return;
        await inbox.settled();
        await store.unparkFrame(frame.ordinal);
      }
      if (parked.length < pageFrames) break;
    }
    stalled.delete(stationId);
  }

  function waitForMore(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = stalled.size === 0 ? undefined : setTimeout(done, parkedPauseMs);
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        wake = () => undefined;
        resolve();
      }
      signal.addEventListener("abort", done, { once: true });
      wake = done;
    });
  }

  function gather(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, gatherMs);
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        hurry = () => undefined;
        resolve();
      }
      signal.addEventListener("abort", done, { once: true });
      hurry = done;
    });
  }

  function targetsOf(stationId: string | undefined): readonly FrameCursor[] {
    if (stationId === undefined) return queues.unfinished();
    return [{ stationId, stationOrdinal: queues.newestOf(stationId) }];
  }

  function isReached({ targets }: Waiter): boolean {
    return isBegun && targets !== null && targets.every((target) => queues.isDone(target));
  }

  function tellWaiters(): void {
    const reached = waiters.filter(isReached);
    waiters = waiters.filter((one) => !reached.includes(one));
    for (const { resolve } of reached) resolve();
  }

  async function runOn(signal: AbortSignal): Promise<void> {
    await begin();
    const isEnded = (): boolean => signal.aborted;
    while (!isEnded()) {
      if (retrying.length > 0 || (stalled.size > 0 && elapsedMs() >= retryAtMs)) {
        retryAtMs = elapsedMs() + parkedPauseMs;
        const asked = retrying;
        retrying = [];
        await retryParked(signal);
        for (const resolve of asked) resolve();
      }
      await readBack();
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
      tellWaiters();
      if (isMore) continue;
      if (progress.length > 0) {
        if (waiters.length === 0) await gather(signal);
        // What has come meanwhile has woken nobody.
      } else if (queues.isEmpty()) await waitForMore(signal);
    }
  }

  return {
    offer(frame, payload) {
      queues.offer({ frame, payload });
      wake();
    },
    async run(signal) {
      const isEnded = (): boolean => signal.aborted;
      const onEnd = (): void => {
        for (const resolve of retrying.splice(0)) resolve();
      };
      signal.addEventListener("abort", onEnd, { once: true });
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
      if ((await store.listParkedFrames(stationId, 1)).length > 0) stalled.add(stationId);
      wake();
    },
    drop,
    retryParked(stationId) {
      if (!isHere(stationId)) return Promise.resolve();
      stalled.add(stationId);
      retryAtMs = elapsedMs();
      return new Promise((resolve) => {
        retrying.push(resolve);
        wake();
      });
    },
    settled(stationId) {
      const targets = isBegun ? targetsOf(stationId) : null;
      return new Promise((resolve) => {
        const waiter = { targets, stationId, resolve };
        // What is being handed on is done at the end of the turn alone.
        if (isReached(waiter)) {
          resolve();
          return;
        }
        waiters.push(waiter);
        hurry();
      });
    },
  };
}
