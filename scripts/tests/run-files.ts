import { fork, type ChildProcess } from "node:child_process";
import path from "node:path";

import { theEnd, type FileOutcome } from "./test-outcome.ts";

/** A file whose process ended before the file did. */
export interface LostFile {
  readonly file: string;
  readonly reason: string;
}

export interface FileRunOptions {
  /** Processes side by side. */
  readonly jobs: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Called as each file ends. What its process wrote meanwhile comes with it. */
  readonly onFile: (ended: FileOutcome | LostFile, written: string) => void;
}

const workerFile = path.join(import.meta.dirname, "worker.ts");
/** A process that holds more than this after a file is replaced by a new one. */
const mostMemoryBytes = 1_200_000_000;
/** Longer than any file takes on a busy machine: then it hangs. */
const fileTimeoutMs = 1_200_000;
const longestText = 200_000;

/** Runs files of tests in some processes, each file in one of them, in the order in which they are given. */
export async function runFiles(files: readonly string[], options: FileRunOptions): Promise<void> {
  const waiting = [...files];

  async function work(): Promise<void> {
    let worker: Worker | null = null;
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      worker ??= startWorker(options.environment);
      const ended = await worker.run(file);
      options.onFile(ended, worker.takeText());
      if (!("tests" in ended)) worker = null;
      else if (ended.memoryBytes > mostMemoryBytes) {
        await worker.end();
        worker = null;
      }
    }
    await worker?.end();
  }

  await Promise.all(Array.from({ length: Math.min(options.jobs, files.length) }, work));
}

interface Worker {
  run(file: string): Promise<FileOutcome | LostFile>;
  /** What it has written since it was last asked. */
  takeText(): string;
  end(): Promise<void>;
}

function startWorker(environment: Readonly<Record<string, string>>): Worker {
  const child = fork(workerFile, {
    env: { ...process.env, ...environment },
    execArgv: ["--disable-warning=ExperimentalWarning", "--max-old-space-size=2048"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (part: string) => {
      text = (text + part).slice(-longestText);
    });
  }
  const closed = new Promise<string>((resolve) => {
    child.once("close", (code, signal) => {
      resolve(`The process of the tests ended with ${signal ?? String(code)}.`);
    });
  });

  return {
    async run(file) {
      const timer = setTimeout(() => child.kill("SIGKILL"), fileTimeoutMs);
      const lost = closed.then((reason) => ({ file, reason }));
      const ended = await Promise.race([answerOf(child, file), lost]);
      clearTimeout(timer);
      return ended;
    },
    takeText() {
      const taken = text;
      text = "";
      return taken;
    },
    async end() {
      child.send(theEnd);
      await closed;
    },
  };
}

function answerOf(child: ChildProcess, file: string): Promise<FileOutcome> {
  return new Promise((resolve) => {
    child.once("message", (outcome) => {
      resolve(outcome as FileOutcome);
    });
    child.send(file);
  });
}
