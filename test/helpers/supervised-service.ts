import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A service in a process of its own that is started again whenever it dies. */
export interface SupervisedService {
  /** Where it listens now; waits while it starts. */
  url(): Promise<string>;
  /** The signals of which the process died so far. */
  readonly deaths: readonly string[];
  /** Ends the process in an orderly way. */
  stop(): Promise<void>;
}

const entry = fileURLToPath(new URL("crashing-service.ts", import.meta.url));
const startTimeoutMs = 60_000;
const restartLimit = 5;

/** @param crashAt Where the first process dies; those after it run undisturbed. */
export function superviseService(
  environment: Readonly<Record<string, string>>,
  crashAt: string | null,
): SupervisedService {
  const deaths: string[] = [];
  let isStopping = false;
  let child: ChildProcess;
  let address: Promise<string>;

  function start(isFirst: boolean): void {
    const crash = isFirst && crashAt !== null ? { CRASH_AT: crashAt } : {};
    child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", entry], {
      env: { PATH: process.env["PATH"] ?? "", ...environment, ...crash },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const started = child;
    address = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error("The service did not start in time."));
      }, startTimeoutMs);
      started.stdout?.once("data", (line: Buffer) => {
        clearTimeout(timer);
        resolve(line.toString().trim());
      });
      started.once("exit", (code, signal) => {
        clearTimeout(timer);
        // A service that died is started again; whoever waits for the old address asks again.
        reject(new Error(`The service ended with ${signal ?? String(code)}.`));
        if (isStopping) return;
        deaths.push(signal ?? String(code));
        if (deaths.length < restartLimit) start(false);
      });
    });
    address.catch(() => undefined);
  }
  start(true);

  return {
    deaths,
    url: () => address,
    async stop() {
      isStopping = true;
      const ended = child;
      if (ended.exitCode !== null || ended.signalCode !== null) return;
      const code = new Promise<number | null>((resolve) => ended.once("exit", resolve));
      ended.kill("SIGTERM");
      if ((await code) !== 0) throw new Error(`The service ended with ${String(await code)}.`);
    },
  };
}
