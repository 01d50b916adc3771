/** Lets work of the same key take turns, in the order in which it came; work of other keys goes on beside it. */
export interface Turns {
  take<Result>(key: string, work: () => Promise<Result>): Promise<Result>;
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();

  return {
    take(key, work) {
      const turn = (last.get(key) ?? Promise.resolve()).then(work);
      const settled = turn.catch(() => undefined);
      last.set(key, settled);
      // The last one to leave takes the key along, so that the map holds only what is under way.
      void settled.then(() => {
        if (last.get(key) === settled) last.delete(key);
      });
      return turn;
    },
  };
}
