import type { DatabaseSync } from "node:sqlite";

import { WattproofError } from "../../errors.ts";

/** Runs writes so that those which arrive together share one transaction and one wait for the disk. */
export interface GroupCommit {
  /** Resolves with the result of `work` after it is durable; rejects, with nothing written, if `work` throws. */
  write<Result>(work: () => Result): Promise<Result>;
  /** Resolves when everything that was asked for is done; later writes are refused. */
  close(): Promise<void>;
}

interface Job {
  readonly run: () => void;
  readonly succeed: () => void;
  readonly fail: (error: unknown) => void;
}

// Keeps one commit short enough that the event loop stays responsive; 1,000 rows commit in about 13 ms here.
const jobsPerCommit = 1_000;

export function createGroupCommit(database: DatabaseSync): GroupCommit {
  const begin = database.prepare("BEGIN IMMEDIATE");
  const commit = database.prepare("COMMIT");
  const savepoint = database.prepare("SAVEPOINT job");
  const release = database.prepare("RELEASE job");
  const queue: Job[] = [];
  let isScheduled = false;
  let isClosed = false;

  function schedule(): void {
    if (isScheduled || queue.length === 0) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      flush(queue.splice(0, jobsPerCommit));
      schedule();
    });
  }

  function flush(jobs: readonly Job[]): void {
    const done: (() => void)[] = [];
    try {
      begin.run();
      for (const job of jobs) done.push(runInSavepoint(job));
      commit.run();
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      for (const job of jobs) job.fail(error);
      return;
    }
    for (const settle of done) settle();
  }

  function runInSavepoint(job: Job): () => void {
    savepoint.run();
    try {
      job.run();
      release.run();
      return job.succeed;
    } catch (error) {
      // A full disk ends the whole transaction; then there is no savepoint to go back to.
      if (!database.isTransaction) throw error;
      database.exec("ROLLBACK TO job");
      database.exec("RELEASE job");
      return () => {
        job.fail(error);
      };
    }
  }

  function enqueue<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      let result: { readonly value: Result } | undefined;
      queue.push({
        run: () => {
          result = { value: work() };
        },
        succeed: () => {
          if (result !== undefined) resolve(result.value);
        },
        fail: (error) => {
          reject(asStoreError(error));
        },
      });
      schedule();
    });
  }

  return {
    write(work) {
      if (isClosed) return Promise.reject(new WattproofError("STORE_UNAVAILABLE", "The store is closed."));
      return enqueue(work);
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      await enqueue(() => undefined);
    },
  };
}

/** What SQLite says becomes an error of the catalogue; what already is one stays. */
export function asStoreError(error: unknown): WattproofError {
  if (error instanceof WattproofError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new WattproofError("STORE_UNAVAILABLE", detail, { cause: error });
}
