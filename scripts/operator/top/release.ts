import { z } from "zod";

import { tokens } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { sessionIdInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { placesServiceOf, sessionReadingInput, sessionReadingOptions } from "../sessions/known-blocks.ts";
import { requireSession } from "../sessions/session-book.ts";

export const release = defineVerb({
  path: ["release"],
  summary: "gives the whole hold of an open session back to its driver, who pays nothing",
  description:
    "For a session that delivered nothing, or that the operator gives away: the hold is free at once, without waiting for the\n" +
    "expiry, and nothing settles the session afterwards. By the operator's key, or with --account by one that the operator\n" +
    "appointed (operator appoint-releaser).",
  arguments: [{ syntax: "<session-id>", description: "the session" }],
  options: sessionReadingOptions,
  access: "write",
  readsHistory: true,
  account: "OPERATOR",
  examples: ["release 0x… --dry-run", "release 0x… --account RELEASER"],
  input: z.object({ sessionId: sessionIdInput, ...sessionReadingInput }),
  async run({ sessionId, ...reading }, run) {
    const { output, isDryRun } = run;
    const writer = await run.openWriter("OPERATOR");
    const places = placesServiceOf(reading, writer.chain, run.environment);
    const { terms, opening, toppedUpMicro } = await requireSession(run, writer.chain, sessionId, places);
    const { openedAt, salt } = opening;
    const { transaction } = await writer.call({
      contract: "chargingSettlement",
      method: "release",
      parameters: [terms, { openedAt, salt }, toppedUpMicro],
    });
    const returnedMicro = terms.holdMicro + toppedUpMicro;
    output.json({ isDryRun, sessionId, driver: terms.driver, returnedMicro, transactions: [transaction] });
    output.line(`${isDryRun ? "would give" : "gave"} ${tokens(returnedMicro)} back to ${terms.driver}`);

    return exitCode.done;
  },
});
