import { z } from "zod";

import { tokens } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { sessionIdInput, tokenAmountInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { placesServiceOf, sessionReadingInput, sessionReadingOptions } from "../sessions/known-blocks.ts";
import { requireSession } from "../sessions/session-book.ts";

export const refund = defineVerb({
  path: ["refund"],
  summary: "gives money of a session back to its driver, out of what the operator has earned for good",
  description:
    "It goes into the driver's account, from which it can be withdrawn at once. The export has it as a credit CDR.",
  arguments: [
    { syntax: "<session-id>", description: "the session" },
    { syntax: "<amount>", description: "in tokens" },
  ],
  options: sessionReadingOptions,
  access: "write",
  readsHistory: true,
  account: "OPERATOR",
  examples: ["refund 0x… 3.50 --dry-run"],
  input: z.object({ sessionId: sessionIdInput, amount: tokenAmountInput, ...sessionReadingInput }),
  async run({ sessionId, amount, ...reading }, run) {
    const { output, isDryRun } = run;
    const writer = await run.openWriter("OPERATOR");
    const places = placesServiceOf(reading, writer.chain, run.environment);
    const { terms, refundedMicro } = await requireSession(run, writer.chain, sessionId, places);
    const intent = { contract: "chargingSettlement", method: "refund", parameters: [terms, amount] } as const;
    const { transaction } = await writer.call(intent);
    output.json({
      isDryRun,
      sessionId,
      driver: terms.driver,
      amountMicro: amount,
      refundedBeforeMicro: refundedMicro,
      transactions: [transaction],
    });
    output.line(`${isDryRun ? "would give" : "gave"} ${tokens(amount)} back to ${terms.driver}`);

    return exitCode.done;
  },
});
