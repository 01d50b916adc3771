import type { StoredFrame } from "../../store/ocpp.ts";

/** A frame that is to be handed on, with its payload where that is in memory. */
export interface WaitingFrame {
  readonly frame: StoredFrame;
  readonly payload?: unknown;
}

/**
 * The frames that wait, by station, so that nobody waits for what another station has sent. Of a station that has too many
 * only the first are kept; the others are read back from disk when those are done.
 */
export interface FrameQueues {
  /** Adds the next frame of all stations, unless it is to be read back. */
  add(waiting: WaitingFrame): void;
  /** Stations of which nothing waits here and more is on disk, each with the frame behind which that begins. */
  toReadBack(): readonly { readonly stationId: string; readonly afterOrdinal: number }[];
  /** Adds what was read back of a station, up to that frame. `isAll`: there is no more of it on disk. */
  addBack(stationId: string, frames: readonly StoredFrame[], isAll: boolean, upTo?: number): void;
  /** Takes the next frames of every station; together about so many, and the same number of each. */
  take(count: number): readonly (readonly WaitingFrame[])[];
  /** Whether more waits here than should be kept. */
  isFull(): boolean;
  isEmpty(): boolean;
  /** Up to which frame everything is done, if all that was taken is. @param readOrdinal Up to which frame all were added */
  doneUpTo(readOrdinal: number): number;
  /** The same for one station. */
  isDone(stationId: string, ordinal: number, readOrdinal: number): boolean;
}

export interface FrameQueueLimits {
  readonly stationFrames: number;
  readonly stationCharacters: number;
  readonly frames: number;
  readonly characters: number;
}

export const frameQueueLimits: FrameQueueLimits = {
  stationFrames: 2_048,
  stationCharacters: 2_097_152,
  frames: 16_384,
  characters: 16_777_216,
};

/** So many of a station are taken at once whatever else waits: what they have in common is read once. */
const leastSlice = 64;

interface StationQueue {
  waiting: WaitingFrame[];
  characters: number;
}

export function createFrameQueues(limits: FrameQueueLimits = frameQueueLimits): FrameQueues {
  const queues = new Map<string, StationQueue>();
  /** Behind which frame a station's further ones are on disk alone. */
  const behind = new Map<string, number>();
  /** Up to which frame a station was read back, where that is further than all stations were read. */
  const ahead = new Map<string, number>();
  let frames = 0;
  let characters = 0;

  function push(stationId: string, waiting: WaitingFrame): void {
    const queue = queues.get(stationId) ?? { waiting: [], characters: 0 };
    queue.waiting.push(waiting);
    queue.characters += waiting.frame.text.length;
    frames += 1;
    characters += waiting.frame.text.length;
    queues.set(stationId, queue);
  }

  function takeOf(stationId: string, queue: StationQueue, count: number): readonly WaitingFrame[] {
    const taken = queue.waiting.splice(0, count);
    for (const { frame } of taken) {
      queue.characters -= frame.text.length;
      characters -= frame.text.length;
    }
    frames -= taken.length;
    if (queue.waiting.length === 0) queues.delete(stationId);
    return taken;
  }

  /** The frame before the first of the station that is not done. */
  function beforeFirst(stationId: string): number {
    const first = queues.get(stationId)?.waiting[0];
    return first === undefined ? (behind.get(stationId) ?? Infinity) : first.frame.ordinal - 1;
  }

  return {
    add(waiting) {
      const { stationId, ordinal } = waiting.frame;
      const readBackTo = ahead.get(stationId);
      if (behind.has(stationId) || (readBackTo !== undefined && ordinal <= readBackTo)) return;
      if (readBackTo !== undefined) ahead.delete(stationId);
      const queue = queues.get(stationId);
      const isTooMuch =
        queue !== undefined &&
        (queue.waiting.length >= limits.stationFrames || queue.characters >= limits.stationCharacters);
      if (isTooMuch) behind.set(stationId, ordinal - 1);
      else push(stationId, waiting);
    },
    toReadBack: () =>
      [...behind]
        .filter(([stationId]) => !queues.has(stationId))
        .map(([stationId, afterOrdinal]) => ({ stationId, afterOrdinal })),
    addBack(stationId, found, isAll, upTo) {
      for (const frame of found) push(stationId, { frame });
      const last = upTo ?? behind.get(stationId) ?? 0;
      if (isAll) {
        behind.delete(stationId);
        ahead.set(stationId, last);
      } else behind.set(stationId, last);
    },
    take(count) {
      const each = Math.max(leastSlice, Math.floor(count / Math.max(1, queues.size)));
      return [...queues].map(([stationId, queue]) => takeOf(stationId, queue, each));
    },
    isFull: () => frames >= limits.frames || characters >= limits.characters,
    isEmpty: () => queues.size === 0 && behind.size === 0,
    doneUpTo(readOrdinal) {
      for (const [stationId, ordinal] of ahead) if (ordinal <= readOrdinal) ahead.delete(stationId);
      const stations = new Set([...queues.keys(), ...behind.keys()]);
      return [...stations].reduce((least, stationId) => Math.min(least, beforeFirst(stationId)), readOrdinal);
    },
    isDone: (stationId, ordinal, readOrdinal) =>
      Math.max(readOrdinal, ahead.get(stationId) ?? 0) >= ordinal && beforeFirst(stationId) >= ordinal,
  };
}
