import type { FrameBacklog, FrameCursor, StoredFrame } from "../../store/ocpp.ts";

/** A frame that is to be handed on, with its payload where that is in memory. */
export interface WaitingFrame {
  readonly frame: StoredFrame;
  readonly payload?: unknown;
}

/**
 * The frames that wait, a queue for each station, so that no station waits for what another one has sent. Rests on one
 * promise of the store: the frames of a station are numbered without a gap, in the order of their commits. So a queue
 * knows whether a frame is the next one, and reads from disk what it has not got in memory.
 */
export interface FrameQueues {
  /** What an earlier run left of a station. Frames that were offered meanwhile and lie further on are read from disk. */
  begin(backlog: FrameBacklog): void;
  /** Tells of a frame that is on disk. It stays in memory if it is the next one and there is room. */
  offer(waiting: WaitingFrame): void;
  /** Stations of which nothing is in memory and more is on disk, the one that was read longest ago first. */
  toReadBack(): readonly FrameBacklog[];
  /** Adds what was read from disk of one of these, behind its place; nothing: the store has no more of this station. */
  addBack(backlog: FrameBacklog, found: readonly StoredFrame[]): void;
  /** Forgets a station: somebody else hands on what is not done. */
  drop(stationId: string): void;
  /** Takes the next frames of every station; together about so many, and the same number of each. */
  take(count: number): readonly (readonly WaitingFrame[])[];
  /** Whether more is in memory than should be kept. */
  isFull(): boolean;
  /** Nothing waits, neither here nor on disk. */
  isEmpty(): boolean;
  /** How far stations have come since they were confirmed, if all that was taken is done. */
  progress(): readonly FrameCursor[];
  /** These places are on disk. */
  confirm(cursors: readonly FrameCursor[]): void;
  /** Whether everything up to this frame of the station is done and confirmed. */
  isDone(cursor: FrameCursor): boolean;
  /** The newest frame of every station that is not done. */
  unfinished(): readonly FrameCursor[];
  /** The newest frame of a station that is known here; 0 if none is. */
  newestOf(stationId: string): number;
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

/** One station. Numbers are places among its frames. */
interface Queue {
  readonly stationId: string;
  waiting: WaitingFrame[];
  characters: number;
  /** Everything up to here is done, and that is on disk. */
  confirmed: number;
  /** Everything up to here is in `waiting`, was taken, or is nothing to hand on. */
  read: number;
  /** The newest on disk that is known. */
  newest: number;
}

export function createFrameQueues(limits: FrameQueueLimits = frameQueueLimits): FrameQueues {
  const queues = new Map<string, Queue>();
  const ready = new Set<Queue>();
  const onDisk = new Set<Queue>();
  const moved = new Set<Queue>();
  let frames = 0;
  let characters = 0;

  function isFull(): boolean {
    return frames >= limits.frames || characters >= limits.characters;
  }

  function hasRoom(queue: Queue): boolean {
    return queue.waiting.length < limits.stationFrames && queue.characters < limits.stationCharacters && !isFull();
  }

  function push(queue: Queue, waiting: WaitingFrame): void {
    queue.read = waiting.frame.stationOrdinal;
    moved.add(queue);
    if (!isForInbox(waiting.frame)) return;
    queue.waiting.push(waiting);
    ready.add(queue);
    count(queue, 1, waiting.frame.text.length);
  }

  function takeOf(queue: Queue, most: number): readonly WaitingFrame[] {
    const taken = queue.waiting.splice(0, most);
    for (const { frame } of taken) count(queue, -1, -frame.text.length);
    moved.add(queue);
    if (queue.waiting.length === 0) ready.delete(queue);
    return taken;
  }

  function count(queue: Queue, frameCount: number, characterCount: number): void {
    queue.characters += characterCount;
    frames += frameCount;
    characters += characterCount;
  }

  function doneOf({ waiting, read }: Queue): number {
    const [first] = waiting;
    return first === undefined ? read : first.frame.stationOrdinal - 1;
  }

  return {
    begin({ stationId, stationOrdinal, newestOrdinal }) {
      const known = queues.get(stationId);
      // It was told of the first of them already.
      if (known?.confirmed === stationOrdinal) return;
      if (known !== undefined) takeOf(known, known.waiting.length);
      const newest = Math.max(newestOrdinal, known?.newest ?? 0);
      const place = { confirmed: stationOrdinal, read: stationOrdinal, newest };
      const queue: Queue = Object.assign(known ?? { stationId, waiting: [], characters: 0 }, place);
      queues.set(stationId, queue);
      onDisk.add(queue);
    },
    offer(waiting) {
      const { stationId, stationOrdinal } = waiting.frame;
      let queue = queues.get(stationId);
      if (queue === undefined) {
        // Of a station that begins with this frame everything before it is done: `begin` names the others.
        const before = stationOrdinal - 1;
        queue = { stationId, waiting: [], characters: 0, confirmed: before, read: before, newest: before };
        queues.set(stationId, queue);
      }
      const isNext = stationOrdinal === queue.read + 1;
      queue.newest = Math.max(queue.newest, stationOrdinal);
      if (isNext && hasRoom(queue)) push(queue, waiting);
      else if (queue.newest > queue.read) onDisk.add(queue);
    },
    toReadBack: () =>
      [...onDisk]
        .filter((queue) => !ready.has(queue))
        .map(({ stationId, read, newest }) => ({ stationId, stationOrdinal: read, newestOrdinal: newest })),
    addBack({ stationId, newestOrdinal }, found) {
      const queue = queues.get(stationId);
      if (queue === undefined) return;
      for (const frame of found) if (frame.stationOrdinal > queue.read) push(queue, { frame });
      if (found.length === 0 && queue.newest === newestOrdinal) queue.newest = queue.read;
      // The others come first the next time.
      onDisk.delete(queue);
      if (queue.newest > queue.read) onDisk.add(queue);
    },
    drop(stationId) {
      const queue = queues.get(stationId);
      if (queue === undefined) return;
      takeOf(queue, queue.waiting.length);
      queues.delete(stationId);
      for (const set of [ready, onDisk, moved]) set.delete(queue);
    },
    take(most) {
      const each = Math.max(leastSlice, Math.floor(most / Math.max(1, ready.size)));
      return [...ready].map((queue) => takeOf(queue, each));
    },
    isFull,
    isEmpty: () => ready.size === 0 && onDisk.size === 0,
    progress() {
      const cursors = [...moved]
        .filter((queue) => doneOf(queue) > queue.confirmed)
        .map((queue) => ({ stationId: queue.stationId, stationOrdinal: doneOf(queue) }));
      moved.clear();
      return cursors;
    },
    confirm(cursors) {
      for (const { stationId, stationOrdinal } of cursors) {
        const queue = queues.get(stationId);
        if (queue !== undefined) queue.confirmed = stationOrdinal;
      }
    },
    isDone: ({ stationId, stationOrdinal }) => (queues.get(stationId)?.confirmed ?? Infinity) >= stationOrdinal,
    unfinished: () =>
      [...queues.values()]
        .filter(({ confirmed, newest }) => confirmed < newest)
        .map(({ stationId, newest }) => ({ stationId, stationOrdinal: newest })),
    newestOf: (stationId) => queues.get(stationId)?.newest ?? 0,
  };
}

/** Frames of ours and answers of stations say nothing to the next layer. */
function isForInbox({ direction, action }: StoredFrame): boolean {
  return direction === "in" && action !== null;
}
