import { WattproofError } from "../../errors.ts";
import { connectToOne, type Connection, type PoolSettings, type Slot } from "./connection.ts";
import { asStoreError } from "./postgres-errors.ts";
import type { PostgresTarget } from "./target.ts";

/**
 * A bounded number of connections. Whoever has one never waits for another, so that nobody waits for ever; who waits too
 * long is told so.
 */
export interface Pool {
  /** Runs work with a connection of its own. @throws STORE_UNAVAILABLE, STORE_CORRUPT */
  use<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result>;
  /** Resolves when all connections are closed; later work is refused. */
  close(): Promise<void>;
}

interface Waiter {
  readonly take: () => void;
}

const leastPauseMs = 50;
const mostPauseMs = 1_000;

export function createPool(target: PostgresTarget, settings: PoolSettings): Pool {
  const idle: Slot[] = [];
  const waiting: Waiter[] = [];
  const all = new Set<Slot>();
  let used = 0;
  let isClosed = false;
  let whenUnused: (() => void) | null = null;

  async function acquire(): Promise<Slot> {
    if (isClosed) throw new WattproofError("STORE_UNAVAILABLE", "The store is closed.");
    if (used >= settings.connections) await turn();
    else used += 1;
    // From here on this caller has the right to one connection, and gives it back if none can be made.
    try {
      return takeIdle() ?? (await connectWithin(performance.now() + settings.waitMs));
    } catch (error) {
      giveTurn();
      throw error;
    }
  }

  function takeIdle(): Slot | null {
    for (let slot = idle.pop(); slot !== undefined; slot = idle.pop()) if (!slot.isLost) return slot;
    return null;
  }

  function turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(waiter), 1);
        reject(new WattproofError("STORE_UNAVAILABLE", "All connections to the database are in use."));
      }, settings.waitMs);
      const waiter: Waiter = {
        take() {
          clearTimeout(timer);
          resolve();
        },
      };
      waiting.push(waiter);
    });
  }

  function giveTurn(): void {
    const next = waiting.shift();
    if (next !== undefined) {
      next.take();
      return;
    }
    used -= 1;
    if (used === 0) whenUnused?.();
  }

  async function connectWithin(deadlineMs: number): Promise<Slot> {
    let pauseMs = leastPauseMs;
    for (;;) {
      try {
        const slot = await connectToOne(target, settings);
        all.add(slot);
        return slot;
      } catch (error) {
        if (isClosed || performance.now() + pauseMs > deadlineMs) throw asStoreError(error);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        pauseMs = Math.min(mostPauseMs, pauseMs * 2);
      }
    }
  }

  function release(slot: Slot): void {
    if (slot.isLost || isClosed) discard(slot);
    else idle.push(slot);
    giveTurn();
  }

  function discard(slot: Slot): void {
    all.delete(slot);
    void slot.end();
  }

  return {
    async use(work) {
      const slot = await acquire();
      try {
        return await work(slot);
      } finally {
        release(slot);
      }
    },
    async close() {
      isClosed = true;
      if (used > 0) await new Promise<void>((resolve) => (whenUnused = resolve));
      await Promise.all([...all].map((slot) => slot.end()));
      all.clear();
      idle.length = 0;
    },
  };
}
