import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { runNode, type ProcessOutcome } from "./bounded-process.ts";
import { type CompiledContract, createContractCompiler } from "./contract-compiler.ts";
import { plant, type PlantedBug, projectRoot } from "./planted-bugs.ts";

/** All contracts take two minutes, one up to 15 s, some test files 10 s: many times over, because the machine may be busy. */
const buildTimeoutMs = 2_400_000;
const compileTimeoutMs = 600_000;
const testTimeoutMs = 600_000;
/** Compilation of a game, and the game. */
const gameTimeoutMs = 2_400_000;

const longestReason = 1_000;

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
  /** Ends what runs for it. */
  end(): void;
}

/**
 * Copies what git tracks, as it is now, to a new folder.
 *
 * @param folder Must not exist.
 */
export async function createSandbox(folder: string, signal: AbortSignal): Promise<Sandbox> {
  await copyTrackedFiles(folder);
  await linkPackages(folder);
  const compiler = createContractCompiler(folder, compileTimeoutMs, signal);
  // A chain reads it at each start, to say in words where a call failed: here only games need it.
  const buildInfo = path.join(folder, "artifacts/build-info");
  const setAside = path.join(folder, "cache/build-info-set-aside");

  const hardhat = (parameters: readonly string[], timeoutMs: number): Promise<ProcessOutcome> =>
    runNode(
      [
        "--disable-warning=ExperimentalWarning",
        "node_modules/hardhat/dist/src/cli.js",
        "--config",
        "hardhat.config.ts",
        ...parameters,
      ],
      {
        ...{ folder, timeoutMs, signal },
        // Most of a short run is spent on what Node compiles.
        environment: { NODE_COMPILE_CACHE: path.join(tmpdir(), "wattproof-compiled") },
      },
    );
  /** Mocha's first, because they take seconds; the outcome is that of the first that fails, or the last. */
  async function test(files: readonly string[], flags: readonly string[]): Promise<ProcessOutcome> {
    const ofSolidity = files.filter((file) => file.endsWith(".t.sol"));
    const ofMocha = files.filter((file) => !ofSolidity.includes(file));
    const isMochaAlone = ofSolidity.length === 0;
    if (ofMocha.length > 0) {
      const outcome = await hardhat(["test", "mocha", "--no-compile", ...flags, ...ofMocha], testTimeoutMs);
      if (isMochaAlone || outcome.exitCode !== 0) return outcome;
    }
    // They contain the contracts again, and are compiled with them: from the text as it is now.
    await rename(setAside, buildInfo);
    try {
      return await hardhat(["test", "solidity", "--no-compile", ...ofSolidity], gameTimeoutMs);
    } finally {
      await rename(buildInfo, setAside);
    }
  }

  /** Runs the bug's tests; the file has the bug in it. */
  async function judgePlanted(bug: PlantedBug): Promise<Verdict> {
    const compilation = await compiler.compile(bug.compiles);
    if (compilation.outcome === "refused") {
      return { outcome: "invalid", why: `it does not compile: ${compilation.why.slice(-longestReason)}` };
    }
    const run = await withContracts(folder, compilation.contracts, () => test(bug.tests, ["--bail"]));
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
      await takeOverCompiled(folder);
      const outcome = await hardhat(["build", "--quiet", "--no-tests", "--no-typechain"], buildTimeoutMs);
      if (outcome.exitCode !== 0) {
        throw new Error(`The contracts do not compile: ${reasonOf(outcome)}`);
      }
      await rename(buildInfo, setAside);
    },
    async requireGreen(tests) {
      const run = await test(tests, []);
      if (run.exitCode !== 0 || !/^\s*\d+ passing/mu.test(run.text)) {
        throw new Error(`Without any bug the tests must pass: ${firstFailureIn(run.text) ?? ""}\n${reasonOf(run)}`);
      }
    },
    async judge(bug) {
      const file = path.join(folder, bug.file);
      const text = await readFile(file, "utf8");
      try {
        await writeFile(file, plant(bug, text));
        return await judgePlanted(bug);
      } finally {
        await writeFile(file, text);
      }
    },
    end() {
      compiler.end();
    },
  };
}

/** What the project has compiled from the same text is not compiled again: Hardhat looks whether it is the same. */
async function takeOverCompiled(folder: string): Promise<void> {
  const kept = ["artifacts", "cache"].filter((name) => existsSync(path.join(projectRoot, name)));
  for (const name of kept) {
    await cp(path.join(projectRoot, name), path.join(folder, name), { recursive: true, preserveTimestamps: true });
  }
  const list = path.join(folder, "cache/compile-cache.json");
  if (!existsSync(list)) return;

  // It names files by their whole paths.
  const text = await readFile(list, "utf8");
  await writeFile(list, text.replaceAll(`"${projectRoot}/`, `"${folder}/`));
}

/** Puts compiled contracts in the place of those of a folder while something runs, and these back, whatever happens. */
async function withContracts<Result>(
  folder: string,
  contracts: readonly CompiledContract[],
  run: () => Promise<Result>,
): Promise<Result> {
  const before = new Map<string, string>();
  try {
    for (const { file, name, ...compiled } of contracts) {
      const artifact = path.join(folder, "artifacts", file, `${name}.json`);
      const text = await readFile(artifact, "utf8");
      before.set(artifact, text);
      await writeFile(artifact, JSON.stringify({ ...(JSON.parse(text) as object), ...compiled }));
    }
    return await run();
  } finally {
    for (const [artifact, text] of before) await writeFile(artifact, text);
  }
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
  const end = outcome.text.trim().slice(-longestReason);
  return outcome.isTimedOut ? `no end in sight\n${end}` : end;
}
