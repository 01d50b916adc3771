import type { RequestHandler } from "express";
import { z } from "zod";

import type { CardDesk } from "../../card-payments/card-desk.ts";
import { cardPaymentStatuses } from "../../domain/card-payment.ts";
import { WattproofError } from "../../errors.ts";
import type { CardPayment } from "../../store/card-payments.ts";
import type { Store } from "../../store/store.ts";
import { parseBody, readBody } from "../body.ts";
import type { HttpDoor } from "../door.ts";
import { cardPaymentView } from "../driver/card-payments.ts";
import { bodyLimitBytes } from "../entrance/limits.ts";
import type { Operators } from "./operators.ts";

export interface CardPaymentsDeps {
  readonly store: Pick<Store, "recordAction">;
  readonly cardDesk: CardDesk | null;
  readonly operators: Operators;
  readonly now: () => number;
}

const most = 1_000;

export const cardPaymentsQuery = z.strictObject({ status: z.enum(cardPaymentStatuses).optional() });
export const cardResolutionSchema = z.strictObject({
  paymentId: z.string().regex(/^0x[0-9a-f]{64}$/),
  /** `look`: ask the provider and the chain now. `release`: end a payment that was not opened. */
  as: z.enum(["look", "release"]),
  reason: z.string().trim().min(1).max(500),
});

export function createCardPaymentDoors(deps: CardPaymentsDeps): readonly HttpDoor[] {
  const path = "/v1/operator/card-payments";
  return [
    { path, method: "GET", handler: list(deps) },
    { path: `${path}/resolve`, method: "POST", handler: resolve(deps) },
  ];
}

/** `GET /v1/operator/card-payments`: the newest first. */
function list({ cardDesk, operators }: CardPaymentsDeps): RequestHandler {
  return async (request, response) => {
    await operators.require(request, response, "read");
    const query = cardPaymentsQuery.safeParse(request.query);
    if (!query.success) throw new WattproofError("QUERY_INVALID", `status: one of ${cardPaymentStatuses.join(", ")}.`);
    const payments = (await cardDesk?.list(query.data.status ?? null, most)) ?? [];
    response.json({ payments: payments.map(viewOf) });
  };
}

/** `POST /v1/operator/card-payments/resolve`: what the operator decides about a payment that does not move. */
function resolve({ cardDesk, operators, store, now }: CardPaymentsDeps): RequestHandler {
  return async (request, response) => {
    const { keyId, name: keyName } = await operators.require(request, response, "money", "card-payment-resolution");
    if (cardDesk === null) {
      throw new WattproofError("CARD_PAYMENTS_NOT_CONFIGURED", "WATTPROOF_CARD_API_KEY is not set.");
    }
    const order = parseBody(await readBody(request, bodyLimitBytes), cardResolutionSchema, "CARD_PAYMENT_INVALID");
    const { paymentId, as: way, reason } = order;
    const payment = await cardDesk.find(paymentId);
    if (payment === null) throw new WattproofError("CARD_PAYMENT_UNKNOWN", "There is no payment with this id.");
    const next = way === "look" ? await cardDesk.look(payment) : await cardDesk.giveUp(payment, "OPERATOR_RELEASED");
    const details = JSON.stringify({ as: way, reason, before: payment.status, after: next.status });
    const action = "card-payment-resolution";
    await store.recordAction({ atMs: now(), keyId, keyName, action, subject: paymentId, details });
    response.json({ before: payment.status, payment: viewOf(next) });
  };
}

function viewOf(payment: CardPayment): object {
  const { reference, disputedMinor, missingMinor, failures, createdAtMs, statusSinceMs } = payment;
  return {
    ...cardPaymentView({ ...payment, pageUrl: null }),
    ...{ reference, disputedMinor, missingMinor, failures, createdAtMs, statusSinceMs },
  };
}
