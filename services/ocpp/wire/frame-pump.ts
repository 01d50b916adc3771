import { setTimeout as delay } from "node:timers/promises";

import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { StoredFrame } from "../../store/ocpp.ts";
import type { Store } from "../../store/store.ts";
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
  /** Tells of a frame that is on disk, in the order of the frames, and of its payload where that was parsed. */
  offer(frame: StoredFrame, payload?: unknown): void;
  /** Hands on until the signal; begins where an earlier run stopped. */
  run(signal: AbortSignal): Promise<void>;
  /**
   * Resolves when everything that was on disk at the time of the call was handed on or set aside; of one station, where
   * that is named.
   */
  settled(stationId?: string): Promise<void>;
}

interface Waiter {
  readonly ordinal: number;
  readonly stationId: string | undefined;
  readonly resolve: () => void;
}

interface Page {
  readonly frames: readonly WaitingFrame[];
  /** More may follow at once. */
  readonly isFull: boolean;
}

/** Frames that are handed on between two looks at what has come, shared by the stations that have sent them. */
const turnFrames = 1_024;
/** Pages that are read in one turn: more than one station may keep waiting, so that the others are found behind it. */
const turnPages = 16;
/** Stations that are read back in one turn. */
const readBackStations = 16;
/** Frames that are read together: of those in memory, and of those that are read back, which may be large. */
const memoryPageFrames = 2_048;
const pageFrames = 512;
/** What comes within this is taken together: one commit for many frames, and one look at each session. */
const gatherMs = 100;
/** Frames kept in memory so that they need not be read back, and the characters of all of them. */
const memoryFrames = 8_192;
const memoryCharacters = 16_777_216;
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
    Store,
    "listFrames" | "readFrameCursor" | "moveFrameCursor" | "parkFrame" | "listParkedFrames" | "unparkFrame"
  >;
  readonly inbox: FrameInbox;
  readonly desk: OperatorDesk;
  readonly now: () => number;
}): FramePump {
  const { store, inbox, desk, now } = deps;
  let fresh: WaitingFrame[] = [];
  let freshCharacters = 0;
  let queues = createFrameQueues();
  /** Up to which frame everything was handed on. */
  let cursor = 0;
  /** Up to which frame everything was read. */
  let read = 0;
  let newest = 0;
  const newestOf = new Map<string, number>();
  /** Stations that have frames set aside: what follows must not overtake them. */
  const stalled = new Set<string>();
  let retryAtMs = 0;
  let wake: () => void = () => undefined;
  let hurry: () => void = () => undefined;
  let waiters: Waiter[] = [];

  async function nextPage(): Promise<Page> {
    const known = fresh.findIndex(({ frame }) => frame.ordinal > read);
    takeFresh(known === -1 ? fresh.length : known);
    if (fresh[0]?.frame.ordinal === read + 1) {
      const frames = takeFresh(memoryPageFrames);
      return { frames, isFull: frames.length === memoryPageFrames };
    }
    const frames = (await store.listFrames(read, pageFrames)).map((frame) => ({ frame }));
    return { frames, isFull: frames.length === pageFrames };
  }

  function takeFresh(count: number): readonly WaitingFrame[] {
    const taken = fresh.slice(0, count);
    fresh = fresh.slice(count);
    for (const { frame } of taken) freshCharacters -= frame.text.length;
    return taken;
  }

  /** Reads on past what has to wait for itself. @returns whether there may be more */
  async function readOn(): Promise<boolean> {
    for (let pages = 0; pages < turnPages && !queues.isFull(); pages += 1) {
      const { frames, isFull } = await nextPage();
      for (const waiting of frames) if (isForInbox(waiting)) queues.add(waiting);
      read = frames.at(-1)?.frame.ordinal ?? read;
      if (!isFull) return false;
    }
    return true;
  }

  /** A station that has sent too much at once gets its turn with the next of it. */
  async function readBack(): Promise<void> {
    for (const { stationId, afterOrdinal } of queues.toReadBack().slice(0, readBackStations)) {
      const page = await store.listFrames(afterOrdinal, pageFrames, stationId);
      const isOwn = (frame: StoredFrame): boolean => frame.stationId === stationId && isForInbox({ frame });
      queues.addBack(stationId, page.filter(isOwn), page.length < pageFrames, page.at(-1)?.ordinal);
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
      if (isEnded()) return;
      if (stalled.size === 0) retryAtMs = now() + parkedPauseMs;
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
        if (signal.aborted) return false;
        if (pauseMs === undefined) {
          desk.alert("ocpp-inbox-failed", { stationId: frame.stationId, frameId: frame.frameId, err: error });
          return false;
        }
        await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async function retryParked(signal: AbortSignal): Promise<void> {
    const failed = new Set<string>();
    let isMore = true;
    while (isMore && !signal.aborted) {
      const parked = await store.listParkedFrames(pageFrames);
      const open = parked.filter(({ stationId }) => !failed.has(stationId));
      for (const frame of open) {
        if (failed.has(frame.stationId)) continue;
        if (await orEnd(tryTaking({ frame }, signal), signal)) {
          await inbox.settled();
          await store.unparkFrame(frame.ordinal);
        } else failed.add(frame.stationId);
      }
      isMore = open.length > 0 && parked.length === pageFrames;
      if (parked.length < pageFrames) {
        for (const stationId of stalled) if (!failed.has(stationId)) stalled.delete(stationId);
      }
    }
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

  function isReached({ ordinal, stationId }: Pick<Waiter, "ordinal" | "stationId">): boolean {
    return ordinal <= cursor || (stationId !== undefined && queues.isDone(stationId, ordinal, read));
  }

  function tellWaiters(): void {
    const reached = waiters.filter(isReached);
    waiters = waiters.filter((one) => !isReached(one));
    for (const { resolve } of reached) resolve();
  }

  async function runOn(signal: AbortSignal): Promise<void> {
    // What was taken when an earlier run failed comes again.
    queues = createFrameQueues();
    cursor = await store.readFrameCursor();
    read = cursor;
    for (const frame of await store.listParkedFrames(memoryFrames)) stalled.add(frame.stationId);
    retryAtMs = now();
    const isEnded = (): boolean => signal.aborted;
    while (!isEnded()) {
      if (stalled.size > 0 && now() >= retryAtMs) {
        retryAtMs = now() + parkedPauseMs;
        await retryParked(signal);
      }
      const isMore = await readOn();
      await readBack();
      const slices = queues.take(turnFrames);
      await orEnd(handOn(slices, signal), signal);
      // An end in between leaves the cursor, so that what was not taken comes again.
      if (isEnded()) return;
      await inbox.settled();
      const done = queues.doneUpTo(read);
      const isNew = done > cursor;
      if (isNew) await store.moveFrameCursor(done);
      cursor = done;
      tellWaiters();
      if (isMore || !queues.isEmpty()) continue;
      // What came since it was read has woken nobody.
      if (!isNew && newest <= read) await waitForMore(signal);
      else if (isNew && waiters.length === 0) await gather(signal);
    }
  }

  return {
    offer(frame, payload) {
      newest = frame.ordinal;
      newestOf.set(frame.stationId, frame.ordinal);
      if (fresh.length >= memoryFrames || freshCharacters >= memoryCharacters) takeFresh(fresh.length);
      fresh.push({ frame, payload });
      freshCharacters += frame.text.length;
      wake();
    },
    async run(signal) {
      const isEnded = (): boolean => signal.aborted;
      while (!isEnded()) {
        try {
          await runOn(signal);
          return;
        } catch (error) {
          if (isEnded()) return;
          desk.alert("ocpp-inbox-failed", { err: error });
          await delay(attemptPausesMs.at(-1), undefined, { signal }).catch(() => undefined);
        }
      }
    },
    settled(stationId) {
      const ordinal = stationId === undefined ? newest : (newestOf.get(stationId) ?? 0);
      // What is being handed on is done at the end of the turn alone.
      if (ordinal <= cursor) return Promise.resolve();
      hurry();
      return new Promise((resolve) => waiters.push({ ordinal, stationId, resolve }));
    },
  };
}

/** Frames of ours and answers of stations say nothing to the next layer. */
function isForInbox({ frame }: WaitingFrame): boolean {
  return frame.direction === "in" && frame.action !== null;
}
