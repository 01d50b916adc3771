import { WattproofError } from "../../errors.ts";
import type { Connection } from "./connection.ts";
import type { Pool } from "./pool.ts";
import { inTransaction } from "./transaction.ts";

/** Runs writes one after another, those that arrive together in one commit. */
export interface WriteLane {
  /** Resolves with what `work` does after that is durable; rejects, with nothing written, if `work` rejects. */
  write<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result>;
  /** Resolves when everything that was asked for is done; later writes are refused. */
  close(): Promise<void>;
}

interface Job {
  readonly run: (connection: Connection) => Promise<void>;
  readonly succeed: () => void;
  readonly fail: (error: unknown) => void;
}

/** Others wait for the lock meanwhile, and who comes next is told no sooner. */
const jobsPerCommit = 64;

/**
 * Held until the commit. It makes the writes of all replicas come one after another, as those of one process on SQLite do,
 * so that what a write has read stays so. A process that stops while it holds the lock loses it when the server ends its
 * transaction. "Wattproof" in the numbers of letters.
 */
const lockLedger = { name: "lock-ledger", text: "SELECT pg_advisory_xact_lock(2301202016)" };

export function createWriteLane(pool: Pool): WriteLane {
  const queue: Job[] = [];
  let working: Promise<void> | null = null;
  let isClosed = false;

  function start(): void {
    if (working !== null || queue.length === 0) return;
    // What is asked for in this turn of the event loop goes with it.
    working = new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => commit(queue.splice(0, jobsPerCommit)))
      .finally(() => {
        working = null;
        start();
      });
  }

  async function commit(jobs: readonly Job[]): Promise<void> {
    let done: readonly (() => void)[];
    try {
      done = await pool.use((connection) =>
        inTransaction(connection, ["BEGIN", lockLedger], async () => {
          const endings: (() => void)[] = [];
          for (const job of jobs) endings.push(await runAlone(connection, job));
          return endings;
        }),
      );
    } catch (error) {
      for (const job of jobs) job.fail(error);
      return;
    }
    for (const end of done) end();
  }

  /** One job that fails does not undo the others. */
  async function runAlone(connection: Connection, job: Job): Promise<() => void> {
    const saved = connection.query("SAVEPOINT job");
    saved.catch(() => undefined);
    try {
      await job.run(connection);
      await saved;
      await connection.query("RELEASE job");
      return job.succeed;
    } catch (error) {
      await connection.query("ROLLBACK TO job");
      return () => {
        job.fail(error);
      };
    }
  }

  function enqueue<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      let result: { readonly value: Result } | undefined;
      queue.push({
        run: async (connection) => {
          result = { value: await work(connection) };
        },
        succeed: () => {
          if (result !== undefined) resolve(result.value);
        },
        fail: reject,
      });
      start();
    });
  }

  return {
    write(work) {
      if (isClosed) return Promise.reject(new WattproofError("STORE_UNAVAILABLE", "The store is closed."));
      return enqueue(work);
    },
    async close() {
      isClosed = true;
      while (working !== null) await working;
    },
  };
}
