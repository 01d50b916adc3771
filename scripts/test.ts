import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";

import { z } from "zod";

import { exitCode } from "./command-line/exit-codes.ts";
import { wholeInput } from "./command-line/inputs.ts";
import type { Output } from "./command-line/output.ts";
import { runAlone } from "./command-line/program.ts";
import { UsageError } from "./command-line/usage.ts";
import { defineVerb } from "./command-line/verb.ts";
import {
  findSolidityTestFiles,
  findTestFiles,
  groupNames,
  groupOf,
  groups,
  isSolidityTest,
  type GroupName,
} from "./tests/groups.ts";
import { runFiles } from "./tests/run-files.ts";
import { runHardhat, runSolidity } from "./tests/run-solidity.ts";
import { createTally, type Tally } from "./tests/tally.ts";

const progressMs = 30_000;
/**
 * Of the processes of the tests and of those that they start: Hardhat's word that everything is compiled, and one place
 * for what Node has compiled, because most of the time of a short command is spent on that.
 */
const environment = {
  HH_TEST: "true",
  NODE_ENV: "test",
  NODE_COMPILE_CACHE: path.join(tmpdir(), "wattproof-compiled"),
};

interface ChosenFile {
  readonly file: string;
  readonly group: GroupName;
}

export const test = defineVerb({
  path: ["test"],
  summary: "compiles the contracts and runs the tests, in several processes side by side",
  description:
    "Shows failures, and how each group ended. It fails when a test fails and when fewer tests ran than there are. " +
    `Groups: ${groupNames.map((name) => `${name}${groups[name].isFast ? " (fast)" : ""}, ${groups[name].meaning}`).join("; ")}.`,
  arguments: [{ syntax: "[file...]", description: "only these files" }],
  options: [
    {
      flags: "--fast",
      description: "only the groups marked fast: no browser, nothing that is killed, no long generated runs",
    },
    { flags: "--group <name>", description: "this group only; may be given more than once", isRepeated: true },
    {
      flags: "--jobs <n>",
      description: "processes, 1 to 16; default: one more than there are cores, since many tests wait for others",
    },
    { flags: "--list", description: "says which file is in which group, and runs nothing" },
  ],
  access: "none",
  examples: ["--group pure", "test/integration/amounts.test.ts"],
  input: z.object({
    file: z.array(z.string()).default([]),
    fast: z.boolean().default(false),
    group: z.array(z.enum(groupNames)).optional(),
    jobs: wholeInput(1, 16).default(Math.min(16, availableParallelism() + 1)),
    list: z.boolean().default(false),
  }),
  async run({ file, fast, group, jobs, list }, { output }) {
    const chosen = choose(file, fast, group);
    if (list) {
      output.json(chosen);
      for (const { file: path, group: name } of chosen) output.line(`${name.padEnd(10)}${path}`);
      return exitCode.done;
    }
    const build = await runHardhat(["build", "--quiet", "--no-tests"]);
    if (build.exitCode !== 0) throw new UsageError(`The contracts do not compile:\n${build.text.trim()}`);
    const tally = await runAll(chosen, jobs, output);
    output.json({ groups: tally.groups(), files: tally.files(), failures: tally.failures() });
    return summarise(tally, output) ? exitCode.done : exitCode.differs;
  },
});

if (import.meta.main) process.exitCode = await runAlone(test);

function choose(
  named: readonly string[],
  isFast: boolean,
  wanted: readonly GroupName[] | undefined,
): readonly ChosenFile[] {
  const all = [...findTestFiles(), ...findSolidityTestFiles()];
  const files = named.length === 0 ? all : named.map((file) => path.posix.normalize(file));
  const unknown = files.filter((file) => !all.includes(file));
  if (unknown.length > 0) throw new UsageError(`Not a file of tests: ${unknown.join(", ")}`);
  const chosen = files
    .map((file) => ({ file, group: groupOf(file) }))
    .filter(({ group }) => (!isFast || groups[group].isFast) && (wanted?.includes(group) ?? true));
  if (chosen.length === 0) throw new UsageError("No file of tests is left");
  return chosen.toSorted((one, other) => groupNames.indexOf(one.group) - groupNames.indexOf(other.group));
}

async function runAll(chosen: readonly ChosenFile[], jobs: number, output: Output): Promise<Tally> {
  const tally = createTally(chosen);
  const timer = setInterval(() => {
    process.stderr.write(`${tally.progress()}\n`);
  }, progressMs);
  const solidityFiles = chosen.map(({ file }) => file).filter(isSolidityTest);
  const mochaFiles = chosen.map(({ file }) => file).filter((file) => !isSolidityTest(file));
  const show = (failure: string | null): void => {
    if (failure !== null) output.line(failure);
  };
  try {
    await Promise.all([
      solidityFiles.length === 0
        ? null
        : runSolidity(solidityFiles, environment).then((outcome) => {
            show(tally.addSolidity(outcome));
          }),
      runFiles(mochaFiles, {
        ...{ jobs, environment },
        onFile(ended, written) {
          show(tally.add(ended, written));
        },
      }),
    ]);
    return tally;
  } finally {
    clearInterval(timer);
  }
}

/** Says how each group ended. @returns whether everything is as it has to be */
function summarise(tally: Tally, output: Output): boolean {
  const seconds = (elapsedMs: number): string => `${(elapsedMs / 1_000).toFixed(1)} s`.padStart(9);
  for (const { name, files, total, passed, pending, failed, elapsedMs } of tally.groups()) {
    const ended = `${passed} of ${total} passed`.padStart(22);
    const more = `${pending > 0 ? `, ${pending} left out` : ""}${failed > 0 ? `, ${failed} FAILED` : ""}`;
    output.line(`${name.padEnd(10)}${String(files).padStart(4)} files${ended}${seconds(elapsedMs)}${more}`);
  }
  const failures = tally.failures();
  output.line(failures.length === 0 ? "Every test passed." : `${failures.length} FAILED:`);
  for (const failure of failures) output.line(`  ${failure}`);
  return failures.length === 0;
}
