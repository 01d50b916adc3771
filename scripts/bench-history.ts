import process from "node:process";

import { z } from "zod";

import { runHistory } from "../test/history/run-history.ts";
import { exitCode } from "./command-line/exit-codes.ts";
import { wholeInput } from "./command-line/inputs.ts";
import { runAlone } from "./command-line/program.ts";
import { defineVerb } from "./command-line/verb.ts";

export const benchHistory = defineVerb({
  path: ["bench", "history"],
  summary:
    "measures how large settled sessions are, before and after their messages are archived, and a restart on them",
  description:
    "A ledger in a folder is filled with settled sessions whose messages have 740 characters each. bytesBefore and bytesAfter\n" +
    "are what its file uses; restartMsBefore and restartMsAfter are the time until it has answered what a service asks first.",
  options: [
    { flags: "--sessions <n>", description: "1 to 100000; default: 1000" },
    { flags: "--messages <n>", description: "of each session, 2 to 1000; default: 40" },
  ],
  access: "none",
  examples: ["--sessions 1000 --json"],
  input: z.object({
    sessions: wholeInput(1, 100_000).default(1_000),
    messages: wholeInput(2, 1_000).default(40),
  }),
  async run({ sessions, messages }, { output }) {
    const report = await runHistory(sessions, messages);
    output.json(report);
    if (!output.isJson) output.line(JSON.stringify(report, null, 2));
    return exitCode.done;
  },
});

if (import.meta.main) process.exitCode = await runAlone(benchHistory);
