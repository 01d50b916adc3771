import { exitCodes, runCommand, UsageError, wholeNumber } from "./command-line/command.ts";
import { compareServers, measureIdle } from "./ingest-bench/run-bench.ts";

const help = `
Measures how many messages of chargers the service takes over OCPP: each charger waits for the answer to a message before
it sends the next, and an answer comes when the message is on disk. Beside it, in the same call, a yard-stick: the framing
library with its own checks, writing one row of 200 bytes for each message. The two are under load in turns, a second each, so that what
else the machine does meets both alike. Every charger has a session, and the service judges each reading as usual. Runs on
Linux.

Usage: npm run bench:ingest -- [--chargers <n>] [--version 1.6|2.0.1] [--seconds <n>] [--idle <n>] [--json]

  --chargers <n>    chargers that send at once, 1 to 5000; default: 50
  --version <v>     1.6 (MeterValues, default) or 2.0.1 (TransactionEvent)
  --seconds <n>     how long each is under load after two seconds of warming up, 1 to 3600; default: 15
  --idle <n>        also measures the memory that so many connections take that do nothing, 1 to 20000
  --json            JSON on stdout
  --help            this text

perCoreSecond is messages by second of processor time of the server and all that it started, from /proc, until every
message is judged. ratio is that of the service by that of the yard-stick. unread is the most that was answered
and not judged yet when a turn ended; memory is what the service has resident, and what of it is still used, after warming up, in the middle
and at the end of the load.
Exit: 0 everything that was acknowledged is stored, 1 something is not, 2 could not be done.

Example:
  npm run bench:ingest -- --json --chargers 50 --version 1.6 --seconds 15
`;

const protocols = { "1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1" } as const;

function isVersion(text: string): text is keyof typeof protocols {
  return Object.hasOwn(protocols, text);
}

await runCommand(
  {
    help,
    options: {
      chargers: { type: "string" },
      version: { type: "string" },
      seconds: { type: "string" },
      idle: { type: "string" },
    },
  },
  async ({ values, positionals }, output) => {
    const version = values.version ?? "1.6";
    if (!isVersion(version) || positionals.length > 0) {
      throw new UsageError("A version is 1.6 or 2.0.1");
    }
    const chargers = wholeNumber("--chargers", values.chargers ?? "50", 1, 5_000);
    const seconds = wholeNumber("--seconds", values.seconds ?? "15", 1, 3_600);
    const idle = values.idle === undefined ? null : wholeNumber("--idle", values.idle, 1, 20_000);
    const protocol = protocols[version];

    const { service, yardstick } = await compareServers({ protocol, chargers, seconds });
    const { memory, messages, p50Ms, p99Ms, perSecond, perCoreSecond, acknowledged, stored, unread } = service;
    const result = {
      version,
      chargers,
      seconds,
      messages,
      perSecond: Math.round(perSecond),
      p50Ms: rounded(p50Ms),
      p99Ms: rounded(p99Ms),
      perCoreSecond: Math.round(perCoreSecond),
      acknowledged,
      stored,
      unread,
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

    return acknowledged === stored ? exitCodes.asExpected : exitCodes.differs;
  },
);

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
