import { z } from "zod";

import { WattproofError } from "../services/errors.ts";
import { startPostgres, whyNoPostgres } from "../test/helpers/postgres-server.ts";
import { exitCode } from "./command-line/exit-codes.ts";
import { wholeInput } from "./command-line/inputs.ts";
import { runAlone } from "./command-line/program.ts";
import { defineVerb } from "./command-line/verb.ts";
import type { BenchDatabase } from "./ingest-bench/loaded-server.ts";
import { compareServers, measureIdle } from "./ingest-bench/run-bench.ts";

const protocols = { "1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1" } as const;

export const benchIngest = defineVerb({
  path: ["bench", "ingest"],
  summary: "measures how many messages of chargers the service takes over OCPP, beside a yard-stick",
  description:
    "Each charger waits for the answer to a message before it sends the next, and an answer comes when the message is on\n" +
    "disk. The yard-stick, in the same call: the framing library with its own checks, writing one row of 200 bytes for each\n" +
    "message. The two are under load in turns, a second each, so that what else the machine does meets both alike. Every\n" +
    "charger has a session, and the service judges each reading as usual. Runs on Linux.\n" +
    "perCoreSecond is messages by second of processor time of the server and all that it started, from /proc, until every\n" +
    "message is judged. ratio is that of the service by that of the yard-stick. unread is the most that was answered and not\n" +
    "judged yet when a turn ended; memory is what the service has resident, and what of it is still used, after warming up,\n" +
    "in the middle and at the end of the load; databaseCpuSeconds is what PostgreSQL took beside it. Exit 1 if something that was acknowledged is not stored.",
  options: [
    { flags: "--chargers <n>", description: "chargers that send at once, 1 to 5000; default: 50" },
    { flags: "--version <v>", description: "1.6 (MeterValues, default) or 2.0.1 (TransactionEvent)" },
    {
      flags: "--seconds <n>",
      description: "how long each is under load after two seconds of warming up, 1 to 3600; default: 15",
    },
    { flags: "--store <kind>", description: "of the service: sqlite (default), or postgres, which is started for it" },
    {
      flags: "--replicas <n>",
      description: "of the service on one postgres, between which chargers are shared, 1 to 5",
    },
    {
      flags: "--idle <n>",
      description: "also measures the memory that so many connections take that do nothing, 1 to 20000",
    },
  ],
  access: "none",
  examples: ["--json --chargers 50 --version 1.6 --seconds 15"],
  input: z
    .object({
      chargers: wholeInput(1, 5_000).default(50),
      version: z.enum(["1.6", "2.0.1"], "must be 1.6 or 2.0.1").default("1.6"),
      seconds: wholeInput(1, 3_600).default(15),
      store: z.enum(["sqlite", "postgres"], "must be sqlite or postgres").default("sqlite"),
      replicas: wholeInput(1, 5).default(1),
      idle: wholeInput(1, 20_000).nullable().default(null),
    })
    .refine(({ store, replicas }) => store === "postgres" || replicas === 1, {
      path: ["replicas"],
      error: "a folder has one replica",
    }),
  async run({ chargers, version, seconds, store, replicas, idle }, { output }) {
    const protocol = protocols[version];
    const { service, yardstick } = await withDatabase(store === "postgres", (database) =>
      compareServers({ protocol, chargers, seconds, replicas, database }),
    );
    const { memory, messages, p50Ms, p99Ms, perSecond, perCoreSecond, acknowledged, stored, unread } = service;
    const result = {
      version,
      chargers,
      seconds,
      store,
      replicas,
      messages,
      perSecond: Math.round(perSecond),
      p50Ms: rounded(p50Ms),
      p99Ms: rounded(p99Ms),
      perCoreSecond: Math.round(perCoreSecond),
      acknowledged,
      stored,
      unread,
      databaseCpuSeconds: rounded(service.databaseCpuSeconds),
      yardstick: {
        perSecond: Math.round(yardstick.perSecond),
        perCoreSecond: Math.round(yardstick.perCoreSecond),
      },
      ratio: rounded(perCoreSecond / yardstick.perCoreSecond),
      memory,
      ...(idle === null
        ? {}
        : { idle: { connections: idle, bytesEach: Math.round(await measureIdle(protocol, idle)) } }),
    };
    output.json(result);
    if (!output.isJson) {
      output.line(JSON.stringify(result, null, 2));
    }

    return acknowledged === stored ? exitCode.done : exitCode.differs;
  },
});

if (import.meta.main) process.exitCode = await runAlone(benchIngest);

/** Starts a server of PostgreSQL for as long as the work takes, where one is wanted. */
async function withDatabase<Result>(
  isWanted: boolean,
  work: (database: BenchDatabase | null) => Promise<Result>,
): Promise<Result> {
  if (!isWanted) return work(null);
  const reason = whyNoPostgres();
  if (reason !== null) throw new WattproofError("STORE_UNAVAILABLE", reason);
  const server = await startPostgres();
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
