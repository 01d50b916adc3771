import { z } from "zod";

import { exitCode } from "./command-line/exit-codes.ts";
import { runAlone } from "./command-line/program.ts";
import { defineVerb } from "./command-line/verb.ts";
import { measureFormats } from "./evidence-bench/measure-formats.ts";
import { measureGrowth, type GrowthRow } from "./evidence-bench/measure-growth.ts";
import { measureVerification } from "./evidence-bench/measure-verification.ts";
import { simulatedCurveNames } from "./simulator/curves.ts";

const lengths = [60, 480, 1_440] as const;
const growthCurves = ["secp256r1", "brainpoolP384r1"] as const;
const growthRepeats = 3;
const verifiedRecords = 600;
const verifiedRounds = 7;
const formatRepeats = 200;
const decimals = 3;

export const benchEvidence = defineVerb({
  path: ["bench", "evidence"],
  summary: "measures what signed records cost: by length of the session, and beside the bare signature check",
  description:
    "First, processor time per record of sessions of 60, 480 and 1,440 records, from the record's arrival until the answer is\n" +
    "on disk: a long session must not cost more per record than a short one. Second, records verified per second of processor\n" +
    "time on every curve and of every format, beside the bare signature check of the same bytes. longestHoldMs is the longest time for which the\n" +
    "event loop was held while sessions were received.",
  access: "none",
  examples: ["--json"],
  input: z.object({}),
  async run(_input, { output }) {
    const tasks = growthCurves.flatMap((curve) => lengths.map((records) => ({ curve, records })));
    // Once for nothing, so that the first session is not measured while the program is still being compiled.
    await measureGrowth([{ curve: "secp256r1", records: 480 }], 1);
    const { rows, longestHoldMs } = await measureGrowth(tasks, growthRepeats);
    const growth = rows.map((row) => ({ ...row, cpuMsPerRecord: rounded(row.cpuMsPerRecord) }));
    const ratioLastToFirst = Object.fromEntries(growthCurves.map((curve) => [curve, ratioOf(rows, curve)]));
    for (const { curve, records, cpuMsPerRecord } of growth) {
      output.line(`${curve}, ${records} records: ${cpuMsPerRecord} ms of processor time each`);
    }
    output.line(`longest hold of the event loop: ${rounded(longestHoldMs)} ms`);
    const verified = simulatedCurveNames.map((curve) => {
      const row = measureVerification(curve, verifiedRecords, verifiedRounds);
      const { perCoreSecond, barePerCoreSecond } = row;
      const ratio = rounded(row.ratio);
      output.line(
        `${curve}: ${perCoreSecond} records, ${barePerCoreSecond} signatures per core-second, ratio ${ratio}`,
      );
      return { ...row, ratio };
    });
    const formats = measureFormats(formatRepeats, verifiedRounds).map((row) => ({ ...row, ratio: rounded(row.ratio) }));
    for (const { format, curve, perCoreSecond, barePerCoreSecond, ratio } of formats) {
      output.line(
        `${format} on ${curve}: ${perCoreSecond} values, ${barePerCoreSecond} signatures per core-second, ratio ${ratio}`,
      );
    }
    output.json({ growth, ratioLastToFirst, longestHoldMs: rounded(longestHoldMs), verified, formats });
    return exitCode.done;
  },
});

if (import.meta.main) process.exitCode = await runAlone(benchEvidence);

function ratioOf(rows: readonly GrowthRow[], curve: string): number {
  const costs = rows.filter((row) => row.curve === curve).map(({ cpuMsPerRecord }) => cpuMsPerRecord);
  return rounded((costs.at(-1) ?? Number.NaN) / (costs[0] ?? Number.NaN));
}

function rounded(value: number): number {
  return Number(value.toFixed(decimals));
}
