import { exitCodes, type Output, runCommand, UsageError } from "./command-line/command.ts";
import { countLines, measureLines, uncoveredLines } from "./contract-coverage/line-coverage.ts";
import { leftOutTests } from "./contract-coverage/measured-files.ts";

/** The least share of lines that tests must reach, in percent. */
const leastLinePercent = 98;

const help = `
Measures which lines of the contracts the tests reach: all Solidity tests, and the TypeScript tests of the contracts and
of the models of the proofs (test/contracts, test/proofs). Interfaces, contracts/mocks and the models do not count. Left
out, because measuring changes the contracts' size and gas:
${leftOutTests.map((file) => `  ${file}`).join("\n")}

It works in a copy of what git tracks; the working tree is only read. What is measured, and how: docs/coverage.md.

Usage: npm run -s coverage [-- options]

  --json   JSON on stdout
  --help   this text

Exit: 0 at least ${leastLinePercent} % of the lines are reached, 1 fewer are, 2 it could not be measured: a test fails.

Example:
  npm run -s coverage -- --json | jq .files
`;

await runCommand({ help, options: {} }, async ({ positionals }, output) => {
  if (positionals.length > 0) throw new UsageError("It takes options only");

  return reportLines(output);
});

async function reportLines(output: Output): Promise<number> {
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

  return isEnough ? exitCodes.asExpected : exitCodes.differs;
}

/** A line of the table: what, how many of how many, the share, and a remark. */
function row(subject: string, covered: number, total: number, remark: string): string {
  // Rounded down, so that nothing is said to be whole that is not.
  const percent = total === 0 ? "-" : `${(Math.floor((covered * 10_000) / total) / 100).toFixed(2)} %`;
  const count = `${covered}/${total}`;
  return `${subject.padEnd(48)}${count.padStart(10)}${percent.padStart(10)}  ${remark}`.trimEnd();
}
