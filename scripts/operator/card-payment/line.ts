import type { z } from "zod";

import type { cardPaymentsAnswer } from "../../../services/http/api/card-payment-answers.ts";

/** A payment as the operator reads it. */
export function lineOfCardPayment(payment: z.infer<typeof cardPaymentsAnswer>["payments"][number]): string {
  const { paymentId, status, evse, outcome, reason, currency, amountMinor, capturedMinor, refundedMinor } = payment;
  const { missingMinor, disputedMinor } = payment;
  const parts = [
    `${paymentId} at EVSE ${evse}: ${[status, outcome, reason].filter((part) => part !== null).join(", ")}`,
    `reserved ${amountMinor}, taken ${capturedMinor - refundedMinor} of a hundredth ${currency}`,
    ...(missingMinor > 0 ? [`missing ${missingMinor}`] : []),
    ...(disputedMinor > 0 ? [`called back ${disputedMinor}`] : []),
  ];
  return parts.join("; ");
}
