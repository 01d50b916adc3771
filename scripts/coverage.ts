import { readFile } from "node:fs/promises";
import path from "node:path";

import { z } from "zod";

import { exitCode, type ExitCode } from "./command-line/exit-codes.ts";
import type { Output } from "./command-line/output.ts";
import { runAlone } from "./command-line/program.ts";
import { defineVerb } from "./command-line/verb.ts";
import { type Branch, measureBranches } from "./contract-coverage/branch-coverage.ts";
import { countLines, measureLines, uncoveredLines } from "./contract-coverage/line-coverage.ts";
import { leftOutTests } from "./contract-coverage/measured-files.ts";
import { compare, namedBranchesFile, nameOf, parseNamed } from "./contract-coverage/named-branches.ts";
import { projectRoot } from "./mutants/planted-bugs.ts";

/** The least share of lines that tests must reach, in percent. */
const leastLinePercent = 98;

export const coverage = defineVerb({
  path: ["coverage"],
  summary: `measures which lines of the contracts the tests reach; at least ${leastLinePercent} % have to be`,
  description:
    "All Solidity tests, and the TypeScript tests of the contracts and of the models of the proofs (test/contracts,\n" +
    "test/proofs). Interfaces, contracts/mocks and the models do not count. Left out, because measuring changes the\n" +
    `contracts' size and gas: ${leftOutTests.join(", ")}.\n` +
    "It works in a copy of what git tracks; the working tree is only read. Exit 2 if a test fails. See docs/coverage.md.",
  options: [
    {
      flags: "--branches",
      description: `measures instead which ways the contracts' decisions take in the Solidity tests, and compares those that are never taken with those in ${namedBranchesFile}`,
    },
  ],
  access: "none",
  examples: ["--json | jq .files"],
  input: z.object({ branches: z.boolean().default(false) }),
  run: ({ branches }, { output }) => (branches ? reportBranches(output) : reportLines(output)),
});

if (import.meta.main) process.exitCode = await runAlone(coverage);

async function reportLines(output: Output): Promise<ExitCode> {
  const startedMs = performance.now();
  const coverage = await measureLines();
  const seconds = Math.round((performance.now() - startedMs) / 1_000);

  const files = coverage.map((measured) => ({
    file: measured.file,
    ...countLines([measured]),
    uncovered: uncoveredLines(measured),
  }));
  const total = countLines(coverage);
  const isEnough = total.covered * 100 >= total.total * leastLinePercent;
  output.json({ files, ...total, leastPercent: leastLinePercent, seconds });
  for (const { file, covered, total: lines, uncovered } of files) {
    output.line(row(file, covered, lines, uncovered.join(", ")));
  }
  output.line(row("all", total.covered, total.total, `${isEnough ? "at least" : "NOT"} ${leastLinePercent} %`));
  output.line(`Measured in ${seconds} s.`);

  return isEnough ? exitCode.done : exitCode.differs;
}

async function reportBranches(output: Output): Promise<ExitCode> {
  const named = parseNamed(await readFile(path.join(projectRoot, namedBranchesFile), "utf8"));
  const startedMs = performance.now();
  const branches = await measureBranches();
  const seconds = Math.round((performance.now() - startedMs) / 1_000);

  const { unnamed, outdated } = compare(branches, named);
  const files = [...Map.groupBy(branches, ({ file }) => file)].map(([file, own]) => ({ file, ...countTaken(own) }));
  const total = countTaken(branches);
  output.json({ files, ...total, unnamed, outdated, seconds });
  for (const { file, covered, total: ways } of files) output.line(row(file, covered, ways, ""));
  output.line(row("all", total.covered, total.total, `${total.total - total.covered} never taken`));
  for (const branch of unnamed) output.line(`not named, ${branch.file}:${branch.line}: ${nameOf(branch)}`);
  for (const branch of outdated) output.line(`named, but taken or gone: ${nameOf(branch)}`);
  output.line(`Measured in ${seconds} s.`);

  return unnamed.length + outdated.length === 0 ? exitCode.done : exitCode.differs;
}

function countTaken(branches: readonly Branch[]): { readonly covered: number; readonly total: number } {
  return { covered: branches.filter(({ isTaken }) => isTaken).length, total: branches.length };
}

/** A line of the table: what, how many of how many, the share, and a remark. */
function row(subject: string, covered: number, total: number, remark: string): string {
  // Rounded down, so that nothing is said to be whole that is not.
  const percent = total === 0 ? "-" : `${(Math.floor((covered * 10_000) / total) / 100).toFixed(2)} %`;
  const count = `${covered}/${total}`;
  return `${subject.padEnd(48)}${count.padStart(10)}${percent.padStart(10)}  ${remark}`.trimEnd();
}
