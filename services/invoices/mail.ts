import { createTransport } from "nodemailer";

import { WattproofError } from "../errors.ts";
import type { InvoiceParcel, InvoiceSender } from "./deliver-invoices.ts";
import { writeInvoice } from "./invoice-text.ts";
import { fillWords, invoiceWords } from "./invoice-words.ts";

/** A mail server that says nothing for so long is tried again later. */
const serverTimeoutMs = 20_000;

/** The names under which this machine reaches itself: nobody in between could read what is sent. */
const ownNames: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Sends each paper to the driver's address: as text, with the receipt for anybody's check and the signed values for the
 * transparency software. A server elsewhere has to offer TLS.
 */
export function createMailSender({ url, from }: { readonly url: string; readonly from: string }): InvoiceSender {
  const transport = createTransport({
    url,
    connectionTimeout: serverTimeoutMs,
    greetingTimeout: serverTimeoutMs,
    socketTimeout: serverTimeoutMs,
    requireTLS: !ownNames.has(new URL(url).hostname),
    // Nothing that was taken from outside may name a file or an address to read.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(parcel) {
      const { recipient, parcelId } = parcel;
      if (recipient === null) throw new WattproofError("INVOICE_NOT_TAKEN", "Nobody says where it should go.");
      await transport.sendMail({
        from,
        to: { name: "", address: recipient.email },
        messageId: `<${parcelId}@wattproof>`,
        ...contentOf(parcel, recipient),
      });
    },
  };
}

function contentOf(
  { invoice, receipt, transparencyXml }: InvoiceParcel,
  { language, customer }: NonNullable<InvoiceParcel["recipient"]>,
) {
  const words = invoiceWords[language];
  const { title, text } = writeInvoice(invoice, language, customer);
  const seller = invoice.seller?.name ?? invoice.operator;
  const json = receipt === null ? [] : [fileOf(`${invoice.number}.json`, "application/json", JSON.stringify(receipt))];
  const xml = transparencyXml === null ? [] : [fileOf(`${invoice.number}.xml`, "application/xml", transparencyXml)];
  return {
    subject: fillWords(words.subject, { title, seller }),
    text: transparencyXml === null ? text : `${text}\n${words.checkFile}\n`,
    attachments: [...json, ...xml],
  };
}

function fileOf(filename: string, contentType: string, content: string) {
  return { filename, contentType, content: Buffer.from(content, "utf8") };
}
