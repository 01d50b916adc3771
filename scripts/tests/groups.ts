import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";

import { projectRoot } from "../mutants/planted-bugs.ts";

/** What a file of tests needs, and so when it runs. */
export type GroupName = keyof typeof groups;

/** In the order in which they begin: files that take long come first, so that no core waits for one at the end. */
export const groups = {
  solidity: { isFast: false, meaning: "the Solidity tests, most of them fuzz and invariant tests" },
  long: { isFast: false, meaning: "long generated runs" },
  browser: { isFast: false, meaning: "Chromium on the pages" },
  crash: { isFast: false, meaning: "processes that are killed" },
  chain: { isFast: true, meaning: "a chain in the process, or commands as processes of their own" },
  pure: { isFast: true, meaning: "neither Hardhat nor a chain nor another process" },
} as const satisfies Readonly<Record<string, { readonly isFast: boolean; readonly meaning: string }>>;

export const groupNames = Object.keys(groups) as readonly GroupName[];

/** Whole runs of generated work; a file of this list that is not there is an error. */
export const longFiles: readonly string[] = [
  "test/contracts/ocmf/differential.test.ts",
  "test/proofs/differential.test.ts",
  "test/scripts/replay.test.ts",
  "test/scripts/soak.test.ts",
  "test/simulation/simulate.test.ts",
];

/** Imports that stay when the types are removed. */
const importGrammar = /^(?:import|export)\s+(?!type\s)(?:[^"';]*?\sfrom\s+)?"([^"]+)";|\bimport\("([^"]+)"\)/gmu;

/** All files of mocha tests, by their paths from the project's folder. */
export function findTestFiles(): readonly string[] {
  return globSync("test/**/*.test.ts", { cwd: projectRoot })
    .map((file) => file.split(path.sep).join("/"))
    .sort();
}

/** All files of Solidity tests. */
export function findSolidityTestFiles(): readonly string[] {
  return globSync("{test,contracts}/**/*.t.sol", { cwd: projectRoot }).sort();
}

/** Whether Hardhat's runner of Solidity tests takes the file. */
export function isSolidityTest(file: string): boolean {
  return file.endsWith(".t.sol");
}

/**
 * The one group of a file of tests. Most of it is read from what the file imports, so that a new file needs no
 * entry anywhere.
 */
export function groupOf(file: string): GroupName {
  if (isSolidityTest(file)) return "solidity";
  if (longFiles.includes(file)) return "long";
  if (file.startsWith("test/browser/")) return "browser";
  const { files, packages } = importsOf(file);
  if (files.has("test/helpers/supervised-service.ts") || /\bSIGKILL\b/u.test(textOf(file))) return "crash";
  return [...packages].some((name) => /^(?:hardhat(?:\/.*)?|node:child_process)$/u.test(name)) ? "chain" : "pure";
}

/** Everything that a file imports, and what that imports in turn. */
function importsOf(file: string): { readonly files: ReadonlySet<string>; readonly packages: ReadonlySet<string> } {
  const files = new Set([file]);
  const packages = new Set<string>();
  for (const reached of files) {
    for (const specifier of importsIn(reached)) {
      const target = path.posix.join(path.posix.dirname(reached), specifier);
      if (!specifier.startsWith(".")) packages.add(specifier);
      else if (/\.tsx?$/u.test(target) && existsSync(path.join(projectRoot, target))) files.add(target);
    }
  }
  return { files, packages };
}

const knownImports = new Map<string, readonly string[]>();

function importsIn(file: string): readonly string[] {
  const known = knownImports.get(file);
  if (known !== undefined) return known;
  const found = [...textOf(file).matchAll(importGrammar)].map(([, named, loaded]) => named ?? loaded ?? "");
  knownImports.set(file, found);
  return found;
}

function textOf(file: string): string {
  return readFileSync(path.join(projectRoot, file), "utf8");
}
