/** What the time of the next block is. */
export interface ChainClock {
  /** Seconds since 1970; never earlier than the last time it gave. */
  nowSeconds(): number;
}

/** The time of day. */
export function createWallClock(): ChainClock {
  return { nowSeconds: () => Math.floor(Date.now() / 1000) };
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
