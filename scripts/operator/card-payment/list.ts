import { z } from "zod";

import { cardPaymentStatuses } from "../../../services/domain/card-payment.ts";
import { cardPaymentsAnswer } from "../../../services/http/api/card-payment-answers.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { lineOfCardPayment } from "./line.ts";

export const cardPaymentList = defineVerb({
  path: ["card-payment", "list"],
  summary: "lists payments by card, the newest first",
  description:
    "Amounts are hundredths of the currency. Exit 1 if the proxy paid for a charge that a card did not pay, or a bank calls\n" +
    "money back. Asks with the operator's key of the service, WATTPROOF_OPERATOR_KEY.",
  options: [
    { flags: "--status <status>", description: `only those: ${cardPaymentStatuses.join(", ")}` },
    serviceOption,
  ],
  access: "none",
  examples: ["card-payment list --status closing --service https://charge.example"],
  input: z.object({ status: z.enum(cardPaymentStatuses).optional(), service: serviceInput }),
  async run({ status, service: given }, { output, environment }) {
    const service = openService(given, null, environment);
    const query = status === undefined ? "" : `?status=${status}`;
    const { payments } = await service.getAsOperator(`/v1/operator/card-payments${query}`, cardPaymentsAnswer);
    output.json({ payments });
    for (const payment of payments) output.line(lineOfCardPayment(payment));
    if (payments.length === 0) output.line("There are none.");

    const isLosing = payments.some(({ missingMinor, disputedMinor }) => missingMinor + disputedMinor > 0);
    return isLosing ? exitCode.differs : exitCode.done;
  },
});
