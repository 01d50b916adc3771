import { z } from "zod";

import { runSoak, type SoakReport } from "../test/soak/run-soak.ts";
import { exitCode } from "./command-line/exit-codes.ts";
import { wholeInput } from "./command-line/inputs.ts";
import type { Output } from "./command-line/output.ts";
import { runAlone } from "./command-line/program.ts";
import { defineVerb } from "./command-line/verb.ts";
import { compileContracts } from "./local-world/compile-contracts.ts";

const greatestSeed = 2 ** 31 - 1;
const shownDifferences = 20;

export const soak = defineVerb({
  path: ["soak"],
  summary: "has simulated chargers charge for hours of their time while faults are injected, and compares the energy",
  description:
    "Chargers of OCPP 1.6, 2.0.1 and 2.1 charge at a real service over real sockets, with their time compressed: their\n" +
    "clocks, and the service's, are put forward. A seeded fault injector cuts connections and power, repeats and reorders\n" +
    "messages, sets clocks wrong, labels local time as UTC, loses stops and repeats them, starts twice, presents wrong\n" +
    "tokens, puts wrong readings between right ones, sends readings late, and has the chain's endpoint leave out logs. At\n" +
    "the end every session's settled energy has to be what its meter delivered, or the session is held or disputed for the\n" +
    "reason that the rules say. No session that delivered energy may be free of charge, and none may stay where nothing\n" +
    "moves it.",
  options: [
    { flags: "--chargers <n>", description: "simulated chargers, 1 to 2000; default: 500" },
    { flags: "--minutes <n>", description: "of their time, 16 to 1440; default: 60" },
    { flags: "--seed <n>", description: "of sessions and faults; default: a random one, which is printed" },
  ],
  access: "none",
  examples: ["--chargers 500 --minutes 60 --seed 7"],
  input: z.object({
    chargers: wholeInput(1, 2_000).default(500),
    minutes: wholeInput(16, 1_440).default(60),
    seed: wholeInput(1, greatestSeed).optional(),
  }),
  async run({ chargers, minutes, seed: given }, { output }) {
    const seed = given ?? 1 + Math.floor(Math.random() * (greatestSeed - 1));
    await compileContracts();
    output.line(`${chargers} chargers, ${minutes} minutes, seed ${seed}`);
    const startedMs = performance.now();
    const onProgress = (minute: number) => {
      if (minute % 5 === 0) output.remark(`minute ${minute} of ${minutes}`);
    };
    const report = await runSoak({ chargers, minutes, seed, onProgress });
    const wallSeconds = Math.round((performance.now() - startedMs) / 1_000);
    output.json({ ...report, wallSeconds });
    if (!output.isJson) print(output, report, wallSeconds);
    const isRight = [report.differences, report.free, report.staying].every((list) => list.length === 0);
    return isRight ? exitCode.done : exitCode.differs;
  },
});

if (import.meta.main) process.exitCode = await runAlone(soak);

function print(output: Output, report: SoakReport, wallSeconds: number): void {
  const { sessions, settled, notBegun, held, settledWh, differences } = report;
  output.line(`sessions          ${sessions}`);
  output.line(`settled           ${settled} with ${settledWh} Wh, of them ${notBegun} that never began`);
  for (const [code, count] of Object.entries(held).sort()) output.line(`held              ${count} for ${code}`);
  output.line(`messages          ${report.answered} answered, ${report.storedFrames} on disk`);
  output.line(`connections cut   ${report.disconnects}, and ${report.powerCuts} times the power`);
  output.line(`answers lost      ${report.lostAnswers}`);
  output.line(`repeated          ${report.duplicates}, and ${report.reordered} pairs out of order`);
  output.line(`wrong tokens      ${report.wrongTokens}, and ${report.secondStarts} second starts`);
  output.line(`wrong readings    ${report.outliers}, and ${report.lateReadings} that came late`);
  output.line(`stops repeated    ${report.repeatedStops}`);
  output.line(`local time as UTC ${report.localTimes} sessions`);
  output.line(`logs left out     ${report.logsLeftOut}`);
  output.line(`free of charge    ${report.free.length} that delivered energy`);
  output.line(`stay for ever     ${report.staying.length}`);
  output.line(`never told        ${report.untoldWh} Wh between a last reading and a lost stop`);
  output.line(`time              ${wallSeconds} s`);
  for (const { sessionId, stationId, plan, expected, found } of differences.slice(0, shownDifferences)) {
    output.line(`${stationId} ${sessionId} ${JSON.stringify(plan)}: expected ${expected}; found ${found}`);
  }
  output.line(
    differences.length === 0 ? "Every session is as it has to be." : `${differences.length} sessions DIFFER.`,
  );
}
