import { spawn } from "node:child_process";

/** How a process ended. */
export interface ProcessOutcome {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly isTimedOut: boolean;
  /** Both streams, as they came; the last part only if they were long. */
  readonly text: string;
}

/** What is kept of a process's streams. */
const longestText = 1_000_000;

export interface ProcessOptions {
  readonly folder: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Besides that of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs Node with these arguments to its end, at most for so long; then it and its children are killed. */
export function runNode(parameters: readonly string[], options: ProcessOptions): Promise<ProcessOutcome> {
  return runProgram(process.execPath, parameters, options);
}

/** The same for any program. */
export function runProgram(
  program: string,
  parameters: readonly string[],
  options: ProcessOptions,
): Promise<ProcessOutcome> {
  return new Promise((resolve, reject) => {
    options.signal.throwIfAborted();
    const child = spawn(program, [...parameters], {
      cwd: options.folder,
      env: { ...process.env, ...options.environment },
      // A process group of its own, so that its children can be ended with it.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    let isTimedOut = false;
    const take = (part: string) => {
      text = (text + part).slice(-longestText);
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);

    const kill = () => {
      endGroup(child.pid);
    };
    const timer = setTimeout(() => {
      isTimedOut = true;
      kill();
    }, options.timeoutMs);
    options.signal.addEventListener("abort", kill);
    const stop = () => {
      clearTimeout(timer);
      options.signal.removeEventListener("abort", kill);
    };
    child.once("error", (error) => {
      stop();
      reject(error);
    });
    child.once("close", (exitCode) => {
      stop();
      resolve({ exitCode, isTimedOut, text });
    });
  });
}

function endGroup(processId: number | undefined): void {
  if (processId === undefined) {
    return;
  }
  try {
    process.kill(-processId, "SIGKILL");
  } catch (error) {
    // It ended by itself in between.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) {
      throw error;
    }
  }
}
