import process from "node:process";

import { z } from "zod";

import { whyNoPostgres } from "../test/helpers/postgres-server.ts";
import { faultNames } from "../test/chaos/faults.ts";
import { runChaos, type ChaosReport, type ChaosRound } from "../test/chaos/run-chaos.ts";
import { WattproofError } from "../services/errors.ts";
import { exitCode } from "./command-line/exit-codes.ts";
import { wholeInput } from "./command-line/inputs.ts";
import { runAlone } from "./command-line/program.ts";
import { defineVerb } from "./command-line/verb.ts";
import { compileContracts } from "./local-world/compile-contracts.ts";

const greatestSeed = 2 ** 31 - 2;

export const chaos = defineVerb({
  path: ["chaos"],
  summary: "has cars charge at processes of the service on PostgreSQL that are killed, stopped and cut off",
  description:
    "Replicas of the service as processes of their own, a primary of PostgreSQL with a synchronous standby, a local chain,\n" +
    "chargers of OCPP 1.6, 2.0.1 and 2.1 and a meter that reports over HTTP. In each round every station charges one car, and\n" +
    "one thing goes wrong meanwhile:\n" +
    `${faultNames.join(", ")}.\n` +
    "After each round everything that was answered must be kept, in places without a gap; every session is settled, once, for\n" +
    "what its meter delivered; ledger, chain and drivers' accounts say the same. A seed decides what flows and what goes wrong.",
  options: [
    { flags: "--seed <n>", description: "of sessions and faults; default: 1" },
    { flags: "--faults <n>", description: "rounds, 1 to 10000; default: 13" },
    { flags: "--replicas <n>", description: "processes of the service, 2 to 5; default: 3" },
    { flags: "--stations <n>", description: "of which every fourth reports over HTTP, 1 to 40; default: 4" },
    { flags: "--calm", description: "the same sessions, and nothing goes wrong" },
  ],
  access: "none",
  examples: ["--seed 7 --faults 13", "--seed 7 --faults 13 --calm"],
  input: z.object({
    seed: wholeInput(1, greatestSeed).default(1),
    faults: wholeInput(1, 10_000).default(faultNames.length),
    replicas: wholeInput(2, 5).default(3),
    stations: wholeInput(1, 40).default(4),
    calm: z.boolean().default(false),
  }),
  async run({ calm: isCalm, ...options }, { output }) {
    const reason = whyNoPostgres();
    if (reason !== null) throw new WattproofError("STORE_UNAVAILABLE", reason);
    await compileContracts();
    output.line(`${options.faults} faults, seed ${options.seed}`);
    const onRound = (round: ChaosRound, index: number): void => {
      if (!output.isJson) for (const line of describe(round, index)) output.line(line);
    };
    const report = await runChaos({ ...options, isCalm, onRound });
    output.json(report);
    if (!output.isJson) {
      output.line(`${report.sessions} sessions; the longest wait for an answer: ${report.longestPauseMs} ms`);
    }
    return isKept(report) ? exitCode.done : exitCode.differs;
  },
});

function isKept({ rounds }: ChaosReport): boolean {
  return rounds.every(({ violations, stuck }) => violations.length + stuck.length === 0);
}

function* describe({ fault, seconds, violations, stuck }: ChaosRound, index: number): Iterable<string> {
  yield `${String(index + 1).padStart(4)}  ${fault ?? "nothing"}  ${seconds} s`;
  for (const { rule, detail } of violations) yield `      ${rule}: ${detail}`;
  for (const detail of stuck) yield `      ${detail}`;
}

if (import.meta.main) process.exitCode = await runAlone(chaos);
