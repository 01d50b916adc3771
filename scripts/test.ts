import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";

import { exitCodes, runCommand, UsageError, wholeNumber, type Output } from "./command-line/command.ts";
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

const help = `
Compiles the contracts and runs the tests, in several processes side by side. Shown are failures, and how each group
ended. It fails when a test fails and when fewer tests ran than there are.

Usage: npm test [-- options] [file ...]

  --fast            only the groups marked "fast": no browser, nothing that is killed, no long generated runs
  --group <name>    this group only; may be given more than once
  --jobs <n>        processes, 1 to 16; default: one more than there are cores, since many tests wait for others
  --list            say which file is in which group, and run nothing
  --json            JSON on stdout: each test with its time
  --help            this text

Groups:
${groupNames.map((name) => `  ${name.padEnd(10)}${groups[name].isFast ? "fast  " : "      "}${groups[name].meaning}`).join("\n")}

Exit: 0 every test passed, 1 a test failed or did not run, 2 they could not be run.

Example:
  npm test -- --group pure
  npm test -- test/integration/amounts.test.ts
`;

const options = {
  fast: { type: "boolean" },
  group: { type: "string", multiple: true },
  jobs: { type: "string" },
  list: { type: "boolean" },
} as const;

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

await runCommand({ help, options }, async ({ values, positionals }, output) => {
  const chosen = choose(positionals, values.fast === true, values.group);
  if (values.list === true) {
    output.json(chosen);
    for (const { file, group } of chosen) output.line(`${group.padEnd(10)}${file}`);
    return exitCodes.asExpected;
  }
  const usualJobs = Math.min(16, availableParallelism() + 1);
  const jobs = values.jobs === undefined ? usualJobs : wholeNumber("--jobs", values.jobs, 1, 16);

  const build = await runHardhat(["build", "--quiet", "--no-tests"]);
  if (build.exitCode !== 0) throw new UsageError(`The contracts do not compile:\n${build.text.trim()}`);
  const tally = await runAll(chosen, jobs, output);
  output.json({ groups: tally.groups(), files: tally.files(), failures: tally.failures() });
  return summarise(tally, output) ? exitCodes.asExpected : exitCodes.differs;
});

function choose(
  named: readonly string[],
  isFast: boolean,
  wanted: readonly string[] | undefined,
): readonly ChosenFile[] {
  for (const name of wanted ?? []) {
    if (!groupNames.some((known) => known === name)) throw new UsageError(`There is no group "${name}"`);
  }
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
