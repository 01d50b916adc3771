import { spawn, type ChildProcess } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A service in a process of its own that is started again whenever it dies. */
export interface SupervisedService {
  /** Where it listens now; waits while it starts. */
  url(): Promise<string>;
  /** The signals of which the process died so far. */
  readonly deaths: readonly string[];
  /** Kills the process that runs now; resolves when it is dead, and the next one begins. */
  kill(): Promise<void>;
  /** Stops the process that runs now where it is, as a machine that hangs, and lets it go on. */
  freeze(): void;
  thaw(): void;
  /** Ends the process that runs now in an orderly way and starts the next one, with these settings beside its own. */
  restart(changes?: Readonly<Record<string, string>>): Promise<void>;
  /** Ends the process in an orderly way. */
  stop(): Promise<void>;
}

const entry = fileURLToPath(new URL("crashing-service.ts", import.meta.url));
/** What is compiled at one start is there for the next ones, of which there are many. */
const inherited = {
  PATH: process.env["PATH"] ?? "",
  NODE_COMPILE_CACHE: join(tmpdir(), "wattproof-compiled"),
};
const startTimeoutMs = 120_000;
/** Deaths beyond those that were asked for. */
const usualSpareRestarts = 4;

/**
 * @param crashAt Where the first process dies, the second, and so on; those after them run undisturbed.
 * @param spareRestarts How often one that dies without being asked to is started again.
 */
export function superviseService(
  environment: Readonly<Record<string, string>>,
  crashAt: string | readonly string[] | null,
  spareRestarts = usualSpareRestarts,
): SupervisedService {
  const places = typeof crashAt === "string" ? [crashAt] : (crashAt ?? []);
  const deaths: string[] = [];
  let isStopping = false;
  let changed: Readonly<Record<string, string>> = {};
  let child: ChildProcess;
  let address: Promise<string>;

  function start(): void {
    const place = places[deaths.length];
    child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", entry], {
      env: { ...inherited, ...environment, ...changed, ...(place === undefined ? {} : { CRASH_AT: place }) },
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
        if (deaths.length <= places.length + spareRestarts) start();
      });
    });
    address.catch(() => undefined);
  }
  start();

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    const ended = child;
    const code = new Promise<number | null>((resolve) => ended.once("exit", resolve));
    ended.kill(signal);
    return await code;
  }

  return {
    deaths,
    url: () => address,
    async kill() {
      await end("SIGKILL");
    },
    freeze() {
      child.kill("SIGSTOP");
    },
    thaw() {
      child.kill("SIGCONT");
    },
    async restart(changes = {}) {
      changed = changes;
      const code = await end("SIGTERM");
      if (code !== 0) throw new Error(`The service ended with ${String(code)}.`);
    },
    async stop() {
      isStopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const code = await end("SIGTERM");
      if (code !== 0) throw new Error(`The service ended with ${String(code)}.`);
    },
  };
}
