import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { withClosers } from "../command-line/closing.ts";
import { type ProcessOutcome, runProgram } from "../mutants/bounded-process.ts";
import { projectRoot } from "../mutants/planted-bugs.ts";
import { copyTrackedFiles, linkPackages } from "../mutants/sandbox.ts";

/** A copy of the project, so that what was compiled for measuring never meets what is deployed. */
export interface WorkingCopy {
  readonly folder: string;
  /** Runs a program in the copy; throws unless it ends well and in time. */
  run(program: string, parameters: readonly string[], options: RunOptions): Promise<void>;
}

export interface RunOptions {
  readonly timeoutMs: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Works in a copy of what git tracks, as it is now, and removes it, whatever happens.
 *
 * @throws Error when the process is told to end before.
 */
export async function withWorkingCopy<Result>(work: (copy: WorkingCopy) => Promise<Result>): Promise<Result> {
  const outcome = await withClosers(async ({ closers, orInterrupted }) => {
    const parent = await mkdtemp(path.join(tmpdir(), "wattproof-coverage-"));
    const stop = new AbortController();
    const folder = path.join(parent, "wattproof");
    const shared = process.env["WATTPROOF_SHARED"] ?? path.join(projectRoot, "../shared");
    const copy: WorkingCopy = {
      folder,
      async run(program, parameters, { timeoutMs, environment = {} }) {
        requireGood(
          path.basename(program),
          await runProgram(program, parameters, {
            folder,
            timeoutMs,
            signal: stop.signal,
            environment: { ...environment, WATTPROOF_SHARED: path.resolve(shared) },
          }),
        );
      },
    };
    const working = (async () => {
      await copyTrackedFiles(folder);
      await linkPackages(folder);
      return work(copy);
    })();
    closers.push(async () => {
      stop.abort(new Error("The run is over"));
      await Promise.allSettled([working]);
      await rm(parent, { recursive: true, force: true });
    });

    return orInterrupted(working.then((result) => ({ result })));
  });
  if (outcome === "interrupted") throw new Error("The measurement was interrupted");

  return outcome.result;
}

/** Reads what a run wrote; throws when it wrote nothing. */
export async function readWritten(copy: WorkingCopy, file: string): Promise<string> {
  const written = path.join(copy.folder, file);
  const { size } = await stat(written);
  if (size === 0) throw new Error(`${file} is empty`);

  return readFile(written, "utf8");
}

function requireGood(program: string, { exitCode, isTimedOut, text }: ProcessOutcome): void {
  if (exitCode === 0) return;

  throw new Error(`${program} ${isTimedOut ? "found no end" : "failed"}:\n${text.trim().slice(-6_000)}`);
}
