/** What the time of the next block is. */
export interface ChainClock {
  /** Seconds since 1970; never earlier than the last time it gave. */
  nowSeconds(): number;
}

/** A clock that runs with the time of day, so many seconds off, and can be put forward. */
export interface RunningClock extends ChainClock {
  advance(seconds: number): void;
  /** Goes on from this time, which may lie before what it gave: for a clock that nobody has asked yet. */
  setTo(seconds: number): void;
  /** Gives the time of day from now on; a clock that was put beyond it stays ahead. */
  followTheTimeOfDay(): void;
}

/** The time of day, plus an offset. */
export function createRunningClock(offsetSeconds: number, nowMs: () => number = Date.now): RunningClock {
  let offset = offsetSeconds;
  const timeOfDay = (): number => Math.floor(nowMs() / 1000);

  return {
    nowSeconds: () => timeOfDay() + offset,
    advance(seconds) {
      if (!Number.isSafeInteger(seconds) || seconds < 0) {
        throw new RangeError(`A chain's clock cannot go back by ${-seconds} seconds`);
      }
      offset += seconds;
    },
    setTo(seconds) {
      offset = seconds - timeOfDay();
    },
    followTheTimeOfDay() {
      offset = Math.max(offset, 0);
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
