import process from "node:process";

import { z } from "zod";

import { runStorm } from "../test/storm/run-storm.ts";
import { exitCode } from "./command-line/exit-codes.ts";
import { wholeInput } from "./command-line/inputs.ts";
import { runAlone } from "./command-line/program.ts";
import { defineVerb } from "./command-line/verb.ts";

export const benchReconnect = defineVerb({
  path: ["bench", "reconnect"],
  summary: "measures how soon stations are back whose connections all ended at once",
  description:
    "Stations in a process of their own connect to the door for chargers over OCPP, with a ledger in a folder. Then all\n" +
    "connections end at once, and all stations come back at once, each with messages that it has kept. They are let in by\n" +
    "turns; who is answered 503 comes back when Retry-After says so. halfBackMs and allBackMs are the times until half of\n" +
    "them, and all, have an answer to every message. Each station takes a file handle in both processes.\n" +
    "Exit 1 if a message that was answered is not stored.",
  options: [
    { flags: "--stations <n>", description: "1 to 20000; default: 10000" },
    { flags: "--messages <n>", description: "that each has kept, 1 to 100; default: 3" },
    { flags: "--handshakes <n>", description: "stations that are let in at once; default: 32" },
    { flags: "--queue <n>", description: "stations that wait for their turn at most; default: 2048" },
  ],
  access: "none",
  examples: ["--stations 10000 --json"],
  input: z.object({
    stations: wholeInput(1, 20_000).default(10_000),
    messages: wholeInput(1, 100).default(3),
    handshakes: wholeInput(1, 10_000).default(32),
    queue: wholeInput(0, 100_000).default(2_048),
  }),
  async run({ stations, messages, handshakes, queue }, { output }) {
    const report = await runStorm({ stations, messages, config: { handshakes, handshakeQueue: queue } });
    output.json(report);
    if (!output.isJson) output.line(JSON.stringify(report, null, 2));
    return report.lost.length === 0 ? exitCode.done : exitCode.differs;
  },
});

if (import.meta.main) process.exitCode = await runAlone(benchReconnect);
