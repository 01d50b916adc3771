import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

import { projectRoot } from "../mutants/planted-bugs.ts";

/** How the Solidity tests ended. */
export interface SolidityOutcome {
  /** Tests that are in the files. */
  readonly total: number;
  readonly passed: number;
  readonly elapsedMs: number;
  readonly exitCode: number | null;
  /** What Hardhat wrote. */
  readonly text: string;
}

const hardhat = path.join(projectRoot, "node_modules/hardhat/dist/src/cli.js");

/** How many tests files of Solidity tests contain. */
export function countSolidityTests(files: readonly string[]): number {
  const texts = files.map((file) => readFileSync(path.join(projectRoot, file), "utf8"));
  return texts.reduce((sum, text) => sum + [...text.matchAll(/\bfunction (?:test|invariant)\w*\(/gu)].length, 0);
}

/** Compiles what changed and runs Solidity tests. */
export async function runSolidity(
  files: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<SolidityOutcome> {
  const startedAt = performance.now();
  const { exitCode, text } = await runHardhat(["test", "solidity", "--no-compile", ...files], environment);
  const [, passed = "0"] = /^\s*(\d+) passing/mu.exec(text) ?? [];
  return {
    ...{ total: countSolidityTests(files), passed: Number(passed), exitCode, text },
    elapsedMs: Math.round(performance.now() - startedAt),
  };
}

/** Runs Hardhat to its end. */
export function runHardhat(
  parameters: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly exitCode: number | null; readonly text: string }> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", hardhat, ...parameters], {
    cwd: projectRoot,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => {
      resolve({ exitCode, text });
    });
  });
}
