/**
 * A process that runs files of mocha tests one after the other, as it is told. Each has a run of its own; what the files
 * import is loaded once.
 */
import path from "node:path";

import Mocha from "mocha";

import { projectRoot } from "../mutants/planted-bugs.ts";
import { theEnd, type FileOutcome, type TestOutcome } from "./test-outcome.ts";

/** As hardhat.config.ts has it. */
const timeoutMs = 120_000;

const inMs = ({ user, system }: NodeJS.CpuUsage): number => Math.round((user + system) / 1_000);

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { actual, expected } = error as { readonly actual?: unknown; readonly expected?: unknown };
  const isShown = actual !== undefined || expected !== undefined;
  const difference = isShown ? Mocha.reporters.Base.generateDiff(textOf(actual), textOf(expected)) : "";
  return `${error.stack ?? error.message}${difference}`;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : Mocha.utils.stringify(value);
}

async function runFile(file: string): Promise<FileOutcome> {
  const startedAt = performance.now();
  const processorBefore = process.cpuUsage();
  const tests: TestOutcome[] = [];
  const mocha = new Mocha({ timeout: timeoutMs, forbidOnly: true, reporter: Mocha.reporters.Base });
  mocha.addFile(path.join(projectRoot, file));
  await mocha.loadFilesAsync();
  const total = mocha.suite.total();
  await new Promise<void>((resolve) => {
    const note = (test: Mocha.Runnable, state: TestOutcome["state"], reason = ""): void => {
      tests.push({ title: test.fullTitle(), state, elapsedMs: test.duration ?? 0, reason });
    };
    mocha
      .run(() => {
        resolve();
      })
      .on("pass", (test) => {
        note(test, "passed");
      })
      .on("pending", (test) => {
        note(test, "pending");
      })
      .on("fail", (test, error: unknown) => {
        note(test, "failed", reasonOf(error));
      });
  });
  mocha.dispose();
  return {
    ...{ file, total, tests },
    elapsedMs: Math.round(performance.now() - startedAt),
    processorMs: inMs(process.cpuUsage(processorBefore)),
    memoryBytes: process.memoryUsage.rss(),
  };
}

// As mocha's own command does: what nobody waits for is an error of the test that runs. Mocha passes each on once more.
const seen = new WeakSet<Promise<unknown>>();
process.on("unhandledRejection", (reason, promise) => {
  if (seen.has(promise)) return;
  seen.add(promise);
  throw reason;
});
process.on("message", (message) => {
  if (message === theEnd) process.exit(0);
  void runFile(String(message)).then((outcome) => process.send?.(outcome));
});
// Nobody is there any more who would take an outcome.
process.on("disconnect", () => process.exit(1));
