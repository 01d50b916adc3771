import { z } from "zod";

import { refundedBy } from "../../../services/domain/session-amounts.ts";
import { tableLines, tokens, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { readSessions } from "../sessions/session-book.ts";

export const challengeList = defineVerb({
  path: ["challenge", "list"],
  summary: "lists settlements that were challenged, from the chain alone",
  options: [
    { flags: "--operator <address>", description: "only of this operator's sessions" },
    { flags: "--pending", description: "only those that are neither answered nor concluded" },
  ],
  access: "chain",
  readsHistory: true,
  examples: ["challenge list --pending"],
  input: z.object({ operator: addressInput.optional(), pending: z.boolean().default(false) }),
  async run({ operator, pending }, run) {
    const chain = await run.openChain();
    const nowSeconds = (await chain.provider.getBlock("latest"))?.timestamp ?? 0;
    const challenges = [...(await readSessions(run, chain)).values()].flatMap(({ sessionId, terms, challenge }) => {
      if (challenge === null || (operator !== undefined && terms.operator !== operator)) return [];
      if (pending && challenge.ending !== null) return [];
      const isAnswerable = challenge.ending === null && nowSeconds <= challenge.answerableUntil;
      return [
        {
          sessionId,
          evse: terms.evse,
          operator: terms.operator,
          isAnswerable,
          refundedMicro: refundedBy(challenge),
          ...challenge,
        },
      ];
    });
    run.output.json({ challenges });
    const rows = challenges.map((challenge) => [
      challenge.sessionId,
      `EVSE ${challenge.evse}`,
      `charged ${tokens(challenge.chargedMicro)}`,
      `proven ${tokens(challenge.provenMicro)}`,
      challenge.ending?.kind ??
        (challenge.isAnswerable ? `answerable until ${utc(challenge.answerableUntil)}` : "to be concluded"),
    ]);
    for (const line of tableLines(rows)) run.output.line(line);
    if (rows.length === 0) run.output.line("There are none.");

    return exitCode.done;
  },
});
