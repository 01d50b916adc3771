import type { SignedPoster } from "../delivery/signed-post.ts";
import type { InvoiceParcel, InvoiceSender } from "./deliver-invoices.ts";
import { invoiceText } from "./invoice.ts";

/** Posts each paper as JSON to the operator's own program. */
export function createWebhookSender(poster: SignedPoster): InvoiceSender {
  return { send: (parcel) => poster.post(parcel.parcelId, webhookBodyOf(parcel)) };
}

function webhookBodyOf({ parcelId, invoice, receipt, transparencyXml }: InvoiceParcel): string {
  const event = invoice.kind === "receipt" ? "receipt-issued" : "credit-note-issued";
  const paper: unknown = JSON.parse(invoiceText(invoice));
  return JSON.stringify({ event, parcelId, invoice: paper, receipt, transparencyXml });
}
