import { type FileCoverage, parseTracefile } from "./tracefile.ts";
import { isMeasured, measuredTests } from "./measured-files.ts";
import { readWritten, withWorkingCopy } from "./working-copy.ts";

/** Compiling takes two minutes and testing five on two cores; many times over, because the machine may be busy. */
const timeoutMs = 3_600_000;

/**
 * How often each line of the contracts runs in all their tests, as Hardhat counts it: it compiles the contracts with a
 * notice at each statement.
 *
 * @throws Error if the contracts do not compile or a test fails: what failing tests reach says nothing.
 */
export function measureLines(): Promise<readonly FileCoverage[]> {
  return withWorkingCopy(async (copy) => {
    const tests = await measuredTests();
    await copy.run(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", "node_modules/hardhat/dist/src/cli.js", "test", "--coverage", ...tests],
      // Which lines run depends neither on how long the random games are nor on more mutations.
      { timeoutMs, environment: { WATTPROOF_INVARIANT_RUNS: "1", WATTPROOF_MUTATIONS: "1500" } },
    );

    return parseTracefile(await readWritten(copy, "coverage/lcov.info")).filter(({ file }) => isMeasured(file));
  });
}

/** How many lines of a file, or of all files, ran. */
export interface LineCount {
  readonly covered: number;
  readonly total: number;
}

/** Counts the lines that ran. */
export function countLines(files: readonly FileCoverage[]): LineCount {
  const counts = files.flatMap(({ lines }) => [...lines.values()]);
  return { covered: counts.filter((count) => count > 0).length, total: counts.length };
}

/** The lines that never ran. */
export function uncoveredLines({ lines }: FileCoverage): readonly number[] {
  return [...lines].flatMap(([line, count]) => (count === 0 ? [line] : [])).toSorted((left, right) => left - right);
}
