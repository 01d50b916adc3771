import type { Socket } from "node:net";

/** What became of a station that wants to be let in: its turn came or comes, or it is to come back after so many seconds. */
export type Turn = { readonly kind: "taken" } | { readonly kind: "later"; readonly retryAfterSeconds: number };

/**
 * Lets in so many stations at once; others wait in the order in which they came, and who finds no place to wait is told
 * when to come back. After an outage every station comes at once: without an order all would wait for all, none would be let
 * in before its time is over, and all would come again.
 */
export interface HandshakeAdmission {
  /** Stations that wait for their turn. */
  readonly waiting: number;
  /** @param begin Called when it is the station's turn, unless its connection has ended; the turn ends with it. */
  ask(socket: Socket, begin: () => Promise<void>): Turn;
}

const shortestRetrySeconds = 1;
const longestRetrySeconds = 60;
/** Until one was measured: three commits, each of which waits for a disk. */
const firstGuessMs = 50;
/** How much the newest handshake moves the mean. */
const newestShare = 0.05;

export function createHandshakeAdmission(deps: {
  readonly atOnce: number;
  /** Who would wait longer than that, as it goes now, finds no place either. */
  readonly longestWaitMs: number;
  readonly places: number;
  readonly elapsedMs: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
}): HandshakeAdmission {
  const { atOnce, places, longestWaitMs, elapsedMs, random } = deps;
  /** In the order in which they came; those whose connection ends leave it. */
  const queue = new Map<Socket, () => Promise<void>>();
  let underWay = 0;
  let meanMs = firstGuessMs;

  function next(): void {
    while (underWay < atOnce) {
      const first = queue.entries().next();
      if (first.done === true) return;
      const [socket, begin] = first.value;
      queue.delete(socket);
      run(begin);
    }
  }

  function run(begin: () => Promise<void>): void {
    underWay += 1;
    const beganMs = elapsedMs();
    void begin().finally(() => {
      underWay -= 1;
      meanMs += newestShare * (elapsedMs() - beganMs - meanMs);
      next();
    });
  }

  /** Until all that wait now have had their turn. */
  const queueMs = (): number => (queue.size * meanMs) / atOnce;

  /** When the queue will be over, and up to three times that: those who come back are to come one after another, too. */
  function retryAfterSeconds(): number {
    const seconds = Math.ceil((queueMs() * (1 + 2 * random())) / 1_000);
    return Math.min(longestRetrySeconds, Math.max(shortestRetrySeconds, seconds));
  }

  return {
    get waiting() {
      return queue.size;
    },
    ask(socket, begin) {
      if (underWay < atOnce) {
        run(begin);
        return { kind: "taken" };
      }
      if (queue.size >= places || queueMs() > longestWaitMs) {
        return { kind: "later", retryAfterSeconds: retryAfterSeconds() };
      }
      queue.set(socket, begin);
      socket.once("close", () => queue.delete(socket));
      return { kind: "taken" };
    },
  };
}
