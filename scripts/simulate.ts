import process from "node:process";

import { z } from "zod";

import { plants } from "../test/simulation/faulty-ledger.ts";
import { simulate as play, type SimulationReport } from "../test/simulation/simulate.ts";
import { exitCode } from "./command-line/exit-codes.ts";
import { wholeInput } from "./command-line/inputs.ts";
import { runAlone } from "./command-line/program.ts";
import { defineVerb } from "./command-line/verb.ts";

const greatestSeed = 2 ** 31 - 1;
const shownViolations = 20;

export const simulate = defineVerb({
  path: ["simulate"],
  summary: "plays hours of three replicas under seeded faults in one process, and checks what happened",
  description:
    "The real rooms from a charger's message to the settlement, three times, on one ledger, with a virtual clock and a chain\n" +
    "that reorganises. A seed decides who charges and what goes wrong: replicas that are killed, or stopped in the middle of\n" +
    "a write for longer than their leases; calls of the ledger that fail before or after they are carried out; connections\n" +
    "that are cut. Then the history is checked: what was answered is kept, in places without a gap; who has lost a right has\n" +
    "written nothing; a batch is sent once and a session settled once; what is charged is what the meter delivered, here and\n" +
    "on the chain; no more is withdrawn than was credited. A planted fault shows that the check finds it.",
  options: [
    { flags: "--seed <n>", description: "of sessions and faults; default: 1" },
    { flags: "--hours <n>", description: "of simulated time, 1 to 10000; default: 24" },
    { flags: "--plant <fault>", description: plants.join(", ") },
  ],
  access: "none",
  examples: ["--seed 7 --hours 24", "--seed 7 --hours 24 --plant lease-without-fencing"],
  input: z.object({
    seed: wholeInput(1, greatestSeed).default(1),
    hours: wholeInput(1, 10_000).default(24),
    plant: z.enum(plants).optional(),
  }),
  async run({ seed, hours, plant = null }, { output }) {
    output.line(`${hours} hours, seed ${seed}`);
    const report = await play({ seed, hours, plant });
    output.json(report);
    if (!output.isJson) for (const line of describe(report)) output.line(line);
    return report.violations.length === 0 ? exitCode.done : exitCode.differs;
  },
});

function* describe({ sessions, settled, held, violations }: SimulationReport): Iterable<string> {
  yield `${sessions} sessions, ${settled} settled, ${held} held`;
  for (const { rule, detail } of violations.slice(0, shownViolations)) yield `${rule}: ${detail}`;
  if (violations.length > shownViolations) yield `and ${violations.length - shownViolations} more`;
  if (violations.length === 0) yield "Every promise was kept.";
}

if (import.meta.main) process.exitCode = await runAlone(simulate);
