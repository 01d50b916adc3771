import { execFile } from "node:child_process";
import { cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import { runNode, type ProcessOutcome } from "./bounded-process.ts";
import { plant, type PlantedBug, projectRoot } from "./planted-bugs.ts";

/** A compilation takes up to 70 s, some test files 10 s: both many times over, because the machine may be busy. */
const buildTimeoutMs = 1_200_000;
const testTimeoutMs = 600_000;
/** Compilation of the games, and the games. */
const gameTimeoutMs = 2_400_000;

/** What became of a bug. */
export type Verdict =
  /** A test failed: the first one that did. */
  | { readonly outcome: "caught"; readonly by: string }
  /** Every test passed. */
  | { readonly outcome: "survived" }
  /** It could not be said. */
  | { readonly outcome: "invalid"; readonly why: string };

/** A copy of the project in which contracts may be broken. */
export interface Sandbox {
  /** Compiles the contracts as they are; throws when they do not compile. */
  build(): Promise<void>;
  /** Plants the bug, compiles, runs its tests, and takes the bug out again. */
  judge(bug: PlantedBug): Promise<Verdict>;
  /** Runs tests on the contracts as they are; throws unless every test passes. */
  requireGreen(tests: readonly string[]): Promise<void>;
}

/**
 * Copies what git tracks, as it is now, to a new folder.
 *
 * @param folder Must not exist.
 */
export async function createSandbox(folder: string, signal: AbortSignal): Promise<Sandbox> {
  const project = path.join(folder, "wattproof");
  const pristine = path.join(folder, "pristine");
  await copyTrackedFiles(project);
  await linkPackages(project);

  const hardhat = (parameters: readonly string[], timeoutMs: number): Promise<ProcessOutcome> =>
    runNode(["--disable-warning=ExperimentalWarning", "node_modules/hardhat/dist/src/cli.js", ...parameters], {
      folder: project,
      timeoutMs,
      signal,
    });
  const compile = (files: readonly string[]) =>
    hardhat(["build", "--quiet", "--no-tests", "--no-typechain", ...files], buildTimeoutMs);
  /** Mocha's first, because they take seconds; the outcome is that of the first that fails, or the last. */
  async function test(files: readonly string[], flags: readonly string[]): Promise<ProcessOutcome> {
    const ofSolidity = files.filter((file) => file.endsWith(".t.sol"));
    const ofMocha = files.filter((file) => !ofSolidity.includes(file));
    const isMochaAlone = ofSolidity.length === 0;
    if (ofMocha.length > 0) {
      const outcome = await hardhat(["test", "mocha", "--no-compile", ...flags, ...ofMocha], testTimeoutMs);
      if (isMochaAlone || outcome.exitCode !== 0) return outcome;
    }
    // They contain the contracts again, and are compiled with them.
    return hardhat(["test", "solidity", ...ofSolidity], gameTimeoutMs);
  }

  /** What the compiler made of the contracts as they are; a bug must not live on in what is not compiled again. */
  const compiled = ["artifacts", "cache"];
  async function restoreCompiled(): Promise<void> {
    for (const name of compiled) {
      await rm(path.join(project, name), { recursive: true, force: true });
      await cp(path.join(pristine, name), path.join(project, name), { recursive: true, preserveTimestamps: true });
    }
  }

  async function judgePlanted(bug: PlantedBug): Promise<Verdict> {
    const build = await compile(bug.compiles);
    if (build.exitCode !== 0) {
      return { outcome: "invalid", why: `it does not compile: ${reasonOf(build)}` };
    }
    const run = await test(bug.tests, ["--bail"]);
    if (run.exitCode === 0) {
      return { outcome: "survived" };
    }
    const by = firstFailureIn(run.text);
    return by === undefined
      ? { outcome: "invalid", why: `its tests did not run: ${reasonOf(run)}` }
      : { outcome: "caught", by };
  }

  return {
    async build() {
      const outcome = await compile([]);
      if (outcome.exitCode !== 0) {
        throw new Error(`The contracts do not compile: ${reasonOf(outcome)}`);
      }
      for (const name of compiled) {
        await cp(path.join(project, name), path.join(pristine, name), { recursive: true, preserveTimestamps: true });
      }
    },
    async requireGreen(tests) {
      const run = await test(tests, []);
      if (run.exitCode !== 0 || !/^\s*\d+ passing/mu.test(run.text)) {
        throw new Error(`Without any bug the tests must pass: ${firstFailureIn(run.text) ?? reasonOf(run)}`);
      }
    },
    async judge(bug) {
      const file = path.join(project, bug.file);
      const text = await readFile(file, "utf8");
      try {
        await writeFile(file, plant(bug, text));
        return await judgePlanted(bug);
      } finally {
        await writeFile(file, text);
        await restoreCompiled();
      }
    },
  };
}

/** Lets a copy use the packages of the project. */
export async function linkPackages(copy: string): Promise<void> {
  await symlink(path.join(projectRoot, "node_modules"), path.join(copy, "node_modules"));
}

/** Copies what git tracks, as it is now. */
export async function copyTrackedFiles(target: string): Promise<void> {
  const { stdout } = await promisify(execFile)("git", ["ls-files", "-z"], {
    cwd: projectRoot,
    maxBuffer: 16 * 1024 * 1024,
  });
  for (const file of stdout.split("\0").filter((name) => name !== "")) {
    await mkdir(path.join(target, path.dirname(file)), { recursive: true });
    await cp(path.join(projectRoot, file), path.join(target, file));
  }
}

/** The name of the first test that failed, as mocha's report or that of Solidity tests has it; undefined if none did. */
export function firstFailureIn(report: string): string | undefined {
  const [, list] = /^\s*\d+ failing\n([\s\S]*)$/mu.exec(report) ?? [];
  const [, ofSolidity] = /^\s*1\) (\w+#\w+)/mu.exec(list ?? "") ?? [];
  const [, ofMocha] = /^\s*1\) ([\s\S]+?):\n/mu.exec(list ?? "") ?? [];
  return ofSolidity ?? ofMocha?.replace(/\s+/gu, " ");
}

function reasonOf(outcome: ProcessOutcome): string {
  const end = outcome.text.trim().slice(-1_000);
  return outcome.isTimedOut ? `no end in sight\n${end}` : end;
}
