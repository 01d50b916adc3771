/** What the time of the next block is. */
export interface ChainClock {
  /** Seconds since 1970; never earlier than the last time it gave. */
  nowSeconds(): number;
}

/** A clock that runs with the time of day, so many seconds off, and can be put forward. */
export interface RunningClock extends ChainClock {
  advance(seconds: number): void;
}

/** The time of day, plus an offset. */
export function createRunningClock(offsetSeconds: number): RunningClock {
  let offset = offsetSeconds;

  return {
    nowSeconds: () => Math.floor(Date.now() / 1000) + offset,
    advance(seconds) {
      if (!Number.isSafeInteger(seconds) || seconds < 0) {
        throw new RangeError(`A chain's clock cannot go back by ${-seconds} seconds`);
      }
      offset += seconds;
    },
  };
}

/** A clock that stands still until it is set, for replays of the past. */
export interface SteeredClock extends ChainClock {
  /** Sets the clock forward; an earlier time is refused. */
  set(seconds: number): void;
}

/** A steered clock that begins at `startSeconds`. */
export function createSteeredClock(startSeconds: number): SteeredClock {
  let seconds = startSeconds;

  return {
    nowSeconds: () => seconds,
    set(next) {
      if (!Number.isSafeInteger(next) || next < seconds) {
        throw new RangeError(`A chain's clock cannot go back from ${seconds} to ${next}`);
      }
      seconds = next;
    },
  };
}
