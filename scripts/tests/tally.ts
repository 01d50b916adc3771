import type { GroupName } from "./groups.ts";
import type { LostFile } from "./run-files.ts";
import type { SolidityOutcome } from "./run-solidity.ts";
import { faultsOf, type FileOutcome } from "./test-outcome.ts";

/** How the tests of a group ended. */
export interface GroupResult {
  readonly name: GroupName;
  readonly files: number;
  readonly total: number;
  readonly passed: number;
  /** Tests that chose not to run, such as those that need third-party data. */
  readonly pending: number;
  readonly failed: number;
  /** Of all its files together, though they run side by side. */
  readonly elapsedMs: number;
}

/** What is known so far of a run. */
export interface Tally {
  /** @returns the failures in full, or `null` if there are none */
  add(ended: FileOutcome | LostFile, written: string): string | null;
  addSolidity(outcome: SolidityOutcome): string | null;
  progress(): string;
  groups(): readonly GroupResult[];
  files(): readonly FileOutcome[];
  /** One line for each failure; a file of the run that has not ended is one, too. */
  failures(): readonly string[];
}

export function createTally(chosen: readonly { readonly file: string; readonly group: GroupName }[]): Tally {
  const outcomes: FileOutcome[] = [];
  const lost: LostFile[] = [];
  const failures: string[] = [];
  let solidity: SolidityOutcome | null = null;

  function note(file: string, faults: readonly string[], written: string): string | null {
    if (faults.length === 0) return null;
    for (const fault of faults) failures.push(`${file}: ${fault.split("\n", 1)[0] ?? ""}`);
    return [`\n${file}`, ...faults, ...(written.trim() === "" ? [] : ["It wrote:", written.trim()])].join("\n");
  }

  function groupResult(name: GroupName, files: readonly string[]): GroupResult {
    const ended = outcomes.filter(({ file }) => files.includes(file));
    const tests = ended.flatMap((outcome) => outcome.tests);
    const having = (state: string): number => tests.filter((test) => test.state === state).length;
    const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
    const ofSolidity = name === "solidity" ? solidity : null;
    return {
      name,
      files: files.length,
      total: ofSolidity?.total ?? sum(ended.map(({ total }) => total)),
      passed: ofSolidity?.passed ?? having("passed"),
      pending: having("pending"),
      failed: having("failed"),
      elapsedMs: ofSolidity?.elapsedMs ?? sum(ended.map(({ elapsedMs }) => elapsedMs)),
    };
  }

  return {
    add(ended, written) {
      if (!("tests" in ended)) {
        lost.push(ended);
        return note(ended.file, [ended.reason], written);
      }
      outcomes.push(ended);
      return note(ended.file, faultsOf(ended), written);
    },
    addSolidity(outcome) {
      solidity = outcome;
      const { exitCode, total, passed, text } = outcome;
      if (exitCode !== 0) return note("Solidity tests", ["They failed.\n" + text.trim()], "");
      return note("Solidity tests", passed === total ? [] : [`Of ${total} tests ${passed} passed.`], "");
    },
    progress() {
      const tests = outcomes.reduce((sum, outcome) => sum + outcome.tests.length, 0);
      const ended = outcomes.length + lost.length;
      return `${ended} of ${chosen.length} files, ${tests} tests, ${failures.length} failed`;
    },
    groups: () =>
      [...Map.groupBy(chosen, ({ group }) => group)].map(([name, files]) =>
        groupResult(
          name,
          files.map(({ file }) => file),
        ),
      ),
    files: () => outcomes,
    failures() {
      const ended = new Set([...outcomes, ...lost].map(({ file }) => file));
      const missing = chosen.filter(({ file, group }) => !(group === "solidity" ? solidity !== null : ended.has(file)));
      return [...failures, ...missing.map(({ file }) => `${file}: It has not ended.`)];
    },
  };
}
