import type { FrameStore, StoredFrame } from "../../store/ocpp.ts";
import type { FrameInbox } from "./inbox.ts";
import { orEnd } from "./or-end.ts";
import type { TakeFrame } from "./take-frame.ts";

/** How long frames that could not be handed on are left alone. */
export const parkedPauseMs = 30_000;
/** What is read of one station at a time. */
const pageFrames = 512;

/** The frames that could not be handed on. What follows them of the same station is set aside, too: nothing overtakes. */
export interface ParkedFrames {
  /** Replaces what is known by the stations that an earlier run has left. They are tried at once. */
  begin(stationIds: Iterable<string>): void;
  /** Frames of this station are set aside in the store. */
  add(stationId: string): void;
  has(stationId: string): boolean;
  isEmpty(): boolean;
  drop(stationId: string): void;
  /** Keeps the frame in the store, set aside. */
  park(frame: StoredFrame): Promise<void>;
  /** Tries the frames of every station again, if their time has come or somebody has asked. */
  retryDue(signal: AbortSignal): Promise<void>;
  /** Asks for a station to be tried at the next turn; resolves after it was tried, or when nothing is tried any more. */
  ask(stationId: string): Promise<void>;
  /** Lets go whoever has asked: nothing is tried any more. */
  release(): void;
}

export function createParkedFrames(deps: {
  readonly store: Pick<FrameStore, "parkFrame" | "listParkedFrames" | "unparkFrame">;
  readonly take: TakeFrame;
  readonly inbox: Pick<FrameInbox, "settled">;
  readonly elapsedMs: () => number;
}): ParkedFrames {
  const { store, take, inbox, elapsedMs } = deps;
  const stations = new Set<string>();
  let retryAtMs = 0;
  let asked: (() => void)[] = [];

  async function retryOf(stationId: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const page = await store.listParkedFrames(stationId, pageFrames);
      for (const frame of page) {
        if (signal.aborted || !(await orEnd(take({ frame }, signal), signal))) return;
        await inbox.settled();
        await store.unparkFrame(frame.ordinal);
      }
      if (page.length < pageFrames) break;
    }
    stations.delete(stationId);
  }

  return {
    begin(stationIds) {
      stations.clear();
      for (const stationId of stationIds) stations.add(stationId);
      retryAtMs = elapsedMs();
    },
    add(stationId) {
      stations.add(stationId);
    },
    has: (stationId) => stations.has(stationId),
    isEmpty: () => stations.size === 0,
    drop(stationId) {
      stations.delete(stationId);
    },
    async park({ ordinal, stationId }) {
      if (stations.size === 0) retryAtMs = elapsedMs() + parkedPauseMs;
      stations.add(stationId);
      await store.parkFrame(ordinal, stationId);
    },
    async retryDue(signal) {
      if (asked.length === 0 && (stations.size === 0 || elapsedMs() < retryAtMs)) return;
      retryAtMs = elapsedMs() + parkedPauseMs;
      const waiting = asked;
      asked = [];
      for (const stationId of [...stations]) await retryOf(stationId, signal);
      for (const resolve of waiting) resolve();
    },
    ask(stationId) {
      stations.add(stationId);
      retryAtMs = elapsedMs();
      return new Promise((resolve) => {
        asked.push(resolve);
      });
    },
    release() {
      for (const resolve of asked.splice(0)) resolve();
    },
  };
}
