import type { Mailer } from "../delivery/mailer.ts";
import { WattproofError } from "../errors.ts";
import type { InvoiceParcel, InvoiceSender } from "./deliver-invoices.ts";
import { writeInvoice } from "./invoice-text.ts";
import { fillWords, invoiceWords } from "./invoice-words.ts";

/**
 * Sends each paper to the driver's address: as text, with the receipt for anybody's check and the signed values for the
 * transparency software.
 */
export function createMailSender(mailer: Mailer): InvoiceSender {
  return {
    async send(parcel) {
      const { recipient, parcelId } = parcel;
      if (recipient === null) throw new WattproofError("DELIVERY_NOT_TAKEN", "Nobody says where it should go.");
      await mailer.send({ to: recipient.email, parcelId, ...contentOf(parcel, recipient) });
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
