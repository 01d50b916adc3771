import { Client } from "pg";

import type { Pool } from "./pool.ts";
import { clientConfigOf, type PostgresTarget } from "./target.ts";

/** Hints between replicas. One that is lost is made good by looking. */
export interface Signals {
  readonly send: () => void;
  /** @returns ends it */
  readonly listen: (listener: () => void) => () => void;
  close(): Promise<void>;
}

const channel = "wattproof";
const pauseMs = 1_000;

/** Each hint takes a lock of the whole database at its commit, so that those of one turn of the event loop go as one. */
export function createSignals(pool: Pool, target: PostgresTarget): Signals {
  const listeners = new Set<() => void>();
  let client: Client | null = null;
  let timer: NodeJS.Timeout | null = null;
  let isSending = false;
  let isClosed = false;

  async function connect(): Promise<void> {
    for (const host of target.hosts) {
      const tried = new Client({
        ...clientConfigOf(target, host),
        application_name: "wattproof-signals",
        keepAlive: true,
      });
      tried.on("error", () => undefined);
      tried.on("end", reconnect);
      tried.on("notification", () => {
        for (const listener of listeners) listener();
      });
      try {
        await tried.connect();
        // A standby takes no listeners, so the next host is tried.
        await tried.query(`LISTEN ${channel}`);
        client = tried;
        return;
      } catch {
        tried.removeAllListeners("end");
        await tried.end().catch(() => undefined);
      }
    }
    reconnect();
  }

  function reconnect(): void {
    client = null;
    if (isClosed || timer !== null) return;
    timer = setTimeout(() => {
      timer = null;
      if (!isClosed) void connect();
    }, pauseMs);
    timer.unref();
  }

  return {
    send() {
      // Who listens here need not wait for the way through the database.
      for (const listener of listeners) listener();
      if (isSending || isClosed) return;
      isSending = true;
      setImmediate(() => {
        isSending = false;
        // A hint that cannot be sent is no loss.
        if (!isClosed) void pool.use((connection) => connection.query(`NOTIFY ${channel}`)).catch(() => undefined);
      });
    },
    listen(listener) {
      if (listeners.size === 0 && client === null && timer === null) void connect();
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    async close() {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
      await client?.end().catch(() => undefined);
    },
  };
}
