import { z } from "zod";

import { challengesOf, refundedBy } from "../../../services/domain/session-amounts.ts";
import { tableLines, tokens, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { readSessions } from "../sessions/session-book.ts";

export const challengeList = defineVerb({
  path: ["challenge", "list"],
  summary: "lists settlements that were challenged or whose records were demanded, from the chain alone",
  options: [
    { flags: "--operator <address>", description: "only of this operator's sessions" },
    { flags: "--pending", description: "only those whose records were demanded and not shown yet" },
  ],
  access: "chain",
  readsHistory: true,
  examples: ["challenge list --pending"],
  input: z.object({ operator: addressInput.optional(), pending: z.boolean().default(false) }),
  async run({ operator, pending }, run) {
    const chain = await run.openChain();
    const nowSeconds = (await chain.provider.getBlock("latest"))?.timestamp ?? 0;
    const challenges = [...(await readSessions(run, chain)).values()].flatMap(
      ({ sessionId, terms, challenge, demand }) => {
        if ((challenge === null && demand === null) || (operator !== undefined && terms.operator !== operator))
          return [];
        const isOpen = demand?.ending === "open";
        if (pending && !isOpen) return [];
        return [
          {
            sessionId,
            evse: terms.evse,
            operator: terms.operator,
            refundedMicro: challenge === null ? 0n : refundedBy(challenge),
            challenges: challengesOf(challenge).map(({ position, challenger, chargedMicro, provenMicro }) => ({
              ...{ position, challenger, chargedMicro, provenMicro },
            })),
            demand,
            isAnswerable: isOpen && nowSeconds <= demand.answerableUntil,
          },
        ];
      },
    );
    run.output.json({ challenges });
    const rows = challenges.map(({ sessionId, evse, refundedMicro, demand, isAnswerable }) => [
      sessionId,
      `EVSE ${evse}`,
      `given back ${tokens(refundedMicro)}`,
      demand === null
        ? ""
        : demand.ending === "open"
          ? isAnswerable
            ? `records to be shown until ${utc(demand.answerableUntil)}`
            : "to be concluded"
          : `records ${demand.ending}`,
    ]);
    for (const line of tableLines(rows)) run.output.line(line);
    if (rows.length === 0) run.output.line("There are none.");

    return exitCode.done;
  },
});
