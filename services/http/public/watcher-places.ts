import { WattproofError } from "../../errors.ts";

/** Who wants to watch. */
export interface Watcher {
  readonly client: string;
  readonly sessionId: string;
  /** Whether it may see the whole session: half of the places are kept for these. */
  readonly hasKey: boolean;
}

/** Counts the streams that are open, so that nobody takes all places. */
export interface WatcherPlaces {
  readonly taken: number;
  /** @returns what gives the place back; again does nothing. @throws CLIENT_RATE_EXCEEDED, SERVICE_OVERLOADED */
  take(watcher: Watcher): () => void;
}

export function createWatcherPlaces(limits: {
  readonly watchers: number;
  readonly watchersPerClient: number;
}): WatcherPlaces {
  const { watchers, watchersPerClient } = limits;
  const counts = new Map<string, number>();
  let taken = 0;
  let withoutKey = 0;

  function count(name: string, change: 1 | -1): void {
    const next = (counts.get(name) ?? 0) + change;
    if (next === 0) counts.delete(name);
    else counts.set(name, next);
  }

  return {
    get taken() {
      return taken;
    },
    take({ client, sessionId, hasKey }) {
      // Strangers and those with a key are counted apart, so that no stranger takes the driver's places.
      const names = [`client ${client}`, `session ${hasKey} ${sessionId}`];
      if (names.some((name) => (counts.get(name) ?? 0) >= watchersPerClient)) {
        throw new WattproofError(
          "CLIENT_RATE_EXCEEDED",
          `The limit is ${watchersPerClient} streams of a client, and of a session.`,
        );
      }
      if (taken >= watchers || (!hasKey && withoutKey >= Math.ceil(watchers / 2))) {
        throw new WattproofError("SERVICE_OVERLOADED", `The limit is ${watchers} watchers at once.`);
      }
      for (const name of names) count(name, 1);
      taken += 1;
      if (!hasKey) withoutKey += 1;
      let isTaken = true;
      return () => {
        if (!isTaken) return;
        isTaken = false;
        for (const name of names) count(name, -1);
        taken -= 1;
        if (!hasKey) withoutKey -= 1;
      };
    },
  };
}
