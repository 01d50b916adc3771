import { z } from "zod";

import { cardPaymentStatuses } from "../../domain/card-payment.ts";
import { count, evseNumber, hash, timeMs } from "./values.ts";

/** A payment by card as who pays sees it. Amounts are hundredths of the currency. */
export const cardPaymentAnswer = z.object({
  paymentId: hash,
  status: z.enum(cardPaymentStatuses),
  evse: evseNumber,
  tariffId: hash,
  amountMinor: count,
  currency: z.string(),
  payByMs: timeMs,
  outcome: z.enum(["paid", "nothing-due", "not-paid", "not-opened", "uncollected"]).nullable(),
  reason: z.string().nullable(),
  owedMinor: count.nullable(),
  capturedMinor: count,
  refundedMinor: count,
  pageUrl: z.string().nullable(),
  sessionId: hash.nullable(),
});

/** The same as the operator sees it. */
const paymentOfOperator = cardPaymentAnswer.extend({
  reference: z.string().nullable(),
  disputedMinor: count,
  missingMinor: count,
  failures: count,
  createdAtMs: timeMs,
  statusSinceMs: timeMs,
});
export const cardPaymentsAnswer = z.object({ payments: z.array(paymentOfOperator) });
export const cardResolutionAnswer = z.object({ before: z.enum(cardPaymentStatuses), payment: paymentOfOperator });
