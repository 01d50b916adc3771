import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";

import type { ChainEvent } from "../../../services/chain/events.ts";
import { kilowattHours, tokens, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput, wholeInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { foldEvents, readSessionEvents } from "./session-book.ts";

/** Longer than any shift; who watches for longer starts again. */
const mostSeconds = 7 * 86_400;

export const sessionsWatch = defineVerb({
  path: ["sessions", "watch"],
  summary: "shows what happens to sessions as it happens, from the chain alone",
  description:
    "Ends with Ctrl-C, or after --for-seconds. With --json every event is one JSON document on a line of its own. Blocks are\n" +
    "shown as they come: what a reorganisation undoes was shown all the same.",
  options: [
    { flags: "--operator <address>", description: "only this operator's sessions" },
    { flags: "--interval-seconds <n>", description: "how often the chain is asked; default 5" },
    { flags: "--for-seconds <n>", description: "ends after so long; default: a week" },
    { flags: "--from-block <n>", description: "begins there; default: the next block" },
  ],
  access: "chain",
  readsHistory: true,
  examples: ["sessions watch --operator 0x52908400098527886E0F7030069857D2E4169EE7"],
  input: z.object({
    operator: addressInput.optional(),
    intervalSeconds: wholeInput(1, 3_600).default(5),
    forSeconds: wholeInput(0, mostSeconds).default(mostSeconds),
    fromBlock: wholeInput(0, Number.MAX_SAFE_INTEGER).optional(),
  }),
  async run({ operator, intervalSeconds, forSeconds, fromBlock }, run) {
    const { output, signal } = run;
    const chain = await run.openChain();
    const endsAtMs = Date.now() + forSeconds * 1_000;
    let next = fromBlock ?? (await chain.provider.getBlockNumber()) + 1;
    const before = next === 0 ? [] : await readSessionEvents(run, chain, { toBlock: next - 1 });
    let sessions = foldEvents(new Map(), before);
    output.line(`watching from block ${next}`);
    const isOver = (): boolean => signal.aborted || Date.now() >= endsAtMs;
    do {
      const head = await chain.provider.getBlockNumber();
      if (head >= next) {
        const events = await readSessionEvents({ ...run, startProgress: noBar }, chain, {
          fromBlock: next,
          toBlock: head,
        }).catch((error: unknown) => {
          // To be told to end is how this verb ends.
          if (signal.aborted) return [];
          throw error;
        });
        sessions = foldEvents(sessions, events);
        for (const event of events) {
          if (!("sessionId" in event)) continue;
          const terms = sessions.get(event.sessionId)?.terms;
          if (operator !== undefined && terms?.operator !== operator) continue;
          output.json({ ...event, evse: terms?.evse ?? null, operator: terms?.operator ?? null });
          output.line(
            `block ${event.position.blockNumber}  EVSE ${terms?.evse ?? "?"}  ${event.sessionId}  ${wordsOf(event)}`,
          );
        }
        next = head + 1;
      }
      // Rejects when the program is told to end, which is found out next.
      const pauseMs = Math.max(0, Math.min(intervalSeconds * 1_000, endsAtMs - Date.now()));
      await wait(pauseMs, undefined, { signal }).catch(() => undefined);
    } while (!isOver());

    return exitCode.done;
  },
});

const noBar = (): { advance(): void; stop(): void } => ({ advance: () => undefined, stop: () => undefined });

function wordsOf(event: Extract<ChainEvent, { readonly sessionId: string }>): string {
  switch (event.kind) {
    case "session-opened":
      return `opened, hold ${tokens(event.terms.holdMicro)}`;
    case "session-topped-up":
      return `topped up by ${tokens(event.toppedUpMicro)} in all`;
    case "session-settled":
      return `settled, ${kilowattHours(event.energyMicroWh)} kWh, charged ${tokens(event.chargedMicro)}`;
    case "settlement-skipped":
      return `not settled: ${event.reason}`;
    case "session-agreed":
      return `settled by agreement, charged ${tokens(event.chargedMicro)}`;
    case "session-expired":
      return `expired, returned ${tokens(event.returnedMicro)}`;
    case "claim-challenged":
      return `challenged, paid ${tokens(event.paidMicro)}, proven ${tokens(event.provenMicro)}`;
    case "evidence-demanded":
      return `records demanded, to be shown until ${utc(event.answerableUntil)}`;
    case "evidence-shown":
      return "records shown";
    case "evidence-missing":
      return `records not shown, owed ${tokens(event.driverMicro + event.operatorMicro)}`;
    case "session-refunded":
      return `refunded ${tokens(event.amountMicro)}`;
    case "opening-skipped":
      return `not opened: ${event.reason}`;
  }
}
