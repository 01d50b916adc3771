import { createHmac } from "node:crypto";

import { WattproofError } from "../errors.ts";
import type { InvoiceParcel, InvoiceSender } from "./deliver-invoices.ts";
import { invoiceText } from "./invoice.ts";

/** An answer after that is late: the parcel is sent again. */
const answerTimeoutMs = 10_000;

/**
 * Posts each paper as JSON to an address of the operator. The header `wattproof-signature` is `t=<seconds>,v1=<hex>`: the
 * HMAC-SHA256 of `<seconds>.<body>` under the secret, so that its receiver knows who sent it and when. Any answer of
 * 2xx says that it has arrived.
 */
export function createWebhookSender(deps: {
  readonly url: string;
  readonly secret: string;
  readonly now: () => number;
  readonly signal: AbortSignal;
}): InvoiceSender {
  const { url, secret, now, signal } = deps;
  return {
    async send(parcel) {
      const body = webhookBodyOf(parcel);
      const seconds = Math.floor(now() / 1_000);
      const response = await fetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "wattproof-parcel": parcel.parcelId,
          "wattproof-signature": `t=${seconds},v1=${signatureOf(secret, seconds, body)}`,
        },
        body,
        redirect: "error",
        signal: AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]),
      });
      await response.body?.cancel();
      if (!response.ok) throw new WattproofError("INVOICE_NOT_TAKEN", `The webhook answered ${response.status}.`);
    },
  };
}

/** What a receiver computes to know that the body is the service's. */
export function signatureOf(secret: string, seconds: number, body: string): string {
  return createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
}

function webhookBodyOf({ parcelId, invoice, receipt, transparencyXml }: InvoiceParcel): string {
  const event = invoice.kind === "receipt" ? "receipt-issued" : "credit-note-issued";
  const paper: unknown = JSON.parse(invoiceText(invoice));
  return JSON.stringify({ event, parcelId, invoice: paper, receipt, transparencyXml });
}
