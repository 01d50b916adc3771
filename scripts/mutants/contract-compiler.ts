import { fork, type ChildProcess } from "node:child_process";
import path from "node:path";

import { z } from "zod";

const workerFile = path.join(import.meta.dirname, "compiling-process.ts");

/** The contracts of some files, or what the compiler objects to. */
export type Compilation =
  | { readonly outcome: "compiled"; readonly contracts: readonly CompiledContract[] }
  | { readonly outcome: "refused"; readonly why: string };

const references = z.record(z.string(), z.unknown());

const contractSchema = z.object({
  file: z.string(),
  name: z.string(),
  abi: z.array(z.unknown()),
  bytecode: z.string(),
  deployedBytecode: z.string(),
  linkReferences: references,
  deployedLinkReferences: references,
  immutableReferences: references,
});

/** What an artifact says of a contract. */
export type CompiledContract = z.output<typeof contractSchema>;

const compilationSchema = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("compiled"), contracts: z.array(contractSchema) }),
  z.object({ outcome: z.literal("refused"), why: z.string() }),
]);

/** What the process is asked. */
export const requestSchema = z.object({
  /** The folder of the project. */
  folder: z.string(),
  /** The files whose contracts are wanted; what they import is found from the folder. */
  files: z.array(z.string()),
});

/** Compiles contracts as they are deployed, by the profile of hardhat.config.ts. */
export interface ContractCompiler {
  /** @throws Error when the process ends without an answer */
  compile(files: readonly string[]): Promise<Compilation>;
  end(): void;
}

/**
 * A compiler in a process of its own, which is kept: it starts once, and compiles nothing but what is asked for. A process
 * that takes longer than the limit is killed, and the next compilation starts another.
 */
export function createContractCompiler(folder: string, timeoutMs: number, signal: AbortSignal): ContractCompiler {
  let running: RunningCompiler | null = null;
  const end = (): void => {
    running?.child.kill("SIGKILL");
    running = null;
  };
  signal.addEventListener("abort", end);

  return {
    async compile(files) {
      signal.throwIfAborted();
      const { child, ended } = (running ??= startCompiler());
      const time = AbortSignal.timeout(timeoutMs);
      time.addEventListener("abort", end);
      const answered = new Promise<unknown>((resolve) => {
        child.once("message", resolve);
      });
      child.send({ folder, files });
      const answer = await Promise.race([answered, ended]);
      time.removeEventListener("abort", end);
      if (time.aborted) return { outcome: "refused", why: "no end in sight" };
      if (typeof answer === "string") {
        running = null;
        throw new Error(answer);
      }

      return compilationSchema.parse(answer);
    },
    end() {
      signal.removeEventListener("abort", end);
      end();
    },
  };
}

interface RunningCompiler {
  readonly child: ChildProcess;
  /** How it ended, when it does. */
  readonly ended: Promise<string>;
}

function startCompiler(): RunningCompiler {
  const child = fork(workerFile, { execArgv: ["--disable-warning=ExperimentalWarning"] });
  const ended = new Promise<string>((resolve) => {
    child.once("close", (code, signal) => {
      resolve(`The compiler ended with ${signal ?? String(code)}`);
    });
  });

  return { child, ended };
}
