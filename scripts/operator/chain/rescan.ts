import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { wholeInput } from "../../command-line/inputs.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";

/** Blocks of one question: the service answers it within the client's time even where its endpoint is slow. */
const blocksAtOnce = 200;
/** Half a year of a chain with a block every twelve seconds; more is several runs. */
const mostBlocks = 1_500_000;

const eventAnswer = z.object({
  kind: z.string(),
  sessionId: z.string(),
  blockNumber: z.number(),
  txHash: z.string(),
});
const rescanAnswer = z.object({
  events: z.number(),
  applied: z.array(eventAnswer),
  contradicting: z.array(eventAnswer),
});
type EventAnswer = z.infer<typeof eventAnswer>;

export const chainRescan = defineVerb({
  path: ["chain", "rescan"],
  summary: "has the service read blocks again in which it may have missed events",
  description:
    "Events that the service knows change nothing; missing ones are made up for, although their sessions have moved on.\n" +
    "Doing it again is harmless. Exit 1 if an event contradicts what the service knows: read from an earlier block on.\n" +
    "Asks with the operator's key of the service, WATTPROOF_OPERATOR_KEY; the service keeps a record of it.",
  options: [
    { flags: "--from <block>", description: "the first block" },
    { flags: "--to <block>", description: "the last block; no later than the service has read" },
    serviceOption,
    { flags: "--dry-run", description: "only says what is missing" },
  ],
  access: "none",
  examples: ["chain rescan --from 1200 --to 5400 --service https://charge.example"],
  input: z.object({
    from: wholeInput(0, Number.MAX_SAFE_INTEGER),
    to: wholeInput(0, Number.MAX_SAFE_INTEGER),
    service: serviceInput,
  }),
  async run({ from, to, service: given }, { output, environment, isDryRun, signal, startProgress }) {
    if (from > to) throw new WattproofError("RESCAN_RANGE_INVALID", `Block ${from} comes after block ${to}.`);
    if (to - from >= mostBlocks) {
      throw new WattproofError(
        "RESCAN_RANGE_INVALID",
        `At most ${mostBlocks} blocks at once; these are ${to - from + 1}.`,
      );
    }
    const service = openService(given, null, environment);
    const progress = startProgress("blocks", to - from + 1);
    const applied: EventAnswer[] = [];
    const contradicting: EventAnswer[] = [];
    let events = 0;
    let next = from;
    try {
      while (next <= to && !signal.aborted) {
        const last = Math.min(to, next + blocksAtOnce - 1);
        const range = { from: next, to: last, isDryRun };
        const answer = await service.post("/v1/operator/chain-rescan", rescanAnswer, range);
        applied.push(...answer.applied);
        contradicting.push(...answer.contradicting);
        events += answer.events;
        progress.advance(last - next + 1);
        next = last + 1;
      }
    } finally {
      progress.stop();
    }
    const isWhole = next > to;
    output.json({ isDryRun, from, to: next - 1, isWhole, events, applied, contradicting });
    for (const event of applied) output.line(`${isDryRun ? "missing" : "made up for"}: ${lineOf(event)}`);
    for (const event of contradicting) output.line(`contradicts what is known: ${lineOf(event)}`);
    output.line(
      `${next - from} blocks with ${events} events of sessions: ${applied.length} ${isDryRun ? "are missing" : "were missing"}.`,
    );
    if (!isWhole) output.line(`Interrupted; go on with --from ${next}.`);

    return contradicting.length === 0 && isWhole ? exitCode.done : exitCode.differs;
  },
});

function lineOf({ kind, sessionId, blockNumber, txHash }: EventAnswer): string {
  return `${kind} of ${sessionId} in block ${blockNumber}, ${txHash}`;
}
