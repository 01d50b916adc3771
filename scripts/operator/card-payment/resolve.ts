import { z } from "zod";

import { cardResolutionAnswer } from "../../../services/http/api/card-payment-answers.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { lineOfCardPayment } from "./line.ts";

export const cardPaymentResolve = defineVerb({
  path: ["card-payment", "resolve"],
  summary: "has a payment by card looked at now, or ends one that was not opened",
  description:
    "look asks provider and chain at once, and does what follows. release ends a payment of which no session was signed, and\n" +
    "frees the card. Asks with the operator's key of the service, WATTPROOF_OPERATOR_KEY; the service keeps a record of it.",
  arguments: [{ syntax: "<payment-id>", description: "as card-payment list names it" }],
  options: [
    { flags: "--as <way>", description: "look or release" },
    { flags: "--reason <text>", description: "why; it is kept" },
    serviceOption,
  ],
  access: "none",
  examples: ['card-payment resolve 0x… --as look --reason "the provider was down" --service https://charge.example'],
  input: z.object({
    paymentId: z.string().regex(/^0x[0-9a-f]{64}$/u, "must be an id that card-payment list names"),
    as: z.enum(["look", "release"]),
    reason: z.string().trim().min(1, "must say why").max(500, "must be of 500 characters at most"),
    service: serviceInput,
  }),
  async run({ service: given, ...order }, { output, environment }) {
    const service = openService(given, null, environment);
    const answer = await service.post("/v1/operator/card-payments/resolve", cardResolutionAnswer, order);
    output.json(answer);
    output.line(`${lineOfCardPayment(answer.payment)}; it was ${answer.before}.`);

    return exitCode.done;
  },
});
