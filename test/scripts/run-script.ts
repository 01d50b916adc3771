import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import { z } from "zod";

/** What a command did, seen from outside. */
export interface ScriptRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that is running. */
export interface RunningScript {
  readonly child: ChildProcess;
  readonly finished: Promise<ScriptRun>;
  /** Resolves with the first line of either stream that matches; rejects when the command ends without one. */
  line(pattern: RegExp): Promise<string>;
}

const manifest = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync("package.json", "utf8")));

/** What package.json runs for a name, without the program `node` in front. */
function wordsOf(script: string): readonly string[] {
  const [program, ...words] = (manifest.scripts[script] ?? "").split(" ");
  if (program !== "node") throw new Error(`package.json has no script ${script} that Node runs`);
  return words;
}

/**
 * Starts a script of package.json as a process of its own, with its own environment.
 * @param script Its name, as in `npm run -s <name> --`.
 */
export function startScript(
  script: string,
  parameters: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): RunningScript {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("WATTPROOF_"));
  const child = spawn(process.execPath, [...wordsOf(script), ...parameters], {
    env: { ...Object.fromEntries(inherited), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const finished = new Promise<ScriptRun>((resolve) => {
    child.once("close", (code) => {
      resolve({ code, stdout, stderr });
    });
  });

  return {
    child,
    finished,
    line: (pattern) =>
      new Promise<string>((resolve, reject) => {
        for (const stream of [child.stdout, child.stderr]) {
          createInterface({ input: stream }).on("line", (text) => {
            if (pattern.test(text)) {
              resolve(text);
            }
          });
        }
        void finished.then((run) => {
          reject(new Error(`${script} ended without ${String(pattern)}: ${run.stderr}`));
        });
      }),
  };
}

/** Runs a script of this project to its end. */
export function runScript(
  script: string,
  parameters: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ScriptRun> {
  return startScript(script, parameters, environment).finished;
}
