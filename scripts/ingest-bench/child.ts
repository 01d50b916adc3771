import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

import { answers, type BenchAnswer } from "./protocol.ts";

const answerTimeoutMs = 120_000;
const endTimeoutMs = 10_000;

/** A process of the benchmark. */
export interface Child {
  readonly pid: number;
  tell(message: object): void;
  /** The next message of this kind. @throws if the process ends before, or does not answer for two minutes */
  hear<Kind extends BenchAnswer["kind"]>(kind: Kind): Promise<Extract<BenchAnswer, { kind: Kind }>>;
  /** Resolves when it has ended, by itself or because it did not in time. */
  end(): Promise<void>;
}

export function startChild(script: string, settings: object | null): Child {
  const child: ChildProcess = fork(
    fileURLToPath(new URL(script, import.meta.url)),
    settings === null ? [] : [JSON.stringify(settings)],
    {
      execArgv: ["--disable-warning=ExperimentalWarning", "--expose-gc"],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    },
  );
  const { pid } = child;
  if (pid === undefined) {
    throw new Error(`${script} cannot be started`);
  }

  return {
    pid,
    tell(message) {
      child.send(message);
    },
    hear(kind) {
      return new Promise((resolve, reject) => {
        const settle = (): void => {
          clearTimeout(timer);
          child.off("message", onMessage).off("exit", onExit);
        };
        const onMessage = (message: unknown): void => {
          const answer = answers.parse(message);
          if (answer.kind === kind) {
            settle();
            // The kinds are equal, which the compiler does not see through the type parameter.
            resolve(answer as Extract<BenchAnswer, { kind: typeof kind }>);
          }
        };
        const onExit = (): void => {
          settle();
          reject(new Error(`${script} ended too early`));
        };
        const timer = setTimeout(() => {
          settle();
          reject(new Error(`${script} does not answer`));
        }, answerTimeoutMs);
        child.on("message", onMessage).on("exit", onExit);
      });
    },
    end() {
      if (child.exitCode !== null || child.signalCode !== null) {
        return Promise.resolve();
      }

      return new Promise((resolve) => {
        const timer = setTimeout(() => child.kill("SIGKILL"), endTimeoutMs);
        child.once("exit", () => {
          clearTimeout(timer);
          resolve();
        });
      });
    },
  };
}
