import { runSoak, type SoakReport } from "../test/soak/run-soak.ts";
import { exitCodes, runCommand, UsageError, wholeNumber, type Output } from "./command-line/command.ts";
import { compileContracts } from "./local-world/world.ts";

const help = `
Has simulated chargers of OCPP 1.6, 2.0.1 and 2.1 charge at a real service over real sockets, with their time compressed:
their clocks, and the service's, are put forward. A seeded fault injector cuts connections and power, repeats and
reorders messages, sets clocks wrong and loses stops. At the end every session's settled energy has to be what its meter
delivered, or the session is held or disputed for the reason that the rules say.

Usage: npm run soak -- [options]

  --chargers <n>   simulated chargers, 1 to 2000; default: 500
  --minutes <n>    of their time, 16 to 1440; default: 60
  --seed <n>       of sessions and faults; default: a random one, which is printed
  --json           JSON on stdout, everything else on stderr
  --help           this text

Exit: 0 as it had to be, 1 a session differs, 2 it could not be played.

Example:
  npm run soak -- --chargers 500 --minutes 60 --seed 7
`;

const options = { chargers: { type: "string" }, minutes: { type: "string" }, seed: { type: "string" } } as const;
const greatestSeed = 2 ** 31 - 1;
const shownDifferences = 20;

await runCommand({ help, options }, async ({ values, positionals }, output) => {
  if (positionals[0] !== undefined) throw new UsageError(`There is nothing to do with "${positionals[0]}"`);
  const chargers = wholeNumber("--chargers", values.chargers ?? "500", 1, 2_000);
  const minutes = wholeNumber("--minutes", values.minutes ?? "60", 16, 1_440);
  const drawn = 1 + Math.floor(Math.random() * (greatestSeed - 1));
  const seed = wholeNumber("--seed", values.seed ?? String(drawn), 1, greatestSeed);
  await compileContracts();
  output.line(`${chargers} chargers, ${minutes} minutes, seed ${seed}`);
  const startedMs = performance.now();
  const onProgress = (minute: number) => {
    if (minute % 5 === 0) process.stderr.write(`minute ${minute} of ${minutes}\n`);
  };
  const report = await runSoak({ chargers, minutes, seed, onProgress });
  const wallSeconds = Math.round((performance.now() - startedMs) / 1_000);
  output.json({ ...report, wallSeconds });
  if (!output.isJson) print(output, report, wallSeconds);
  return report.differences.length === 0 ? exitCodes.asExpected : exitCodes.differs;
});

function print(output: Output, report: SoakReport, wallSeconds: number): void {
  const { sessions, settled, notBegun, held, settledWh, differences } = report;
  output.line(`sessions          ${sessions}`);
  output.line(`settled           ${settled} with ${settledWh} Wh, of them ${notBegun} that never began`);
  for (const [code, count] of Object.entries(held).sort()) output.line(`held              ${count} for ${code}`);
  output.line(`messages          ${report.answered} answered, ${report.storedFrames} on disk`);
  output.line(`connections cut   ${report.disconnects}, and ${report.powerCuts} times the power`);
  output.line(`answers lost      ${report.lostAnswers}`);
  output.line(`repeated          ${report.duplicates}, and ${report.reordered} pairs out of order`);
  output.line(`time              ${wallSeconds} s`);
  for (const { sessionId, plan, expected, found } of differences.slice(0, shownDifferences)) {
    output.line(`${sessionId} ${JSON.stringify(plan)}: expected ${expected}; found ${found}`);
  }
  output.line(
    differences.length === 0 ? "Every session is as it has to be." : `${differences.length} sessions DIFFER.`,
  );
}
