import { setTimeout as delay } from "node:timers/promises";

import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../operator-desk.ts";
import type { StoredFrame } from "../../store/ocpp.ts";
import type { Store } from "../../store/store.ts";

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
  /** Resolves when everything that was on disk at the time of the call was handed on or set aside. */
  settled(): Promise<void>;
}

interface Waiting {
  readonly frame: StoredFrame;
  readonly payload?: unknown;
}

interface Page {
  readonly frames: readonly Waiting[];
  /** More may follow at once. */
  readonly isFull: boolean;
}

/** Frames that are taken together: of those in memory, and of those that are read back, which may be large. */
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
  let fresh: Waiting[] = [];
  let freshCharacters = 0;
  let cursor = 0;
  let newest = 0;
  /** Stations that have frames set aside: what follows must not overtake them. */
  const stalled = new Set<string>();
  let retryAtMs = 0;
  let wake: () => void = () => undefined;
  let hurry: () => void = () => undefined;
  let waiters: { readonly ordinal: number; readonly resolve: () => void }[] = [];

  async function nextPage(): Promise<Page> {
    const known = fresh.findIndex(({ frame }) => frame.ordinal > cursor);
    takeFresh(known === -1 ? fresh.length : known);
    if (fresh[0]?.frame.ordinal === cursor + 1) {
      const frames = takeFresh(memoryPageFrames);
      return { frames, isFull: frames.length === memoryPageFrames };
    }
    const frames = (await store.listFrames(cursor, pageFrames)).map((frame) => ({ frame }));
    return { frames, isFull: frames.length === pageFrames };
  }

  function takeFresh(count: number): readonly Waiting[] {
    const taken = fresh.slice(0, count);
    fresh = fresh.slice(count);
    for (const { frame } of taken) freshCharacters -= frame.text.length;
    return taken;
  }

  async function handOn(page: readonly Waiting[], signal: AbortSignal): Promise<void> {
    const stations = Map.groupBy(
      page.filter(({ frame }) => frame.direction === "in" && frame.action !== null),
      ({ frame }) => frame.stationId,
    );
    await Promise.all([...stations.values()].map((queue) => handOnOfStation(queue, signal)));
  }

  async function handOnOfStation(queue: readonly Waiting[], signal: AbortSignal): Promise<void> {
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

  async function tryTaking({ frame, payload }: Waiting, signal: AbortSignal): Promise<boolean> {
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

  function tellWaiters(): void {
    const [reached, others] = [
      waiters.filter((one) => one.ordinal <= cursor),
      waiters.filter((one) => one.ordinal > cursor),
    ];
    waiters = others;
    for (const { resolve } of reached) resolve();
  }

  async function runOn(signal: AbortSignal): Promise<void> {
    cursor = await store.readFrameCursor();
    for (const frame of await store.listParkedFrames(memoryFrames)) stalled.add(frame.stationId);
    retryAtMs = now();
    const isEnded = (): boolean => signal.aborted;
    while (!isEnded()) {
      if (stalled.size > 0 && now() >= retryAtMs) {
        retryAtMs = now() + parkedPauseMs;
        await retryParked(signal);
      }
      const { frames, isFull } = await nextPage();
      const last = frames.at(-1);
      if (last === undefined) {
        await waitForMore(signal);
        continue;
      }
      await orEnd(handOn(frames, signal), signal);
      // An end in between leaves the cursor, so that what was not taken comes again.
      if (isEnded()) return;
      await inbox.settled();
      await store.moveFrameCursor(last.frame.ordinal);
      cursor = last.frame.ordinal;
      tellWaiters();
      if (!isFull && waiters.length === 0) await gather(signal);
    }
  }

  return {
    offer(frame, payload) {
      newest = frame.ordinal;
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
    settled() {
      const ordinal = newest;
      if (ordinal <= cursor) return Promise.resolve();
      hurry();
      return new Promise((resolve) => waiters.push({ ordinal, resolve }));
    },
  };
}
