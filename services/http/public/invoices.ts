import type { RequestHandler } from "express";
import { z } from "zod";

import { transparencyXmlOf } from "../../evidence/formats/transparency-xml.ts";
import type { MeterDirectory } from "../../evidence/meter-directory.ts";
import { readSignedSession } from "../../evidence/read-signed-session.ts";
import { WattproofError } from "../../errors.ts";
import { writeInvoice } from "../../invoices/invoice-text.ts";
import { invoiceLanguages, invoiceText } from "../../invoices/invoice.ts";
import { readInvoice } from "../../invoices/issue-invoices.ts";
import type { Store } from "../../store/store.ts";
import { readSessionId } from "./sessions.ts";

export const invoicesQuery = z.strictObject({ language: z.enum(invoiceLanguages).optional() });

/** `GET /v1/receipts/:sessionId/invoices`: receipt and credit notes of a session, as data and as text. */
export function listInvoices(store: Pick<Store, "listInvoices">): RequestHandler {
  return async (request, response) => {
    const parsed = invoicesQuery.safeParse(request.query);
    if (!parsed.success) throw new WattproofError("QUERY_INVALID", `language: one of ${invoiceLanguages.join(", ")}.`);
    const { language = "en" } = parsed.data;
    const invoices = (await store.listInvoices(readSessionId(request))).map(({ content }) => {
      const invoice = readInvoice(content);
      const plain = z.record(z.string(), z.unknown()).parse(JSON.parse(invoiceText(invoice)));
      return { ...plain, text: writeInvoice(invoice, language).text };
    });
    response.json({ invoices });
  };
}

/** `GET /v1/receipts/:sessionId/transparency.xml`: what the meter signed, as the transparency software reads it. */
export function showTransparencyFile(deps: {
  readonly store: Pick<Store, "findSession" | "listRecords">;
  readonly meters: Pick<MeterDirectory, "readMeter">;
}): RequestHandler {
  return async (request, response) => {
    const sessionId = readSessionId(request);
    const session = await deps.store.findSession(sessionId);
    if (session === null) throw new WattproofError("SESSION_UNKNOWN", "There is no session with this id.");
    const { closing, status } = session.state;
    // Until then more records may come.
    if (closing?.kind !== "settled") throw new WattproofError("RECEIPT_NOT_READY", `The session is ${status}.`);
    const signed = await readSignedSession(deps, session);
    const xml = signed === null ? null : transparencyXmlOf(signed);
    if (xml === null)
      throw new WattproofError("TRANSPARENCY_FILE_NONE", "The session has no records that fit into it.");
    response.attachment(`${sessionId}.xml`).type("application/xml").send(xml);
  };
}
