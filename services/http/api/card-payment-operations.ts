import { z } from "zod";

import { cardOrderSchema } from "../driver/card-payments.ts";
import { cardPaymentAnswer } from "./card-payment-answers.ts";
import { answering, type ApiOperation } from "./operation.ts";
import { count } from "./values.ts";

/** What drivers with a card, and the payment provider, ask of the service. */
export const cardPaymentOperations: readonly ApiOperation[] = [
  {
    id: "startCardPayment",
    path: "/v1/card-payments",
    method: "POST",
    summary: "Begins a payment by card for a charge, at the provider's page. The key is made by who pays.",
    access: "anybody",
    body: { schema: cardOrderSchema },
    answers: answering(cardPaymentAnswer, "How the payment stands, with the page's address.", 201),
  },
  {
    id: "readCardPayment",
    path: "/v1/card-payments/status",
    method: "GET",
    summary: "Says how the payment of a key stands.",
    access: "anybody",
    answers: answering(cardPaymentAnswer, "The payment."),
  },
  {
    id: "stopCardPayment",
    path: "/v1/card-payments/stop",
    method: "POST",
    summary: "Ends the charge of a payment, or gives the payment up before it was opened.",
    access: "anybody",
    answers: [
      { status: 200, meaning: "It was given up.", schema: cardPaymentAnswer },
      { status: 202, meaning: "The charge is told to end.", schema: cardPaymentAnswer },
    ],
  },
  {
    id: "tellOfCardPayment",
    path: "/v1/card-payments/notices",
    method: "POST",
    summary: "Takes a signed notice of the payment provider; its content is not believed, the provider is asked.",
    access: "anybody",
    answers: answering(z.object({ payments: count }), "How many payments it is about."),
  },
];
