/** Things that have to be closed, in the order in which they were opened. */
export type Closers = (() => Promise<void> | void)[];

/** What a command that opens things works with. */
export interface Session {
  readonly closers: Closers;
  /** Resolves when the process is told to end. */
  readonly interrupted: Promise<"interrupted">;
  /** The work's result, or `interrupted` when the process is told to end before. */
  readonly orInterrupted: <Result>(work: Promise<Result>) => Promise<Result | "interrupted">;
}

/**
 * Runs a command that opens things, and closes them whatever happens, the last one first. Ctrl-C and SIGTERM end it in
 * the same orderly way.
 */
export async function withClosers<Result>(run: (session: Session) => Promise<Result>): Promise<Result> {
  const closers: Closers = [];
  const works: Promise<unknown>[] = [];
  const interrupted = new Promise<"interrupted">((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        resolve("interrupted");
      });
    }
  });
  const closeAll = async (): Promise<void> => {
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
      await close();
    }
  };

  try {
    return await run({
      closers,
      interrupted,
      orInterrupted(work) {
        works.push(work);

        return Promise.race([work, interrupted]);
      },
    });
  } finally {
    await closeAll();
    // Work that was left behind fails soon, as what it works with is closed; what it opened meanwhile is closed, too.
    await Promise.allSettled(works);
    await closeAll();
  }
}
